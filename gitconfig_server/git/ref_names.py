"""Names of refs: which are well formed, which may be written, and what label each stands for.

The rules of form are those of ``git check-ref-format``; ours are stricter where a name would read as an option,
as an id, as another label's time or as something reserved.
"""

from __future__ import annotations

import re

from gitconfig_server.errors import InvalidName, InvalidRevision
from gitconfig_server.revisions import parse_revision

BRANCHES = b"refs/heads/"
TAGS = b"refs/tags/"
PRIVATE = b"refs/gitconfig/"

_MAX_LENGTH = 240
"""Bytes in one component; with ``.lock`` behind it a component must still fit a file name."""

_FORBIDDEN = re.compile(rb"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_HEX_ID = re.compile(rb"[0-9a-fA-F]{40}")


def branch_ref(label: str) -> bytes:
    """The ref of a branch label."""
    return BRANCHES + label.encode()


def tag_ref(label: str) -> bytes:
    """The ref of a tag label."""
    return TAGS + label.encode()


def label_of(ref: bytes) -> str | None:
    """The label a branch or tag stands for, None for other refs. Undecodable bytes show as ``\\ufffd``."""
    for prefix in (BRANCHES, TAGS):
        if ref.startswith(prefix):
            return ref[len(prefix) :].decode(errors="replace")
    return None


def is_staged(ref: bytes) -> bool:
    """Whether the ref is a staged branch: ``staged`` or ``staged-<label>``."""
    return ref == BRANCHES + b"staged" or ref.startswith(BRANCHES + b"staged-")


def check_label(label: str) -> None:
    """Raise InvalidName unless a branch or tag could be called ``label``."""
    reason = _fault(label.encode(errors="surrogatepass"))
    if reason:
        raise InvalidName("label", label, reason)


def check_writable(ref: bytes) -> None:
    """Raise InvalidName unless ``ref`` is a branch or tag that may come in from outside."""
    shown = ref.decode(errors="replace")
    for prefix in (BRANCHES, TAGS):
        if ref.startswith(prefix):
            reason = _fault(ref[len(prefix) :])
            if reason:
                raise InvalidName("ref", shown, reason)
            return
    raise InvalidName("ref", shown, "only refs/heads/* and refs/tags/* can be written")


def _fault(name: bytes) -> str:
    """Why ``name`` (a ref without its ``refs/heads/``) is refused, or an empty string."""
    try:
        name.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    found = _FORBIDDEN.search(name)
    if found:
        return f"must not contain {found.group().decode()!r}"
    if name in (b"", b"@", b"HEAD"):
        return "is reserved" if name else "is empty"
    if _HEX_ID.fullmatch(name):
        return "looks like a commit id"
    if name.startswith(b"/") or name.endswith((b"/", b".")):
        return "must not begin with a slash, nor end with a slash or a dot"
    fault = next((fault for part in name.split(b"/") if (fault := _part_fault(part))), "")
    return fault or _reading_fault(name.decode())


def _reading_fault(label: str) -> str:
    """Why a label of this name could be written, but never read."""
    try:
        return "" if parse_revision(label).name == label else "reads as another label at a time"
    except InvalidRevision as error:
        return f"cannot be read as a revision: it {error.reason}"


def _part_fault(part: bytes) -> str:
    if part.startswith((b".", b"-")):
        return "no part may begin with a dot or a dash"
    if part.lower().endswith(b".lock"):
        return "no part may end with .lock"
    if len(part) > _MAX_LENGTH:
        return f"no part may be longer than {_MAX_LENGTH} bytes"
    return ""

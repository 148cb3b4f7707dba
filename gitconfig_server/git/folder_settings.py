"""What a repository's folder says itself about being served (git-config(1): transfer, uploadpack, receive, http)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.base import GitFolder

UPLOAD, RECEIVE = "git-upload-pack", "git-receive-pack"

_SECTIONS = {UPLOAD: b"uploadpack", RECEIVE: b"receive"}
_SWITCHES = {UPLOAD: b"uploadpack", RECEIVE: b"receivepack"}
_FALSE = (b"false", b"no", b"off", b"0", b"")
_SIZE = re.compile(rb"(0x[0-9a-f]{1,12}|[0-9]{1,15})([kmg]?)", re.IGNORECASE)
_UNITS = {b"": 1, b"k": 1 << 10, b"m": 1 << 20, b"g": 1 << 30}


class FolderSettings:
    """Asked anew each time: the owner of the folder may change them while it is served."""

    def __init__(self, folder: GitFolder | None) -> None:
        self._folder = folder

    def hidden(self, service: str, refs: Iterable[bytes]) -> set[bytes]:
        """Those of ``refs`` that the service does not show, by ``transfer.hideRefs`` and by its own: the last one that
        fits decides, whichever of the two it is."""
        patterns = self._values((b"transfer", b"hideRefs"), (_SECTIONS[service], b"hideRefs"))
        return {ref for ref in refs if _is_hidden(ref, patterns)} if patterns else set()

    def serves(self, service: str) -> bool:
        """Whether ``http.uploadpack`` or ``http.receivepack`` does not forbid the service."""
        values = self._values((b"http", _SWITCHES[service]))
        return not values or values[-1].lower() not in _FALSE

    def largest_pack(self) -> int | None:
        """``receive.maxInputSize`` in bytes; None where there is no bound. CorruptRepository for what is no size."""
        values = self._values((b"receive", b"maxInputSize"))
        if not values:
            return None
        found = _SIZE.fullmatch(values[-1])
        if found is None:
            shown = values[-1].decode(errors="replace")
            raise CorruptRepository(f"receive.maxInputSize = {shown} of the repository is no size such as 10m")
        return _integer(found[1]) * _UNITS[found[2].lower()] or None

    def _values(self, *names: tuple[bytes, bytes]) -> list[bytes]:
        return list(self._folder.settings(*names)) if self._folder else []


def _integer(digits: bytes) -> int:
    """As C reads it: ``010`` is eight."""
    is_octal = digits.startswith(b"0") and digits.isdigit()
    try:
        return int(digits, 8 if is_octal else 0)
    except ValueError as error:
        raise CorruptRepository(f"receive.maxInputSize = {digits.decode()} of the repository is no number") from error


def _is_hidden(ref: bytes, patterns: list[bytes]) -> bool:
    for pattern in reversed(patterns):
        kept = pattern.startswith(b"!")
        prefix = pattern.removeprefix(b"!").removeprefix(b"^").rstrip(b"/")
        if ref == prefix or ref.startswith(prefix + b"/"):
            return not kept
    return False

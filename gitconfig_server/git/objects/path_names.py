"""Names that no file or folder of a pushed tree may have.

``git fsck --strict`` refuses what could overwrite ``.git`` on any file system: ``.``, ``..``, ``.git`` in every case
and as HFS+ and NTFS would fold it (git's ``utf8.c`` ``is_hfs_dotgit`` and ``path.c`` ``is_ntfs_dotgit``). Ours also
refuses what cannot be shown or served safely.
"""

from __future__ import annotations

import re

_MAX_LENGTH = 255
"""Bytes in one name: what a file system holds."""

MAX_DEPTH = 50
"""Folders and file name in one path."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_IGNORED_BY_HFS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_NTFS_TAIL = re.compile(r"[ .]*(?::.*)?\Z", re.DOTALL)
_SHORT_NAME = re.compile(r"(?:git|gitmod|gitatt|(?:g(?:i(?:7(?:e(?:ba?)?|d(?:29?)?)?)?)?)?)~[0-9]+")


def check_component(name: bytes) -> str:
    """Why nothing may be called ``name``, or an empty string."""
    if not name or name in (b".", b".."):
        return "is reserved" if name else "is empty"
    if len(name) > _MAX_LENGTH:
        return f"is longer than {_MAX_LENGTH} bytes"
    if b"/" in name or b"\\" in name:
        return "contains a slash or a backslash"
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    if _CONTROL.search(text):
        return "contains a control character"
    return _disguise(text)


def _disguise(text: str) -> str:
    """Whether a file system could take ``text`` for one of Git's own files."""
    plain = _NTFS_TAIL.sub("", _IGNORED_BY_HFS.sub("", text).lower())
    if plain == ".git":
        return "reads as .git on some file systems"
    if plain == ".gitmodules":
        return "declares submodules, which are not accepted"
    if plain == ".gitattributes" and text != ".gitattributes":
        return "reads as .gitattributes on some file systems"
    return "reads as a short name of Git's own files" if _SHORT_NAME.fullmatch(plain) else ""

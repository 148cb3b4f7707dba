"""What a repository's folder says itself about being served (git-config(1): transfer, uploadpack, receive, http)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitconfig_server.storage.base import GitFolder

UPLOAD, RECEIVE = "git-upload-pack", "git-receive-pack"

_SECTIONS = {UPLOAD: b"uploadpack", RECEIVE: b"receive"}
_SWITCHES = {UPLOAD: b"uploadpack", RECEIVE: b"receivepack"}
_FALSE = (b"false", b"no", b"off", b"0", b"")
_SIZE = re.compile(rb"([0-9]{1,15})([kmg]?)", re.IGNORECASE)
_UNITS = {b"": 1, b"k": 1 << 10, b"m": 1 << 20, b"g": 1 << 30}


class FolderSettings:
    """Asked anew each time: the owner of the folder may change them while it is served."""

    def __init__(self, folder: GitFolder | None) -> None:
        self._folder = folder

    def hidden(self, service: str, refs: Iterable[bytes]) -> set[bytes]:
        """Those of ``refs`` that the service does not show: ``transfer.hideRefs``, and then its own, decide."""
        patterns = [*self._values(b"transfer", b"hideRefs"), *self._values(_SECTIONS[service], b"hideRefs")]
        return {ref for ref in refs if _is_hidden(ref, patterns)} if patterns else set()

    def serves(self, service: str) -> bool:
        """Whether ``http.uploadpack`` or ``http.receivepack`` does not forbid the service."""
        values = self._values(b"http", _SWITCHES[service])
        return not values or values[-1].lower() not in _FALSE

    def largest_pack(self) -> int | None:
        """``receive.maxInputSize`` in bytes; None where there is no bound."""
        values = self._values(b"receive", b"maxInputSize")
        found = _SIZE.fullmatch(values[-1]) if values else None
        return (int(found[1]) * _UNITS[found[2].lower()] or None) if found else None

    def _values(self, section: bytes, name: bytes) -> list[bytes]:
        return list(self._folder.setting(section, name)) if self._folder else []


def _is_hidden(ref: bytes, patterns: list[bytes]) -> bool:
    for pattern in reversed(patterns):
        kept = pattern.startswith(b"!")
        prefix = pattern.removeprefix(b"!").removeprefix(b"^").rstrip(b"/")
        if ref == prefix or ref.startswith(prefix + b"/"):
            return not kept
    return False

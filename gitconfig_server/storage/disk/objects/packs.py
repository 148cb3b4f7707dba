"""The packs in a folder, as they come and go."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.disk.objects.pack_file import DAMAGE, PackFile, RecentObjects

_SETTLING_NS = 20_000_000
"""A stamp that is younger proves nothing: another pack may have come in the same tick."""

_TRIES = 10
"""How often the folder is listed anew where packs vanish between the listing and their opening."""


class PackFiles:
    """The packs in a folder, opened once each; the folder is looked at again when its time stamp says so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp = -1
        self._packs: dict[str, PackFile] = {}
        self._recent = RecentObjects()
        self._lock = Lock()
        self.complete = True
        """Whether every pack that was there at the last look could be opened."""

    def open(self) -> list[PackFile]:
        """All there are now, those with most objects first; none is missed where a repack replaces some meanwhile."""
        with self._lock:
            try:
                stamp = self._folder.stat().st_mtime_ns
            except FileNotFoundError:
                return []
            if stamp != self._stamp:
                self._read()
                # from before the listing: what comes during it has another stamp, or this one is young
                self._stamp = stamp if time.time_ns() - stamp > _SETTLING_NS else -1
            return sorted(self._packs.values(), key=lambda pack: -pack.count)

    def read(self, name: bytes) -> tuple[int, bytes] | None:
        """Type number and content of an object (20 bytes) in a pack that is open already, without looking at the disk.

        None where none has it, or has it damaged: such a pack is opened anew the next time.
        """
        for pack in self._packs.values():  # a dict that is replaced, never changed: no lock
            try:
                if found := pack.read(name):
                    return found
            except DAMAGE:
                self._forget(pack)
        return None

    def _forget(self, pack: PackFile) -> None:
        with self._lock:
            self._packs = {name: one for name, one in self._packs.items() if one is not pack}
            self._stamp = -1

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            for pack in self._packs.values():
                pack.close()
            self._packs, self._stamp = {}, -1

    def _read(self) -> None:
        for _try in range(_TRIES):
            listed = self._listed()
            self._open(listed)
            # one that is gone was replaced by another, which was perhaps not there yet when the folder was listed
            if self.complete or self._listed().keys() == listed.keys():
                return

    def _listed(self) -> dict[str, Path]:
        return {path.name: path for path in self._folder.glob("pack-*.idx")}

    def _open(self, listed: Mapping[str, Path]) -> None:
        packs = {name: pack for name, pack in self._packs.items() if name in listed}
        for name, path in listed.items():
            if name not in packs:
                with suppress(FileNotFoundError, CorruptRepository):
                    packs[name] = PackFile(path.with_suffix(".pack"), self._recent)
        self.complete = packs.keys() == listed.keys()
        self._packs = packs  # those that are gone close when nobody reads them any more

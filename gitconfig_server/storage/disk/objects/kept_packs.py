"""Packs of whole histories, kept beside a repository to be sent again: copies that nobody would miss."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.objects.pack_file import PackFile
from gitconfig_server.storage.objects import KeptPack

_MOST = 2
"""How many are kept: clones of all labels, and of one alone, come in turn."""

_PREFIX, _HEADS = "kept-", ".json"


class KeptPacks:
    """Those in one folder. Each has a file of heads, which is written last: without it the pack is not there."""

    def __init__(self, folder: Path, files: DiskFiles) -> None:
        self._folder = folder
        self._files = files
        self._open: dict[str, KeptPack] = {}
        self._lock = Lock()

    def open(self) -> list[KeptPack]:
        """The last one first; what cannot be read is as if it were not there."""
        with self._lock:
            paths = self._newest_first()
            found = {path.name: self._open.get(path.name) or self._read(path) for path in paths}
            self._open = {name: kept for name, kept in found.items() if kept}
            return list(self._open.values())

    def keep(self, pack: Path, heads: Iterable[bytes]) -> None:
        """Move a pack with its index here; the oldest ones go."""
        target = self._folder / f"{_PREFIX}{time.time_ns():020}-{pack.stem.removeprefix('pack-')}"
        aside = pack.with_suffix(_HEADS)
        self._files.create(str(aside), json.dumps(sorted(head.decode() for head in heads)).encode())
        sources = [pack, pack.with_suffix(".idx"), aside]
        self._files.sync_files(list(map(str, sources)))
        for source in sources:  # the heads last; no folder is synced, since losing a copy is no harm
            self._files.rename(str(source), f"{target}{source.suffix}")
        for old in self._newest_first()[_MOST:]:
            self._remove(old)

    def close(self) -> None:
        """Close them."""
        with self._lock:
            for kept in self._open.values():
                if isinstance(kept.pack, PackFile):
                    kept.pack.close()
            self._open = {}

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob(f"{_PREFIX}*{_HEADS}"), reverse=True)  # their names begin with the time

    def _read(self, path: Path) -> KeptPack | None:
        try:
            heads = frozenset(head.encode() for head in json.loads(path.read_bytes()))
            return KeptPack(heads, PackFile(path.with_suffix(".pack")))
        except (OSError, ValueError, TypeError, AttributeError, GitConfigError):
            return None

    def _remove(self, heads: Path) -> None:
        for path in (heads, heads.with_suffix(".idx"), heads.with_suffix(".pack")):
            self._files.unlink(str(path))

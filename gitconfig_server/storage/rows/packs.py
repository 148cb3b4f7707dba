"""Packs that a database keeps whole: copied once to this machine, and read there as Git's packs are."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from threading import Lock

from gitconfig_server.storage.disk.objects.pack_file import PackFile
from gitconfig_server.storage.disk.objects.packs import PackFiles
from gitconfig_server.storage.rows.database import Database

WHOLE = 1000
"""A pack of so many objects is kept whole; the objects of a smaller one become rows."""

_PIECE = 1 << 20
"""Bytes of a pack in one row."""

_OLD_SECONDS = 3600.0


class WholePacks:
    """``count`` tells how often packs were added or replaced, without asking the database."""

    def __init__(self, database: Database, folder: Path, count: Callable[[], int]) -> None:
        self._database = database
        self._folder = folder / "pack"
        self._count = count
        self._seen = 0
        self._names: frozenset[str] = frozenset()
        self._lock = Lock()
        self._files = PackFiles(self._folder)

    def open(self) -> Sequence[PackFile]:
        """All that the database holds, those with most objects first."""
        if self._count() != self._seen:
            with self._lock:
                count = self._count()
                if count != self._seen:
                    self._fetch()
                    self._seen = count
        names = self._names  # what has been replaced may lie here for a while, and is not in the repository any more
        return [pack for pack in self._files.open() if pack.path.name in names] if names else ()

    def fetch(self) -> None:
        """Look whether all packs are here, where something was not found."""
        if self._count():
            with self._lock:
                self._fetch()

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def _fetch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = self._database.packs()
        for name in sorted(names):
            while name in names and not self._copy(name):
                names = self._database.packs()  # it was replaced meanwhile
        self._names = frozenset(f"pack-{name}.pack" for name in names)
        self._remove_old(names)

    def _copy(self, name: str) -> bool:
        """Whether all of it is here now."""
        for kind in ("pack", "idx"):  # readers find a pack by its index: that comes last
            target = self._folder / f"pack-{name}.{kind}"
            if not target.exists() and not _write(target, self._database.pack_pieces(name, kind), name):
                return False
        return True

    def _remove_old(self, names: Collection[str]) -> None:
        """Remove what has been replaced; not what is new, which another process may know of before this one."""
        for path in self._folder.glob("pack-*.*"):
            with suppress(FileNotFoundError):
                if path.stem.removeprefix("pack-") not in names and time.time() - path.stat().st_mtime > _OLD_SECONDS:
                    path.unlink()


def _write(target: Path, pieces: Iterable[bytes], name: str) -> bool:
    """Make the file unless the pieces are not whole: ``name`` is the checksum that a pack and its index end with."""
    aside = target.with_name(f".{target.name}.{token_hex(4)}.tmp")
    try:
        with aside.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        with aside.open("rb") as file:
            file.seek(max(0, aside.stat().st_size - 40))
            whole = bytes.fromhex(name) in file.read()
        if whole:
            aside.replace(target)
        return whole
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()


def pieces_of(pack: Path) -> Iterator[tuple[str, str, int, bytes]]:
    """``(name, kind, number, content)`` of a pack and its index, the index last."""
    with pack.open("rb") as file:
        file.seek(-20, 2)
        name = file.read().hex()
    for kind in ("pack", "idx"):
        with pack.with_suffix(f".{kind}").open("rb") as file:
            number = 0
            while content := file.read(_PIECE):
                yield name, kind, number, content
                number += 1

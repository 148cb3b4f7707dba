"""Packs that a database keeps whole: copied once to this machine, and read there as Git's packs are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from threading import Lock

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.disk.files import DiskFiles, DurableFolders
from gitconfig_server.storage.disk.objects import DiskObjects
from gitconfig_server.storage.rows.database import Database

WHOLE = 1000
"""A pack of so many objects is kept whole; the objects of a smaller one become rows."""

_PIECE = 1 << 20
"""Bytes of a pack in one row."""


class WholePacks:
    """``count`` tells how many packs there should be, without asking the database."""

    def __init__(self, database: Database, folder: Path, count: Callable[[], int]) -> None:
        self._database = database
        self._folder = folder
        self._count = count
        self._names: set[str] = set()
        self._lock = Lock()
        self._stored: DiskObjects | None = None

    def read(self, ids: list[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """As ``Objects.get_many_z``."""
        stored = self._local()
        if stored is None:
            raise KeyError(ids[0])
        yield from stored.get_many_z(ids)

    def contains(self, ids: set[bytes]) -> set[bytes]:
        """Those of ``ids`` that a pack holds."""
        stored = self._local() if ids else None
        return stored.contains_many(ids) if stored else set()

    def iter_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """The ids in packs that begin so."""
        stored = self._local()
        return stored.iter_prefix(prefix) if stored else iter(())

    def __iter__(self) -> Iterator[bytes]:
        """Every id in a pack."""
        stored = self._local()
        return iter(stored) if stored else iter(())

    def close(self) -> None:
        """Close the files."""
        if self._stored:
            self._stored.close()

    def _local(self) -> DiskObjects | None:
        """The packs on this machine, all of those that the database holds; None where it holds none."""
        if self._count() > len(self._names):
            with self._lock:
                names = self._database.packs()
                for name in sorted(names - self._names):
                    self._copy(name)
                self._names = names
                if self._stored is None:
                    files = DiskFiles()
                    self._stored = DiskObjects(str(self._folder), files, DurableFolders(str(self._folder), files))
        return self._stored

    def _copy(self, name: str) -> None:
        folder = self._folder / "pack"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for kind in ("pack", "idx"):  # readers find a pack by its index: that comes last
            target = folder / f"pack-{name}.{kind}"
            if not target.exists():
                _write(target, self._database.pack_pieces(name, kind))


def _write(target: Path, pieces: Iterable[bytes]) -> None:
    aside = target.with_name(f".{target.name}.{token_hex(4)}.tmp")
    try:
        with aside.open("wb") as file:
            size = sum(file.write(piece) for piece in pieces)
        if not size:
            raise CorruptRepository(f"the database lacks the pieces of {target.name}")
        aside.replace(target)
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

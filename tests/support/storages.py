"""Storages of every kind for tests: ``Made`` makes empty ones and opens them again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gitconfig_server.storage.base import Storage
from gitconfig_server.storage.disk.repository import DiskStorage
from gitconfig_server.storage.memory import MemoryStorage
from gitconfig_server.storage.sqlite import SqliteStorage

Open = Callable[[Storage | None], Storage]
"""Opens a new, empty place, or the place of a storage once more."""


class Made:
    """A ``Make`` of the conformance suite that closes what it made."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._open = KINDS[kind](folder)
        self._made: list[Storage] = []

    def __call__(self) -> Storage:
        """A new one."""
        self._made.append(self._open(None))
        return self._made[-1]

    def again(self, storage: Storage) -> Storage:
        """As another process would open it."""
        self._made.append(self._open(storage))
        return self._made[-1]

    def close(self) -> None:
        """Close them all."""
        for storage in self._made:
            storage.close()


def memory(_: Path) -> Open:
    """In this process."""
    return lambda known: MemoryStorage(beside=known if isinstance(known, MemoryStorage) else None)


def postgresql(_: Path) -> Open:
    """A database of its own each."""
    from gitconfig_server.storage.postgresql.storage import PgStorage
    from support.postgres import new_database

    known: dict[int, str] = {}

    def opened(before: Storage | None) -> Storage:
        dsn = known[id(before)] if before else new_database()
        storage = PgStorage(dsn)
        known[id(storage)] = dsn
        return storage

    return opened


def in_place(kind: Callable[[Path], Storage]) -> Callable[[Path], Open]:
    """A path of its own each."""

    def places(folder: Path) -> Open:
        known: dict[int, Path] = {}

        def opened(before: Storage | None) -> Storage:
            place = known[id(before)] if before else folder / f"storage-{len(known)}"
            storage = kind(place)
            known[id(storage)] = place
            return storage

        return opened

    return places


KINDS: dict[str, Callable[[Path], Open]] = {
    "memory": memory,
    "disk": in_place(DiskStorage),
    "sqlite": in_place(SqliteStorage),
    "postgresql": postgresql,
}

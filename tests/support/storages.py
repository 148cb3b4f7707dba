"""Storages of every kind for tests: ``Made`` makes empty ones and opens them again.

``GITCONFIG_TEST_STORAGE`` names the kind that tests of higher floors use, in memory otherwise.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

from gitconfig_server.storage.base import Clock, Storage, StoredRepository, utc_now
from gitconfig_server.storage.disk.repository import DiskStorage
from gitconfig_server.storage.memory import MemoryStorage
from gitconfig_server.storage.sqlite.storage import SqliteStorage

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


def by_url(kind: Callable[[], tuple[Callable[[], str], Callable[[str], Storage]]]) -> Callable[[Path], Open]:
    """A database of its own each; ``kind`` imports what makes one and what opens it."""

    def places(_: Path) -> Open:
        new_database, opened_at = kind()
        known: dict[int, str] = {}

        def opened(before: Storage | None) -> Storage:
            url = known[id(before)] if before else new_database()
            storage = opened_at(url)
            known[id(storage)] = url
            return storage

        return opened

    return places


def postgresql() -> tuple[Callable[[], str], Callable[[str], Storage]]:
    """On the server of ``support.postgres``."""
    from gitconfig_server.storage.postgresql.storage import PgStorage
    from support.postgres import new_database

    return new_database, PgStorage


def mongodb() -> tuple[Callable[[], str], Callable[[str], Storage]]:
    """On the server of ``support.mongo``."""
    from gitconfig_server.storage.mongodb.storage import MongoStorage
    from support.mongo import new_database

    return new_database, MongoStorage


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
    "postgresql": by_url(postgresql),
    "mongodb": by_url(mongodb),
}


_NUMBERS = count()
_OPENED: list[Storage] = []
_FOLDERS: list[Path] = []

MOST = 20
"""Storages that are open at the same time."""


def new_storage(clock: Clock = utc_now) -> Storage:
    """An empty storage of the kind that the environment names, which is closed when the test is over."""
    kind = os.environ.get("GITCONFIG_TEST_STORAGE", "memory")
    if kind == "memory":
        return MemoryStorage(clock)
    if kind == "postgresql":
        from gitconfig_server.storage.postgresql.storage import PgStorage
        from support.postgres import shared_database

        storage: Storage = PgStorage(shared_database(), clock=clock)
    else:
        kinds = {"disk": DiskStorage, "sqlite": SqliteStorage}
        folder = Path(tempfile.mkdtemp(prefix="gitconfig-test-"))
        _FOLDERS.append(folder)
        storage = kinds[kind](folder / "stored", clock=clock)
    if len(_OPENED) > MOST:  # a test of many examples: each opens connections of its own
        _OPENED.pop(0).close()
    _OPENED.append(storage)
    return storage


def new_repository(clock: Clock = utc_now, name: str = "") -> StoredRepository:
    """An empty repository in a new storage; in a database that others share its name is its own."""
    shared = os.environ.get("GITCONFIG_TEST_STORAGE") == "postgresql"
    return new_storage(clock).create(f"test-{os.getpid()}-{next(_NUMBERS)}" if shared else name or "test")


def close_storages() -> None:
    """Close what ``new_storage`` made."""
    while _OPENED:
        _OPENED.pop().close()
    while _FOLDERS:
        shutil.rmtree(_FOLDERS.pop(), ignore_errors=True)

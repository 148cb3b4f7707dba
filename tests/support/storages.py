"""Storages of every kind for tests: ``Made`` makes empty ones and opens them again.

``GITCONFIG_TEST_STORAGE`` names the kind that tests of higher floors use, in memory otherwise.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from gitconfig_server.storage.base import Clock, Storage, StoredRepository, utc_now
from gitconfig_server.storage.conformance.objects import PATIENCE
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.memory.storage import MemoryStorage
from gitconfig_server.storage.sqlite.storage import SqliteStorage

if TYPE_CHECKING:
    from support.proxy import Proxy

Open = Callable[[Storage | None, float], Storage]
"""Opens a new, empty place, or the place of a storage once more; with the seconds that a writer waits for others."""


class Made:
    """A ``Make`` of the conformance suite that closes what it made."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._open = KINDS[kind](folder)
        self._made: list[Storage] = []

    def __call__(self, patience: float = PATIENCE) -> Storage:
        """A new one."""
        self._made.append(self._open(None, patience))
        return self._made[-1]

    def again(self, storage: Storage, patience: float = PATIENCE) -> Storage:
        """As another process would open it."""
        self._made.append(self._open(storage, patience))
        return self._made[-1]

    def close(self) -> None:
        """Close them all."""
        for storage in self._made:
            storage.close()


class MadeByUrl(Made):
    """A ``WiredMake``: of storages behind a network."""

    def __init__(self, kind: str, folder: Path) -> None:
        super().__init__(kind, folder)
        self._kind = kind

    @contextmanager
    def wired(self, storage: Storage) -> Iterator[ProxiedStorage]:
        """Through a proxy, with short deadlines."""
        from support.proxy import Proxy

        with Proxy(self._open.url_of(storage)) as proxy:  # type: ignore[attr-defined]
            url, mark = proxy.dsn, b"\x02update\0"
            if self._kind == "postgresql":
                url, mark = f"{url}?connect_timeout=2", b"COMMIT"
            opened = BEHIND_A_NETWORK[self._kind]()[1](url, lock_seconds=1.0, call_seconds=1.0)
            try:
                yield ProxiedStorage(opened, proxy, mark)
            finally:
                opened.close()


@dataclass(frozen=True)
class ProxiedStorage:
    """A ``Wire`` of the conformance suite; ``mark`` is in each message that asks for a write to be kept."""

    storage: Storage
    proxy: Proxy
    mark: bytes

    def lose_an_answer(self) -> None:
        """That to the next write."""
        self.proxy.cut_after = self.mark

    def swallow(self) -> None:
        """Whatever is sent."""
        self.proxy.swallowing = True

    def heal(self) -> None:
        """Old connections have lost bytes: they end."""
        self.proxy.swallowing = False
        self.proxy.cut()


def memory(_: Path) -> Open:
    """In this process."""
    return lambda known, patience: MemoryStorage(
        beside=known if isinstance(known, MemoryStorage) else None, lock_seconds=patience
    )


class OpenedByUrl:
    """A database of its own each, made by ``new_database`` and opened by ``opened_at``."""

    def __init__(self, kind: Callable[[], tuple[Callable[[], str], Callable[..., Storage]]]) -> None:
        self._new_database, self._opened_at = kind()
        self._known: dict[int, str] = {}

    def __call__(self, before: Storage | None, patience: float) -> Storage:
        """Of a new database, or of that of ``before``."""
        url = self._known[id(before)] if before else self._new_database()
        storage = self._opened_at(url, lock_seconds=patience)
        self._known[id(storage)] = url
        return storage

    def url_of(self, storage: Storage) -> str:
        """Where it is."""
        return self._known[id(storage)]


def postgresql() -> tuple[Callable[[], str], Callable[..., Storage]]:
    """On the server of ``support.postgres``."""
    from gitconfig_server.storage.postgresql.storage import PgStorage
    from support.postgres import new_database

    return new_database, PgStorage


def mongodb() -> tuple[Callable[[], str], Callable[..., Storage]]:
    """On the server of ``support.mongo``; connections stay with the address that they were given."""
    from gitconfig_server.storage.mongodb.storage import MongoStorage
    from support.mongo import new_database

    return lambda: f"{new_database()}?directConnection=true", MongoStorage


def in_place(kind: Callable[..., Storage]) -> Callable[[Path], Open]:
    """A path of its own each."""

    def places(folder: Path) -> Open:
        known: dict[int, Path] = {}

        def opened(before: Storage | None, patience: float) -> Storage:
            place = known[id(before)] if before else folder / f"storage-{len(known)}"
            storage = kind(place, lock_seconds=patience)
            known[id(storage)] = place
            return storage

        return opened

    return places


KINDS: dict[str, Callable[[Path], Open]] = {
    "memory": memory,
    "disk": in_place(DiskStorage),
    "sqlite": in_place(SqliteStorage),
    "postgresql": lambda _: OpenedByUrl(postgresql),
    "mongodb": lambda _: OpenedByUrl(mongodb),
}

BEHIND_A_NETWORK = {"postgresql": postgresql, "mongodb": mongodb}


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
    elif kind == "mongodb":
        from gitconfig_server.storage.mongodb.storage import MongoStorage
        from support import mongo

        storage = MongoStorage(mongo.shared_database(), clock=clock)
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
    shared = os.environ.get("GITCONFIG_TEST_STORAGE") in BEHIND_A_NETWORK
    return new_storage(clock).create(f"test-{os.getpid()}-{next(_NUMBERS)}" if shared else name or "test")


def close_storages() -> None:
    """Close what ``new_storage`` made."""
    while _OPENED:
        _OPENED.pop().close()
    while _FOLDERS:
        shutil.rmtree(_FOLDERS.pop(), ignore_errors=True)

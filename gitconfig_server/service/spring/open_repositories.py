"""Repositories that are opened when a request needs them, and only read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from msgspec import Struct, field

from gitconfig_server.config.reader import ReadOptions
from gitconfig_server.config.resolution.parsed_files import ParsedFiles
from gitconfig_server.errors import InvalidName, NotARepository, RepositoryNotFound, StorageError
from gitconfig_server.git.repository import CACHE_BYTES
from gitconfig_server.service.base import ConfigService
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.service.guarded import GuardedConfigService
from gitconfig_server.service.opening import make_engine, open_stored, parsed_share
from gitconfig_server.service.policy import OpenPolicy, Policy
from gitconfig_server.service.spring.templates import Location
from gitconfig_server.storage.base import Storage

_BOUND = 32
"""How many stay open beyond those in use; together they may remember as much as the main repository."""


class Manner(Struct, frozen=True):
    """How repositories of one setting are read."""

    setting: str
    options: ReadOptions
    default_branch: str = ""


class _Entry(Struct):
    users: int = 0
    storage: Storage | None = None
    service: ConfigService | None = None
    moves: Callable[[], int | None] | None = None
    opening: anyio.Lock = field(default_factory=anyio.Lock)


class OpenRepositories:
    """Belongs to one event loop. Those used longest ago are closed, as soon as nobody reads from them."""

    def __init__(
        self, crossing: Crossing, cache_bytes: int = CACHE_BYTES, policy: Policy | None = None, bound: int = _BOUND
    ) -> None:
        self._crossing = crossing
        self._cache_bytes = cache_bytes // bound
        self._policy = policy or OpenPolicy()
        self._bound = bound
        self._parsed = ParsedFiles(parsed_share(cache_bytes))
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    @asynccontextmanager
    async def using(self, location: Location, manner: Manner) -> AsyncIterator[ConfigService]:
        """The service of a repository, which stays open meanwhile; RepositoryNotFound where there is none."""
        key = _key(location, manner)
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        entry.users += 1
        try:
            async with entry.opening:
                if entry.service is None:  # to the end, even if the caller is gone: what is open is to be closed
                    await self._crossing.write(self._open, entry, location, manner)
            assert entry.service
            yield entry.service
        except StorageError:
            self._forget(key, entry)  # it may have been put in place anew: the next one looks
            raise
        finally:
            entry.users -= 1
            self._close_unused(key, entry)

    def generation(self, location: Location, manner: Manner) -> Callable[[], int | None]:
        """Differs whenever a ref moves in a repository that is open now; StorageError once it is closed."""
        key = _key(location, manner)
        entry = self._entries.get(key)

        def ask() -> int | None:
            if entry is None or entry.moves is None or self._entries.get(key) is not entry:
                raise StorageError("the repository is closed", inside=str(location.path))
            return entry.moves()

        return ask

    def close(self) -> None:
        """Close all."""
        for entry in self._entries.values():
            _close(entry)
        self._entries.clear()

    def _open(self, entry: _Entry, location: Location, manner: Manner) -> None:
        path = location.path
        try:
            if not location.is_inside():
                raise NotARepository(f"{path} leads out of {location.root}")
            opened = open_stored(str(path))
        except (NotARepository, InvalidName, OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise RepositoryNotFound(manner.setting, path.name) from error
        entry.storage = opened.storage
        engine = make_engine(
            opened.stored,
            DoorRules(manner.default_branch),
            manner.options,
            cache_bytes=self._cache_bytes,
            parsed=self._parsed,
        )
        entry.moves = engine.git.generation_at_once
        entry.service = GuardedConfigService(EmbeddedConfigService(engine, self._crossing), self._policy)

    def _close_unused(self, key: tuple[str, str], entry: _Entry) -> None:
        if entry.service is None and not entry.users:
            self._forget(key, entry)
        if self._entries.get(key) is not entry and not entry.users:
            _close(entry)
        idle = [one for one, known in self._entries.items() if not known.users]
        for one in idle[: max(0, len(self._entries) - self._bound)]:
            _close(self._entries.pop(one))

    def _forget(self, key: tuple[str, str], entry: _Entry) -> None:
        if self._entries.get(key) is entry:
            del self._entries[key]


def _key(location: Location, manner: Manner) -> tuple[str, str]:
    return manner.setting, str(location.path)


def _close(entry: _Entry) -> None:
    if entry.storage:
        entry.storage.close()

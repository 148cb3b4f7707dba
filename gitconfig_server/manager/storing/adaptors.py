"""Third parties' stores and accesses: aioconfig's two adaptors and their registries."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from gitconfig_server.errors import PreconditionFailed, StorageError
from gitconfig_server.manager.errors import ManagerError, SchemeTaken, UnknownScheme
from gitconfig_server.manager.nodes.values import Data, checked, is_same
from gitconfig_server.manager.storing.base import TIMESTAMP, LoadedConfiguration, Note, Saved, look_later, parse_time
from gitconfig_server.wire.json import render

_T = TypeVar("_T")


class StorageAdaptor(ABC):
    """A store of dictionaries, by server_id. Its methods may block: they are called one at a time in a thread.

    ``list_saved`` gives the times of what is not archived; ``archive`` hides what is older, and neither deletes it nor
    touches what is staged.
    """

    def __init__(self, server_id: str, url: str) -> None:
        self.server_id = server_id
        self.url = url

    @abstractmethod
    def load_current(self) -> dict[str, Any]:
        """What was saved last, ``{}`` where nothing was."""

    @abstractmethod
    def load_staged(self) -> dict[str, Any]:
        """What was staged last, ``{}`` where nothing was."""

    @abstractmethod
    def load_saved(self, name: datetime) -> dict[str, Any]:
        """What was saved at that time; KeyError."""

    @abstractmethod
    def save_current(self, settings: dict[str, Any]) -> Any:
        """Save, under the present time."""

    @abstractmethod
    def save_staged(self, settings: dict[str, Any]) -> Any:
        """Keep in place of what was staged before."""

    @abstractmethod
    def list_saved(self) -> Sequence[datetime]:
        """The times of what is saved."""

    @abstractmethod
    def archive(self, cutoff: datetime) -> Any:
        """Hide what was saved before."""


_STORAGES: dict[str, Callable[[str, str], StorageAdaptor]] = {}


def register_storage_adaptor(scheme: str, factory: Callable[[str, str], StorageAdaptor]) -> None:
    """Let URLs of ``scheme`` be stores that ``factory(server_id, url)`` makes; SchemeTaken."""
    if scheme in _STORAGES:
        raise SchemeTaken(scheme)
    _STORAGES[scheme] = factory


def create_storage_adaptor(server_id: str, url: str) -> StorageAdaptor:
    """The store at ``url``; UnknownScheme where nobody registered its scheme."""
    scheme = urlsplit(url).scheme
    if scheme not in _STORAGES:
        raise UnknownScheme(scheme, tuple(_STORAGES))
    return _STORAGES[scheme](server_id, url)


def has_storage_adaptor(scheme: str) -> bool:
    """Whether somebody registered the scheme."""
    return scheme in _STORAGES


class AdaptedStore:
    """A StorageAdaptor as the Manager wants its store. It knows no authors, messages and commits."""

    def __init__(self, adaptor: StorageAdaptor, name: str) -> None:
        self.name = name
        self._adaptor = adaptor
        self._thread: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """One thread, so that it is called by one at a time."""
        self._thread = ThreadPoolExecutor(1, "gitconfig-store")

    async def close(self) -> None:
        """Finish what is under way."""
        if self._thread:
            await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)
            self._thread = None

    async def load(self) -> LoadedConfiguration:
        """What was saved last."""
        own = checked(await self._call(self._adaptor.load_current) or {})
        return LoadedConfiguration(own, {}, await self._version(), "", "", ((self.name, own),))

    async def save(
        self, seen: LoadedConfiguration, own: dict[str, Data], note: Note, prefer: str = ""
    ) -> tuple[LoadedConfiguration, bool]:
        """Save, unless nothing differs. Whoever saves in the same moment as another wins: the adaptor cannot tell."""
        render(own)  # secrets that would slip out are refused here
        if (version := await self._version()) != seen.version:
            raise PreconditionFailed("what is saved", self.name, version or "")
        if version is not None and is_same(own, seen.own):
            return seen, False
        await self._call(lambda: self._adaptor.save_current(own))
        return await self.load(), True

    async def load_staged(self) -> dict[str, Data] | None:
        """What was staged last."""
        return checked(await self._call(self._adaptor.load_staged)) or None

    async def save_staged(self, own: dict[str, Data], note: Note) -> None:
        """Keep it."""
        await self._call(lambda: self._adaptor.save_staged(own))

    async def versions(self, limit: int) -> Sequence[Saved]:
        """Newest first."""
        return [Saved(one.strftime(TIMESTAMP), one) for one in (await self._times())[:limit]]

    async def load_saved(self, name: str) -> dict[str, Data]:
        """By its time."""
        at = parse_time(name)
        if at is None:
            raise ManagerError(f"{name}: {self.name} knows saved configurations by their time alone")
        given = next((one for one in await self._given() if _in_utc(one) == at), at)
        return dict(checked(await self._call(lambda: self._adaptor.load_saved(given))))

    async def rollback(self, name: str, note: Note) -> LoadedConfiguration:
        """Save the older one again."""
        return (await self.save(await self.load(), await self.load_saved(name), note))[0]

    async def archive(self, cutoff: datetime) -> int:
        """Let the adaptor hide what is older."""
        before = len(await self._times())
        await self._call(lambda: self._adaptor.archive(cutoff))
        return before - len(await self._times())

    async def generation(self) -> str:
        """The newest time."""
        times = await self._times()
        return times[0].isoformat() if times else ""

    async def look(self, seconds: float) -> str:
        """Nobody tells of what others save."""
        return await look_later(self, seconds)

    async def _version(self) -> str | None:
        times = await self._times()
        return times[0].strftime(TIMESTAMP) if times else None

    async def _given(self) -> Sequence[datetime]:
        found = list(await self._call(self._adaptor.list_saved))
        if strange := next((one for one in found if not isinstance(one, datetime)), None):
            raise StorageError(f"{self.name}: list_saved gives a {type(strange).__name__}: expected datetimes")
        return found

    async def _times(self) -> list[datetime]:
        return sorted((_in_utc(one) for one in await self._given()), reverse=True)

    async def _call(self, work: Callable[[], _T]) -> _T:
        if self._thread is None:
            raise StorageError(f"{self.name} is not open")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except ManagerError:
            raise
        except Exception as error:  # a third party's code may raise anything
            raise StorageError(f"{self.name}: {type(error).__name__}: {error}") from error


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)

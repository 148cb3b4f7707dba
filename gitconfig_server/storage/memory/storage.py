"""Repositories that live as long as the process: for tests, and for configuration that need not last."""

from __future__ import annotations

from threading import RLock
from urllib.parse import unquote, urlsplit

from gitconfig_server.errors import NotARepository, RepositoryExists
from gitconfig_server.storage.base import Clock, Storage, check_repository_name, utc_now
from gitconfig_server.storage.memory.repository import MemoryRepository
from gitconfig_server.storage.ref_rules import check_ref_name


class MemoryStorage:
    """Repositories in a dict, which a storage that is opened ``beside`` another one shares.

    Whoever wants a turn waits ``lock_seconds`` for it.
    """

    lasting = False

    def __init__(
        self, clock: Clock = utc_now, *, beside: MemoryStorage | None = None, lock_seconds: float = 10.0
    ) -> None:
        self._clock = clock
        self._lock_seconds = lock_seconds
        self._repositories: dict[str, MemoryRepository] = beside._repositories if beside else {}
        self._lock = RLock()

    def create(self, name: str, default_branch: str = "main") -> MemoryRepository:
        """A new empty repository."""
        check_repository_name(name)
        head = b"refs/heads/" + default_branch.encode()
        check_ref_name(head)
        with self._lock:
            if name in self._repositories:
                raise RepositoryExists(f"memory holds a repository {name!r} already")
            self._repositories[name] = MemoryRepository(name, head, self._clock, self._lock_seconds)
            return self._repositories[name]

    def open(self, name: str) -> MemoryRepository:
        """The same object for everybody who opens it."""
        try:
            return self._repositories[name]
        except KeyError:
            raise NotARepository(f"memory holds no repository {name!r}: create it first") from None

    def names(self) -> list[str]:
        """Sorted."""
        return sorted(self._repositories)

    def drop(self, name: str) -> None:
        """Forget it."""
        with self._lock:
            self.open(name)
            del self._repositories[name]

    def close(self) -> None:
        """Forget everything; what others share stays theirs."""
        self._repositories = {}


def open_url(url: str) -> tuple[Storage, str]:
    """``memory://name``: a new storage each time."""
    return MemoryStorage(), unquote(urlsplit(url).netloc) or "config"

"""Connections that are lent to one thread at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import Generic, Protocol, TypeVar

from gitconfig_server.errors import StorageBusy


class _Closable(Protocol):
    """A connection."""

    def close(self) -> None:
        """End it."""

    def is_sound(self) -> bool:
        """Whether it can be lent again: open, and in no transaction."""


_C = TypeVar("_C", bound=_Closable)


class Pool(Generic[_C]):
    """At most ``size`` connections, made when first needed; what was used last is lent first."""

    def __init__(self, connect: Callable[[], _C], size: int, patience: float) -> None:
        self._connect = connect
        self._idle: list[_C] = []
        self._free = BoundedSemaphore(size)
        self._lock = Lock()
        self._patience = patience
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[_C]:
        """A connection for the block; one that is not sound afterwards is closed. StorageBusy where all are out."""
        if not self._free.acquire(timeout=self._patience):
            raise StorageBusy(f"no connection to the database was free for {self._patience:g} s: try again")
        try:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            connection = connection or self._connect()
            try:
                yield connection
            finally:
                self._take_back(connection)
        finally:
            self._free.release()

    def forget(self) -> None:
        """Close those that are idle: the server has gone away."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Close those that are idle, and the others when they come back."""
        self._closed = True
        self.forget()

    def _take_back(self, connection: _C) -> None:
        if self._closed or not connection.is_sound():
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)

"""Time that looking at somebody's objects may take: whoever reads them through here is stopped when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from gitconfig_server.errors import CheckTimeout, StorageBusy

SECONDS = 60.0
"""What the checks of one push or save may take unless the settings say otherwise."""


class Deadline:
    """The end of one piece of work, which another thread may bring forward."""

    __slots__ = ("__weakref__", "_cancelled", "_clock", "_end", "_seconds")

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds
        self._cancelled = False

    def cancel(self) -> None:
        """End the work at its next look."""
        self._cancelled = True

    def check(self) -> None:
        """Return while there is time; CheckTimeout when it is over, StorageBusy when somebody has cancelled."""
        if self._cancelled:
            raise StorageBusy("the server is stopping: try again")
        if self._clock() > self._end:
            raise CheckTimeout(self._seconds)


class _Reader(Protocol):
    def get_raw(self, name: bytes) -> tuple[int, bytes]: ...

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]: ...


class BoundedReader:
    """An ``ObjectReader`` that looks at the clock whenever it is asked: every walk over objects ends in time."""

    def __init__(self, objects: _Reader, deadline: Deadline) -> None:
        self._objects = objects
        self._deadline = deadline

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """Type number and content; KeyError where absent."""
        self._deadline.check()
        return self._objects.get_raw(name)

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of ``ids`` that are there."""
        self._deadline.check()
        return self._objects.contains_many(ids)

"""A line of the threads of one process: first come, first served, with a deadline."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

from gitconfig_server.errors import StorageBusy


class Line:
    """So that one thread of a process at most waits in the database, and none is passed over."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = Lock()
        self._waiting: deque[Event] = deque()
        self._taken = False

    @contextmanager
    def held(self, timeout: float) -> Iterator[None]:
        """Be at the front within the block; StorageBusy when that was not to be in ``timeout`` seconds."""
        turn = Event()
        with self._lock:
            if self._taken:
                self._waiting.append(turn)
            else:
                self._taken = True
                turn.set()
        if not turn.wait(timeout) and not self._gave_up(turn):
            raise StorageBusy(f"{self._what} was held by other writers for {timeout:g} s: try again")
        try:
            yield
        finally:
            self._pass_on()

    def _gave_up(self, turn: Event) -> bool:
        """Leave the line; True where the turn came in this very moment."""
        with self._lock:
            if turn.is_set():
                return True
            self._waiting.remove(turn)
            return False

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # it stays taken: who comes now cannot pass the one who was woken
            else:
                self._taken = False

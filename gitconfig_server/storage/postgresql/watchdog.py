"""A deadline for whatever waits on a socket.

A network that swallows bytes keeps a client waiting whatever the server's timeouts are; cutting the socket off frees
it at once.
"""

from __future__ import annotations

import heapq
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from threading import Condition, Thread


class _Watchdog:
    """One thread for all sockets of the process, begun when first needed."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._due: list[tuple[float, int]] = []
        self._watched: dict[int, int] = {}
        self._numbers = count()
        self._thread: Thread | None = None

    @contextmanager
    def watching(self, descriptor: int, seconds: float) -> Iterator[None]:
        """Cut ``descriptor`` off when the block has lasted ``seconds``."""
        number = next(self._numbers)
        with self._changed:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._watch, name="gitconfig-watchdog", daemon=True)
                self._thread.start()
            self._watched[number] = descriptor
            heapq.heappush(self._due, (time.monotonic() + seconds, number))
            if self._due[0][1] == number:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:  # not while it is being cut off: the number of a closed socket is soon another one's
                self._watched.pop(number, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                while self._due and (self._due[0][1] not in self._watched or self._due[0][0] <= time.monotonic()):
                    descriptor = self._watched.pop(heapq.heappop(self._due)[1], None)
                    if descriptor is not None:
                        _cut_off(descriptor)
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)


def _cut_off(descriptor: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
        copy.shutdown(socket.SHUT_RDWR)


WATCHDOG = _Watchdog()

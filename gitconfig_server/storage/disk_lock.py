"""One ``flock`` a repository: who holds it may move refs and write the journal. The kernel frees it at death."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from gitconfig_server.errors import StorageBusy

_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.005


class FolderLock:
    """Exclusive between threads (a lock of Python's) and between processes (a lock on the file at ``path``)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._threads = Lock()

    @contextmanager
    def held(self, timeout: float) -> Iterator[None]:
        """Hold it within the block; StorageBusy when it was not to be had in ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        if not self._threads.acquire(timeout=timeout):
            raise self._busy(timeout)
        try:
            # opened each time: a descriptor kept open would share its lock with forked workers
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                self._take(descriptor, deadline, timeout)
                yield
            finally:
                os.close(descriptor)
        finally:
            self._threads.release()

    def _take(self, descriptor: int, deadline: float, timeout: float) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise self._busy(timeout) from None
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _busy(self, timeout: float) -> StorageBusy:
        return StorageBusy(f"{self._path} was held by another writer for {timeout:g} s: try again")

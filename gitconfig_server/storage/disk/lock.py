"""One ``flock`` a repository: who holds it may move refs and write the journal. The kernel frees it at death."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread

from gitconfig_server.errors import StorageBusy


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

    @contextmanager
    def tried(self) -> Iterator[bool]:
        """Whether it was to be had at once; held within the block."""
        if not self._threads.acquire(blocking=False):
            yield False
            return
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                yield _is_ours(descriptor)
            finally:
                os.close(descriptor)
        finally:
            self._threads.release()

    def is_held(self) -> bool:
        """Always, within the block: the kernel takes it from nobody who lives."""
        return True

    def _take(self, descriptor: int, deadline: float, timeout: float) -> None:
        if _is_ours(descriptor):
            return
        # in the kernel's line, where who comes first is served first: one who tries now and then may never be in luck
        waiting = Thread(target=_wait_in_line, args=(os.dup(descriptor),), daemon=True)
        waiting.start()
        waiting.join(max(0.0, deadline - time.monotonic()))
        if not _is_ours(descriptor):
            raise self._busy(timeout)

    def _busy(self, timeout: float) -> StorageBusy:
        return StorageBusy(f"the lock was held by another writer for {timeout:g} s: try again", inside=self._path)


def _is_ours(descriptor: int) -> bool:
    """Whether the open file holds the lock: since before, or because it was free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_in_line(descriptor: int) -> None:
    """Take the lock for the open file. With the last descriptor of one who has given up, it is let go again."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)

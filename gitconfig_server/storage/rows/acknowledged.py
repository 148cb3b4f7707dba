"""How far a repository has come, as the processes of one machine know it: a number in a small mapped file.

A notice of the database reaches the other workers of a server after the write was acknowledged. So whoever is about
to acknowledge a write, or to show one, raises this number first, and whoever reads asks whether it knows as much.
Reading it is no system call. It need not last: the file may be lost at any time in which nobody has it open.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from pathlib import Path
from threading import Lock

_SIZE = 64


class Acknowledged:
    """The number in the file at ``path``, which is made where it is missing."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._descriptor).st_size < _SIZE:
            try:
                os.posix_fallocate(self._descriptor, 0, _SIZE)  # on a full disk a mapped hole would end the process
            except OSError:
                os.close(self._descriptor)
                raise
        self.words = memoryview(mmap.mmap(self._descriptor, _SIZE)).cast("q")
        self._lock = Lock()

    @property
    def value(self) -> int:
        """The number."""
        return self.words[0]

    def raise_to(self, value: int) -> None:
        """Make the number at least ``value``."""
        if self.words[0] < value:
            # a lock on the file does not shut out threads that share its descriptor
            with self._lock:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
                try:
                    self.words[0] = max(self.words[0], value)
                finally:
                    fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def lower_to(self, value: int) -> None:
        """Make the number ``value``: what it counted is lost."""
        self.words[0] = value

    def close(self) -> None:
        """Let go of the file; the number stays readable as it was."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self.words = memoryview(bytes(self.words)).cast("q")

"""A few numbers in a small mapped file, shared by all processes that have the repository open.

Reading them is no system call. They are not durable and need not be: after a crash any earlier value is right.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from pathlib import Path

_SIZE = 64
_MOVES, _DONE = 0, 1


def is_whole(path: str) -> bool:
    """Whether there is a counter file that can be mapped."""
    try:
        return Path(path).stat().st_size >= _SIZE
    except FileNotFoundError:
        return False


def new_counter() -> bytes:
    """The content of a new counter file; it never repeats what an earlier file counted."""
    return struct.pack("=Q", time.time_ns() << 1).ljust(_SIZE, b"\0")


class MappedCounter:
    """``moves`` counts up at the start and at the end of each move of refs: odd means that one is under way.

    ``done`` is the journal's last record whose refs are in place and durable. Only the holder of the repository's
    lock writes. Where there is no file, both read 0 and writes are dropped.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._inode = 0
        self.words = memoryview(bytes(_SIZE)).cast("Q")

    @property
    def attached(self) -> bool:
        """Whether the numbers are those of the file that is there now."""
        try:
            return os.stat(self._path).st_ino == self._inode  # noqa: PTH116 - a hot path
        except FileNotFoundError:
            return False

    def attach(self, *, writable: bool) -> None:
        """Map the file, if it is there and whole."""
        try:
            descriptor = os.open(self._path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            status = os.fstat(descriptor)
            if status.st_size >= _SIZE:
                access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
                # the map lives as long as the view: other threads may still be reading the one before
                self.words = memoryview(mmap.mmap(descriptor, _SIZE, access=access)).cast("Q")
                self._inode = status.st_ino
        finally:
            os.close(descriptor)

    @property
    def moves(self) -> int:
        """How often refs began or ceased to move."""
        return self.words[_MOVES]

    @property
    def done(self) -> int:
        """The last record that is wholly carried out."""
        return self.words[_DONE]

    def begin_move(self) -> None:
        """Readers wait from here on."""
        self._set(_MOVES, self.moves | 1)

    def end_move(self) -> None:
        """All refs stand where the journal says; a new even number even where nothing had begun."""
        self._set(_MOVES, (self.moves | 1) + 1)

    def mark_done(self, seq: int) -> None:
        """The record ``seq`` need not be rolled forward."""
        self._set(_DONE, seq)

    def close(self) -> None:
        """Let go of the file; the numbers stay readable as they were."""
        self.words = memoryview(bytes(self.words)).cast("Q")
        self._inode = 0

    def _set(self, index: int, value: int) -> None:
        if not self.words.readonly:
            self.words[index] = value

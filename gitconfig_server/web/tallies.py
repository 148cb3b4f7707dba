"""Numbers that outlive the process that counts them, and that all workers of a server can add up.

Each worker counts in a mapped file of its own in one folder, which costs as much as counting in memory: no lock, no
system call. Whoever is asked adds up all files. What a worker counted that has ended is added to what the ended ones
counted together, so that no sum ever falls.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

Row = memoryview
"""Sixteen numbers, of 64 bits each."""

WORDS = 16
LATEST = WORDS - 1
"""The word of which the largest counts; of the others the sum."""

_NAME = 128
_ROW = 8 * WORDS + _NAME
_ROWS = 1024
_ENDED, _COMMON, _SUFFIX = "ended", "common", ".tally"


class Tallies:
    """What one process counts, by names of up to 127 bytes; without a folder, in its own memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._own = _Table(_file(folder, str(os.getpid())) if folder else None)
        self._common = _Table(_file(folder, _COMMON) if folder else None)
        self.row = self._own.row

    def workers(self) -> list[int]:
        """The processes that count in the folder."""
        names = [path.stem for path in self._folder.glob(f"*{_SUFFIX}")] if self._folder else [str(os.getpid())]
        return sorted(int(name) for name in names if name.isdigit())

    def totals(self) -> dict[bytes, list[int]]:
        """The rows of all workers, those that have ended too, and the common ones."""
        if not self._folder:
            return _added(self._own.rows(), self._common.rows())
        with _locked(self._folder):
            return _added(*(_Table(path).rows() for path in self._folder.glob(f"*{_SUFFIX}")))

    def count_once(self, number: int, name: bytes) -> None:
        """Count what all workers hear of, in the order of its ``number``: only the first of them does."""
        with _locked(self._folder):
            last = self._common.row(b"")
            if last[LATEST] < number:
                last[LATEST] = number
                self._common.row(name)[0] += 1


def bury(folder: Path, worker: int) -> None:
    """Add what ``worker``, which has ended, counted to what others did before."""
    with _locked(folder):
        path = _file(folder, str(worker))
        if path.exists():
            ended = _Table(_file(folder, _ENDED))
            for name, words in _Table(path).rows():
                _add(ended.row(name), words)
            path.unlink()


class _Table:
    """Rows in a file, or in memory. The first is that of the empty name, which takes what has no room of its own."""

    def __init__(self, path: Path | None) -> None:
        self._map = mmap.mmap(-1, _ROW * _ROWS) if path is None else _map(path)
        self._rows: dict[bytes, Row] = dict(self._read())
        self._lock = Lock()

    def row(self, name: bytes) -> Row:
        """The numbers of ``name``. Safe to use from any thread."""
        known = self._rows.get(name)
        return self._add(name) if known is None else known

    def rows(self) -> Iterator[tuple[bytes, Row]]:
        """As they are."""
        return iter(list(self._rows.items()))

    def _add(self, name: bytes) -> Row:
        with self._lock:
            if name in self._rows or len(self._rows) >= _ROWS or len(name) >= _NAME:
                return self._rows.get(name) or self._rows[b""]
            start = len(self._rows) * _ROW
            self._map[start + 8 * WORDS : start + 8 * WORDS + 1 + len(name)] = bytes([1 + len(name)]) + name
            row = self._rows[name] = self._words(start)
            return row

    def _read(self) -> Iterator[tuple[bytes, Row]]:
        yield b"", self._words(0)
        for start in range(_ROW, _ROW * _ROWS, _ROW):
            length = self._map[start + 8 * WORDS]
            if not length:
                break
            yield self._map[start + 8 * WORDS + 1 : start + 8 * WORDS + length], self._words(start)

    def _words(self, start: int) -> Row:
        return memoryview(self._map)[start : start + 8 * WORDS].cast("Q")


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}{_SUFFIX}"


def _map(path: Path) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, _ROW * _ROWS)
        return mmap.mmap(descriptor, _ROW * _ROWS)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path | None) -> Iterator[None]:
    """Nobody else adds up or moves numbers between files meanwhile."""
    if folder is None:
        with _MEMORY:
            yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


_MEMORY = Lock()


def _added(*tables: Iterator[tuple[bytes, Row]]) -> dict[bytes, list[int]]:
    sums: dict[bytes, list[int]] = {}
    for table in tables:
        for name, words in table:
            _add(sums.setdefault(name, [0] * WORDS), words)
    return sums


def _add(into: list[int] | Row, words: Row) -> None:
    for place in range(LATEST):
        into[place] += words[place]
    into[LATEST] = max(into[LATEST], words[LATEST])

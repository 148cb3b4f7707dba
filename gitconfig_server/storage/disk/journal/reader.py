"""The lines of a journal's file, read piece by piece: it may be larger than memory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from gitconfig_server.errors import CorruptRepository, StorageError
from gitconfig_server.storage.disk.journal.format import LAYOUT, JournalLine, lines, seq_of

_CHUNK = 1 << 18
_ONE_LINE = 1 << 10
"""Most records are shorter than this; longer ones are read again with more."""


class JournalReader:
    """Keeps nothing, so any thread may read; the file is opened anew each time, since another may have replaced it."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self, start: int, size: int = -1) -> bytes:
        """Up to ``size`` bytes, or all, from ``start`` on."""
        with Path(self._path).open("rb") as file:
            file.seek(start)
            return file.read(size)

    def header(self) -> JournalLine:
        """The first line. StorageError where a newer program has begun the journal anew."""
        header = next(lines(self.read(0, _CHUNK)), None)
        if header is None:
            raise self.damaged(0)
        layout = json.loads(header.body).get("journal", LAYOUT)
        if layout > LAYOUT:
            told = f"the journal is of a newer gitconfig-server (layout {layout}, this one writes {LAYOUT})"
            raise StorageError(f"{told}: upgrade this one", inside=self._path)
        return header

    def between(self, start: int, end: int) -> Iterator[JournalLine]:
        """The lines between two places."""
        size = _CHUNK
        while start < end:
            position = start
            for line in lines(self.read(start, min(size, end - start)), start):
                yield line
                start = line.end
            if start == position and size >= end - start:
                raise self.damaged(start)
            size = size * 4 if start == position else size

    def at(self, offsets: Sequence[int], end: int) -> Iterator[JournalLine]:
        """The lines that begin at ``offsets``, in that order, of a file that is sound to ``end``."""
        with Path(self._path).open("rb", buffering=0) as file:
            for start in offsets:
                size = _ONE_LINE
                while (line := next(lines(os.pread(file.fileno(), size, start), start), None)) is None:
                    if size >= end - start:
                        raise self.damaged(start)
                    size *= 16
                yield line

    def sound_to(self, end: int) -> int:
        """Up to which byte all lines are sound."""
        try:
            place = 0
            for line in self.between(0, end):
                place = line.end
        except CorruptRepository:
            return place
        return end

    def place_of(self, after: int, end: int) -> int:
        """Where to begin in order to meet all records beyond ``after``: halves the file until little is left."""
        low, high = 0, end if after > 0 else 0
        while high - low > _CHUNK:
            middle = (low + high) // 2
            rest = self.read(middle, min(high - middle, _CHUNK))
            line = next(lines(rest[rest.find(b"\n") + 1 :]), None)
            if line is not None and seq_of(line.body) <= after:
                low = middle + rest.find(b"\n") + 1
            else:
                high = middle
        return low

    def damaged(self, start: int) -> CorruptRepository:
        """The error that says where it cannot be read, and the way out."""
        way_out = "run gitconfig-server doctor --repair, which keeps the records that can be read"
        return CorruptRepository(f"the journal is damaged at byte {start}: {way_out}", inside=self._path)

"""The index of a pack: which ids it has, and where their entries begin (gitformat-pack, version 2)."""

from __future__ import annotations

import mmap
import struct
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Set
from functools import cached_property
from pathlib import Path

from gitconfig_server.errors import CorruptRepository

_MAGIC = b"\xfftOc\0\0\0\2"
_NAMES = len(_MAGIC) + 256 * 4

_FEW_NAMES = 32
"""So many are looked through faster than halved."""


class PackIndex:
    """One index, mapped. Ids are 20 bytes and sorted; a place is where an entry begins in the pack."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index = map_file(path)
        self._size, self._length = self._index.size, len(self._index)
        if self._index[: len(_MAGIC)] != _MAGIC:
            raise CorruptRepository("an index of a pack is none, or of another version: run git fsck", inside=path)
        self._fanout = struct.unpack(">256I", self._index[len(_MAGIC) : _NAMES])
        self.count = self._fanout[-1]
        if len(self._index) < _NAMES + 28 * self.count + 40:
            raise CorruptRepository("an index of a pack is cut short: run git index-pack", inside=path)

    def __contains__(self, name: bytes) -> bool:
        return self._find(name) >= 0

    def __iter__(self) -> Iterator[bytes]:
        """All ids, sorted."""
        self.check()
        return (self.name(at) for at in range(self.count))

    def name(self, number: int) -> bytes:
        """The id of this number, counted from 0 in the order of ids."""
        start = _NAMES + 20 * number
        return self._index[start : start + 20]

    def rank(self, number: int) -> int:
        """How many entries lie before the one whose id has this number."""
        return bisect_left(self._starts, self._offsets[number])

    def ranked(self, rank: int) -> bytes:
        """The id of the entry before which so many others lie."""
        return self.name(self._order[rank])

    def between(self, low: bytes, high: bytes) -> Iterator[bytes]:
        """The ids from ``low`` to ``high``, sorted."""
        self.check()
        first = self._fanout[low[0] - 1] if low[0] else 0
        names = (self.name(at) for at in range(first, self._fanout[high[0]]))
        return (name for name in names if low <= name <= high)

    def place(self, name: bytes) -> int | None:
        """Where the entry of this id begins; None where the pack has none."""
        at = self._find(name)
        return self._offsets[at] if at >= 0 else None

    def among(self, names: Set[bytes]) -> set[bytes]:
        """Those of ``names`` that the pack has."""
        if len(names) * 8 < self.count:
            return {name for name in names if name in self}
        return {name for name in self if name in names}

    def places(self, names: Collection[bytes]) -> Iterable[int]:
        """Where those of ``names`` stand that are here."""
        if len(names) * 8 < self.count:
            return [place for name in names if (place := self.place(name)) is not None]
        self.check()
        table = dict(zip(self, self._offsets, strict=True))
        return [table[name] for name in names if name in table]

    def next_place(self, place: int) -> int | None:
        """Where the entry behind this one begins; None behind the last."""
        after = bisect_right(self._starts, place)
        return self._starts[after] if after < self.count else None

    def name_at(self, place: int) -> bytes:
        """The id of the entry that begins here; CorruptRepository where none does."""
        at = bisect_left(self._starts, place)
        if at == self.count or self._starts[at] != place:
            raise CorruptRepository("a delta in a pack rests on nothing: run git fsck", inside=self._path)
        return self.name(self._order[at])

    def checksums(self) -> Iterator[tuple[bytes, int, int]]:
        """Of each entry id, place and crc32."""
        self.check()
        at = _NAMES + 20 * self.count
        return zip(self, self._offsets, _numbers("I", self._index[at : at + 4 * self.count]), strict=True)

    def check(self) -> None:
        """Raise CorruptRepository where the file was cut short in place: to read on would end the process (SIGBUS)."""
        if self._size() < self._length:
            raise cut_short(self._path)

    def close(self) -> None:
        """Let go of the file."""
        self._index.close()

    def _find(self, name: bytes) -> int:
        if self._size() < self._length:  # as ``check``; a hot path
            raise cut_short(self._path)
        first = name[0]
        low: int
        high: int
        low, high = self._fanout[first - 1] if first else 0, self._fanout[first]
        while high - low > _FEW_NAMES:
            middle = (low + high) >> 1
            if self.name(middle) > name:
                high = middle
            else:
                low = middle
        start, end = _NAMES + 20 * low, _NAMES + 20 * high
        at = self._index.find(name, start, end)
        while at >= 0 and (at - start) % 20:  # across two names
            at = self._index.find(name, at + 1, end)
        return (at - _NAMES) // 20 if at >= 0 else -1

    @cached_property
    def _offsets(self) -> array[int]:
        """In the order of ids."""
        at = _NAMES + 24 * self.count
        found = array("Q", _numbers("I", self._index[at : at + 4 * self.count]))
        large = _numbers("Q", self._index[at + 4 * self.count : len(self._index) - 40])
        for number, offset in enumerate(found) if large else ():
            if offset & 0x80000000:
                found[number] = large[offset & 0x7FFFFFFF]
        return found

    @cached_property
    def _order(self) -> array[int]:
        """The numbers of the ids, as their entries stand in the pack."""
        return array("I", sorted(range(self.count), key=self._offsets.__getitem__))

    @cached_property
    def _starts(self) -> array[int]:
        """Where entries begin, sorted."""
        return array("Q", sorted(self._offsets))


def map_file(path: Path) -> mmap.mmap:
    """The file, mapped to be read; CorruptRepository where it is empty."""
    with path.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # nothing can be mapped of an empty file
            raise CorruptRepository("a file of a pack is empty: run git fsck", inside=path) from error


def cut_short(path: Path) -> CorruptRepository:
    """The error that tells of a file of a pack which lost its end while it was mapped."""
    return CorruptRepository("a file of a pack was cut short: put it back, then run git fsck", inside=path)


def _numbers(code: str, raw: bytes) -> array[int]:
    found = array(code, raw)
    if sys.byteorder == "little":
        found.byteswap()
    return found

"""Git's pack files read as they lie: where each entry stands, and its bytes, without inflating it (gitformat-pack).

Safe to use from any thread: a pack never changes, and one that was removed can be read until it is closed.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from dulwich.errors import ApplyDeltaError
from dulwich.pack import apply_delta

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.base import PackEntry

DAMAGE = (ApplyDeltaError, CorruptRepository, IndexError, ValueError, struct.error, zlib.error)
"""What reading of a damaged pack raises."""

OFS_DELTA, REF_DELTA = 6, 7
HEADER, TRAILER = 12, 20
"""Bytes before the first and behind the last entry of a pack."""

_PIECE = 1 << 18
"""Bytes that are handed out at once."""

_SETTLING_NS = 20_000_000
"""A stamp that is younger proves nothing: another pack may have come in the same tick."""

_TRIES = 10
"""How often the folder is listed anew where packs vanish between the listing and their opening."""

_KEPT_BYTES = 4 << 20
"""Content of recently read objects that is remembered."""

_NUMBERS = count()
"""What tells packs apart that share a memory; a number is never given twice."""

_FEW_NAMES = 32
"""So many are looked through faster than halved."""

_OVERHEAD = 250
"""What Python adds to an entry."""

_MAGIC = b"\xfftOc\0\0\0\2"
_NAMES = len(_MAGIC) + 256 * 4


class _Head(NamedTuple):
    type: int
    size: int
    base: int | bytes | None
    """Of a delta: the offset, or the id, of what it rests on."""
    end: int


class _RecentObjects:
    """Content that deltas may rest on, of one pack or of several; forgotten all at once when it is too much."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], tuple[int, bytes]] = {}
        self._bytes = 0

    def get(self, pack: int, at: int) -> tuple[int, bytes] | None:
        """What was kept of the entry at this place."""
        return self._kept.get((pack, at))

    def keep(self, pack: int, at: int, found: tuple[int, bytes]) -> None:
        """Keep it, unless it is large."""
        size = len(found[1]) + _OVERHEAD
        if size > _KEPT_BYTES // 8:
            return
        self._bytes += size
        if self._bytes > _KEPT_BYTES:
            self._kept, self._bytes = {}, size
        self._kept[pack, at] = found


class PackFile:
    """One pack and its index, both mapped. Ids are 20 bytes. Raises OSError, and CorruptRepository for what is none."""

    def __init__(self, path: Path, recent: _RecentObjects | None = None) -> None:
        self.path = path
        self._recent = recent or _RecentObjects()
        self._number = next(_NUMBERS)
        self._index = _mapped(path.with_suffix(".idx"))
        self._pack = _mapped(path)
        if self._index[: len(_MAGIC)] != _MAGIC or self._pack[:4] != b"PACK":
            raise CorruptRepository(f"{path} and its index are not a pack of this version: run git fsck")
        self._fanout = struct.unpack(">256I", self._index[len(_MAGIC) : _NAMES])
        self.count = self._fanout[-1]
        if len(self._index) < _NAMES + 28 * self.count + 40:
            raise CorruptRepository(f"the index of {path} is cut short: run git index-pack")

    def __contains__(self, name: bytes) -> bool:
        return self._find(name) >= 0

    def __iter__(self) -> Iterator[bytes]:
        """All ids, sorted."""
        return (self._name(at) for at in range(self.count))

    def between(self, low: bytes, high: bytes) -> Iterator[bytes]:
        """The ids from ``low`` to ``high``, sorted."""
        first = self._fanout[low[0] - 1] if low[0] else 0
        names = (self._name(at) for at in range(first, self._fanout[high[0]]))
        return (name for name in names if low <= name <= high)

    def offset(self, name: bytes) -> int | None:
        """Where the entry of this id begins; None where the pack has none."""
        at = self._find(name)
        return self._offsets[at] if at >= 0 else None

    def body(self) -> Iterator[memoryview]:
        """All entries as they lie, in pieces, without the pack's header and checksum."""
        view, end = memoryview(self._pack), len(self._pack) - TRAILER
        for start in range(HEADER, end, _PIECE):
            yield view[start : min(start + _PIECE, end)]

    def index(self) -> Iterator[tuple[bytes, int, int]]:
        """Of each entry id, place and crc32."""
        at = _NAMES + 20 * self.count
        return zip(self, self._offsets, _numbers("I", self._index[at : at + 4 * self.count]), strict=True)

    def entries(self, names: Collection[bytes]) -> Iterator[PackEntry]:
        """The entries of those ``names`` that are here, in their order, each delta behind what it rests on.

        An object that is stored as a delta on one that is not among ``names`` comes whole.
        """
        places = sorted(self._places(names))
        wanted, done = set(places), set[int]()
        for place in places:
            stack = [place]
            while stack:
                at = stack[-1]
                head = self._head(at)
                base = self._place(head.base)
                if base in wanted and base not in done and at not in done:
                    if len(stack) > self.count:
                        raise CorruptRepository(f"{self.path}: deltas rest on each other: run git fsck")
                    stack.append(base)
                    continue
                stack.pop()
                if at in done:
                    continue
                done.add(at)
                if head.base is not None and base not in wanted:
                    kind, raw = self._content(at)
                    yield PackEntry(self._name_at(at), kind, len(raw), None, zlib.compress(raw, 1))
                else:
                    yield self._entry(at, head, base)

    def read(self, name: bytes) -> tuple[int, bytes] | None:
        """Type number and content; None where it is not here. What a damaged pack raises is DAMAGE."""
        at = self.offset(name)
        return None if at is None else self._content(at)

    def _content(self, at: int) -> tuple[int, bytes]:
        """An object's content, its deltas applied from the first to the last."""
        deltas: list[tuple[int, bytes]] = []
        while (known := self._recent.get(self._number, at)) is None:
            head = self._head(at)
            content = zlib.decompress(self._deflated(at, head))
            if len(content) != head.size or len(deltas) > self.count:
                raise CorruptRepository(f"{self.path}: an entry is not what it says: run git fsck")
            if head.base is None:
                known = self._keep(at, head.type, content)
                break
            deltas.append((at, content))
            base = self._place(head.base)
            if base is None:
                raise CorruptRepository(f"{self.path}: a delta rests on nothing: run git fsck")
            at = base
        for at, delta in reversed(deltas):
            known = self._keep(at, known[0], b"".join(apply_delta(known[1], delta)))
        return known

    def _keep(self, at: int, kind: int, raw: bytes) -> tuple[int, bytes]:
        """Remember what deltas may rest on: those of one pack often rest on each other."""
        found = kind, raw
        self._recent.keep(self._number, at, found)
        return found

    def close(self) -> None:
        """Let go of the files; views that are still in use stay readable."""
        for mapped in (self._index, self._pack):
            try:
                mapped.close()
            except BufferError:
                continue  # somebody sends of it: it is closed with the last view

    def _entry(self, at: int, head: _Head, base: int | None) -> PackEntry:
        on = None if base is None else self._name_at(base)
        return PackEntry(self._name_at(at), head.type, head.size, on, self._deflated(at, head))

    def _deflated(self, at: int, head: _Head) -> memoryview:
        after = bisect_right(self._starts, at)
        end = self._starts[after] if after < self.count else len(self._pack) - TRAILER
        return memoryview(self._pack)[head.end : end]

    def _places(self, names: Collection[bytes]) -> Iterable[int]:
        """Where those of ``names`` stand that are here."""
        if len(names) * 8 < self.count:
            return [offset for name in names if (offset := self.offset(name)) is not None]
        table = dict(zip(self, self._offsets, strict=True))
        return [table[name] for name in names if name in table]

    def _place(self, base: int | bytes | None) -> int | None:
        """Where the base of a delta stands here."""
        return self.offset(base) if isinstance(base, bytes) else base

    def _head(self, at: int) -> _Head:
        pack, start = self._pack, at
        byte = pack[at]
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 0x80:
            at += 1
            byte = pack[at]
            size |= (byte & 0x7F) << shift
            shift += 7
        at += 1
        if kind == REF_DELTA:
            return _Head(kind, size, pack[at : at + 20], at + 20)
        if kind != OFS_DELTA:
            return _Head(kind, size, None, at)
        byte = pack[at]
        distance = byte & 0x7F
        while byte & 0x80:
            at += 1
            byte = pack[at]
            distance = (distance + 1) << 7 | byte & 0x7F
        return _Head(kind, size, start - distance, at + 1)

    def _find(self, name: bytes) -> int:
        first = name[0]
        low: int
        high: int
        low, high = self._fanout[first - 1] if first else 0, self._fanout[first]
        while high - low > _FEW_NAMES:
            middle = (low + high) >> 1
            if self._name(middle) > name:
                high = middle
            else:
                low = middle
        start, end = _NAMES + 20 * low, _NAMES + 20 * high
        at = self._index.find(name, start, end)
        while at >= 0 and (at - start) % 20:  # across two names
            at = self._index.find(name, at + 1, end)
        return (at - _NAMES) // 20 if at >= 0 else -1

    def _name(self, at: int) -> bytes:
        start = _NAMES + 20 * at
        return self._index[start : start + 20]

    def _name_at(self, offset: int) -> bytes:
        at = bisect_left(self._starts, offset)
        if at == self.count or self._starts[at] != offset:
            raise CorruptRepository(f"{self.path}: a delta rests on nothing: run git fsck")
        return self._name(self._order[at])

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


class PackFiles:
    """The packs in a folder, opened once each; the folder is looked at again when its time stamp says so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp = -1
        self._packs: dict[str, PackFile] = {}
        self._recent = _RecentObjects()
        self._lock = Lock()
        self.complete = True
        """Whether every pack that was there at the last look could be opened."""

    def open(self) -> list[PackFile]:
        """All there are now, those with most objects first; none is missed where a repack replaces some meanwhile."""
        with self._lock:
            try:
                stamp = self._folder.stat().st_mtime_ns
            except FileNotFoundError:
                return []
            if stamp != self._stamp:
                self._read()
                self._stamp = stamp if time.time_ns() - stamp > _SETTLING_NS else -1
            return sorted(self._packs.values(), key=lambda pack: -pack.count)

    def read(self, name: bytes) -> tuple[int, bytes] | None:
        """Type number and content of an object (20 bytes) in a pack that is open already, without looking at the disk.

        None where none has it, or has it damaged: such a pack is opened anew the next time.
        """
        for pack in self._packs.values():
            try:
                if found := pack.read(name):
                    return found
            except DAMAGE:
                self._forget(pack)
        return None

    def _forget(self, pack: PackFile) -> None:
        with self._lock:
            self._packs = {name: one for name, one in self._packs.items() if one is not pack}
            self._stamp = -1

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            for pack in self._packs.values():
                pack.close()
            self._packs, self._stamp = {}, -1

    def _read(self) -> None:
        for _try in range(_TRIES):
            listed = self._listed()
            self._open(listed)
            # one that is gone was replaced by another, which was perhaps not there yet when the folder was listed
            if self.complete or self._listed().keys() == listed.keys():
                return

    def _listed(self) -> dict[str, Path]:
        return {path.name: path for path in self._folder.glob("pack-*.idx")}

    def _open(self, listed: Mapping[str, Path]) -> None:
        packs = {name: pack for name, pack in self._packs.items() if name in listed}
        for name, path in listed.items():
            if name not in packs:
                with suppress(FileNotFoundError, CorruptRepository):
                    packs[name] = PackFile(path.with_suffix(".pack"), self._recent)
        self.complete = packs.keys() == listed.keys()
        self._packs = packs  # those that are gone close when nobody reads them any more


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # nothing can be mapped of an empty file
            raise CorruptRepository(f"{path} is empty: run git fsck") from error


def _numbers(code: str, raw: bytes) -> array[int]:
    found = array(code, raw)
    if sys.byteorder == "little":
        found.byteswap()
    return found

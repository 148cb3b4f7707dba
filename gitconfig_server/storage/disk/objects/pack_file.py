"""Git's pack files read as they lie: the bytes of each entry, without inflating it (gitformat-pack).

Safe to use from any thread: a pack never changes, and one that was removed can be read until it is closed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator, Set
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import NamedTuple

from dulwich.errors import ApplyDeltaError
from dulwich.pack import apply_delta

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.disk.objects.pack_bitmaps import Noted, find_heads
from gitconfig_server.storage.disk.objects.pack_index import PackIndex, cut_short, map_file
from gitconfig_server.storage.objects import PackEntry

DAMAGE = (ApplyDeltaError, CorruptRepository, IndexError, ValueError, struct.error, zlib.error)
"""What reading of a damaged pack raises."""

_OFS_DELTA, _REF_DELTA = 6, 7
_HEADER, _TRAILER = 12, 20
"""Bytes before the first and behind the last entry of a pack."""

_PIECE = 1 << 18
"""Bytes that are handed out at once."""

_KEPT_BYTES = 4 << 20
"""Content of recently read objects that is remembered."""

_NUMBERS = count()
"""What tells packs apart that share a memory; a number is never given twice."""

_OVERHEAD = 250
"""What Python adds to an entry."""


class _Head(NamedTuple):
    type: int
    size: int
    base: int | bytes | None
    """Of a delta: the offset, or the id, of what it rests on."""
    end: int


class RecentObjects:
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

    def __init__(self, path: Path, recent: RecentObjects | None = None) -> None:
        self.path = path
        self._recent = recent or RecentObjects()
        self._number = next(_NUMBERS)
        self._index = PackIndex(path.with_suffix(".idx"))
        self._pack = map_file(path)
        if self._pack[:4] != b"PACK":
            raise CorruptRepository("a file that should be a pack is none: run git fsck", inside=path)
        self.count = self._index.count

    def __contains__(self, name: bytes) -> bool:
        return name in self._index

    def among(self, names: Set[bytes]) -> set[bytes]:
        """Those of ``names`` that are here."""
        return self._index.among(names)

    @cached_property
    def noted(self) -> Noted:
        """Commits that lead to exactly what is in it but for some tags, if git noted that beside it; else none."""
        return find_heads(self.path, self._index)

    def __iter__(self) -> Iterator[bytes]:
        """All ids, sorted."""
        return iter(self._index)

    def between(self, low: bytes, high: bytes) -> Iterator[bytes]:
        """The ids from ``low`` to ``high``, sorted."""
        return self._index.between(low, high)

    def body(self) -> Iterator[memoryview]:
        """All entries as they lie, in pieces, without the pack's header and checksum."""
        view, end = memoryview(self._pack), len(self._pack) - _TRAILER
        for start in range(_HEADER, end, _PIECE):
            self._check()
            yield view[start : min(start + _PIECE, end)]

    def index(self) -> Iterator[tuple[bytes, int, int]]:
        """Of each entry id, place and crc32."""
        return self._index.checksums()

    def entries(self, names: Collection[bytes]) -> Iterator[PackEntry]:
        """The entries of those ``names`` that are here, in their order, each delta behind what it rests on.

        An object that is stored as a delta on one that is not among ``names`` comes whole.
        """
        places = sorted(self._index.places(names))
        wanted, done = set(places), set[int]()
        for place in places:
            self._check()
            stack = [place]
            while stack:
                at = stack[-1]
                head = self._head(at)
                base = self._place(head.base)
                if base in wanted and base not in done and at not in done:
                    if len(stack) > self.count:
                        raise CorruptRepository("deltas in a pack rest on each other: run git fsck", inside=self.path)
                    stack.append(base)
                    continue
                stack.pop()
                if at in done:
                    continue
                done.add(at)
                if head.base is not None and base not in wanted:
                    kind, raw = self._content(at)
                    yield PackEntry(self._index.name_at(at), kind, len(raw), None, zlib.compress(raw, 1))
                else:
                    yield self._entry(at, head, base)

    def read(self, name: bytes) -> tuple[int, bytes] | None:
        """Type number and content; None where it is not here. What a damaged pack raises is DAMAGE."""
        at = self._index.place(name)
        return None if at is None else self._content(at)

    def _content(self, at: int) -> tuple[int, bytes]:
        """An object's content, its deltas applied from the first to the last."""
        self._check()
        deltas: list[tuple[int, bytes]] = []
        while (known := self._recent.get(self._number, at)) is None:
            head = self._head(at)
            content = zlib.decompress(self._deflated(at, head))
            if len(content) != head.size or len(deltas) > self.count:
                raise CorruptRepository("an entry of a pack is not what it says: run git fsck", inside=self.path)
            if head.base is None:
                known = self._keep(at, head.type, content)
                break
            deltas.append((at, content))
            base = self._place(head.base)
            if base is None:
                raise CorruptRepository("a delta in a pack rests on nothing: run git fsck", inside=self.path)
            at = base
        for at, delta in reversed(deltas):
            known = self._keep(at, known[0], b"".join(apply_delta(known[1], delta)))
        return known

    def _keep(self, at: int, kind: int, raw: bytes) -> tuple[int, bytes]:
        """Remember what deltas may rest on: those of one pack often rest on each other."""
        found = kind, raw
        self._recent.keep(self._number, at, found)
        return found

    def _check(self) -> None:
        self._index.check()
        if self._pack.size() < len(self._pack):
            raise cut_short(self.path)

    def close(self) -> None:
        """Let go of the files; views that are still in use stay readable."""
        for mapped in (self._index, self._pack):
            try:
                mapped.close()
            except BufferError:
                continue  # somebody sends of it: it is closed with the last view

    def _entry(self, at: int, head: _Head, base: int | None) -> PackEntry:
        on = None if base is None else self._index.name_at(base)
        return PackEntry(self._index.name_at(at), head.type, head.size, on, self._deflated(at, head))

    def _deflated(self, at: int, head: _Head) -> memoryview:
        end = self._index.next_place(at) or len(self._pack) - _TRAILER
        return memoryview(self._pack)[head.end : end]

    def _place(self, base: int | bytes | None) -> int | None:
        """Where the base of a delta stands here."""
        return self._index.place(base) if isinstance(base, bytes) else base

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
        if kind == _REF_DELTA:
            return _Head(kind, size, pack[at : at + 20], at + 20)
        if kind != _OFS_DELTA:
            return _Head(kind, size, None, at)
        byte = pack[at]
        distance = byte & 0x7F
        while byte & 0x80:
            at += 1
            byte = pack[at]
            distance = (distance + 1) << 7 | byte & 0x7F
        return _Head(kind, size, start - distance, at + 1)

"""A pack on its way out: entries as the storage keeps them, deltas included (gitformat-pack)."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.pack_format import IndexEntry, distance, entry_head, pack_header
from gitconfig_server.git.serving.deltas import compacted
from gitconfig_server.storage.objects import Objects, PackEntry, WholePack

_HEADER_BYTES = 12
OFS_DELTA, REF_DELTA = 6, 7

_PIECE = 1 << 16
"""Smaller entries go out together, and larger ones in pieces of this size."""

Piece = bytes | memoryview


class _Copy(Protocol):
    """Where a copy of a pack's entries goes."""

    index: list[IndexEntry]

    def add(self, piece: Piece) -> None:
        """The next bytes; raises nothing."""


def beyond(begin: WholePack | None, ids: Sequence[bytes]) -> Sequence[bytes]:
    """Those of ``ids`` that ``begin`` does not hold."""
    held = frozenset(begin or ()) if ids else ()  # of many, one by one in its index takes longer than all else
    return [name for name in ids if name not in held] if held else ids


class PackWriter:
    """Writes one pack: what ``begin`` holds, the objects ``ids`` (20 bytes each), and ``last``, none of them twice.

    ``by_offset``: the reader knows deltas on entries by their distance; it must where there is a ``begin``.
    """

    def __init__(
        self,
        objects: Objects,
        ids: Collection[bytes],
        *,
        by_offset: bool = True,
        begin: WholePack | None = None,
        last: Collection[bytes] = (),
    ) -> None:
        self.count = len(ids) + len(last) + (begin.count if begin else 0)
        self.copy: _Copy | None = None
        """Gets a copy of all but ``last``."""
        self._objects = objects
        self._ids = ids
        self._by_offset = by_offset
        self._begin = begin
        self._last = last
        self._places: dict[bytes, int] = {}

    @property
    def whole(self) -> WholePack | None:
        """What it begins with, where nothing else but ``last`` comes behind it."""
        return None if self._ids else self._begin

    def pieces(self) -> Iterator[Piece]:
        """The pack's bytes. CorruptRepository where an object is missing."""
        digest = hashlib.sha1(usedforsecurity=False)
        for piece in self._pieces():
            digest.update(piece)
            yield piece
        yield digest.digest()

    def _pieces(self) -> Iterator[Piece]:
        yield pack_header(self.count)
        at = _HEADER_BYTES
        try:
            for piece in self._history():
                at += len(piece)
                if self.copy:
                    self.copy.add(piece)
                yield piece
            yield from self._entries(self._last, at)
        except KeyError as error:
            raise CorruptRepository(f"object {error.args[0]!r} is missing: run git fsck") from error

    def _history(self) -> Iterator[Piece]:
        at = _HEADER_BYTES
        if self._begin:
            if self.copy:
                self.copy.index += self._begin.index()
            for piece in self._begin.body():
                at += len(piece)
                yield piece
        yield from self._entries(self._ids, at)

    def _entries(self, ids: Collection[bytes], at: int) -> Iterator[Piece]:
        waiting = bytearray()
        entries = self._objects.get_entries(ids)
        for entry in compacted(entries) if self.copy else entries:  # a copy is sent again: that is worth its while
            head = self._head(entry, at)
            if self.copy:
                self.copy.index.append((entry.id, at, zlib.crc32(entry.deflated, zlib.crc32(head))))
            self._places[entry.id] = at
            at += len(head) + len(entry.deflated)
            waiting += head
            if len(entry.deflated) < _PIECE:
                waiting += entry.deflated
            if len(waiting) >= _PIECE or len(entry.deflated) >= _PIECE:
                yield bytes(waiting)
                waiting.clear()
            if len(entry.deflated) >= _PIECE:
                for start in range(0, len(entry.deflated), _PIECE):
                    yield entry.deflated[start : start + _PIECE]
        if waiting:
            yield bytes(waiting)

    def _head(self, entry: PackEntry, at: int) -> bytes:
        if entry.base is None:
            return entry_head(entry.type, entry.size)
        if self._by_offset:
            return entry_head(OFS_DELTA, entry.size) + distance(at - self._places[entry.base])
        return entry_head(REF_DELTA, entry.size) + entry.base

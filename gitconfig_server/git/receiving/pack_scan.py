"""A first look at a pack that came over the wire, before anything long in it is inflated whole.

Whatever the pack claims or hides, this pass needs a bounded amount of memory: a few bytes an entry, one buffer, and
what it keeps of short entries, so that they are not inflated again
(gitformat-pack: "pack-*.pack files have the following format").
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable
from typing import BinaryIO

from msgspec import Struct

from gitconfig_server.errors import MalformedRequest, TooLarge
from gitconfig_server.git.receiving.pack_reader import PackReader
from gitconfig_server.storage.objects import BLOB, COMMIT, TAG, TREE

OFS_DELTA, REF_DELTA = 6, 7
NOT_A_DELTA = -1
BASE_BY_ID = -2

_MIB = 1 << 20
_HEADER, _TRAILER = 12, 20
_LONGEST_NUMBER = 63
_KEPT_BYTES = 32 * _MIB
_KEPT_OVERHEAD = 120


class PackLimits(Struct, frozen=True):
    """What one push may hold. Sizes are in bytes, inflated ones unless they are the pack's own."""

    pack_bytes: int = 256 * _MIB
    objects: int = 500_000
    object_bytes: int = 32 * _MIB
    total_bytes: int = 4096 * _MIB
    delta_depth: int = 1000
    held_bytes: int = 256 * _MIB
    refs: int = 10_000
    pack_setting: str = "push.max_pack_bytes"


class PackScan(Struct, frozen=True):
    """A pack that is sound in form, entry by entry.

    ``offsets`` count from the pack's first byte and have one more item, the end of the last entry. ``bases`` holds the
    number of each delta's base entry, NOT_A_DELTA, or BASE_BY_ID where ``base_ids`` has its id. ``crcs`` are the
    checksums of the entries as they stand in the pack. ``kept`` is what was inflated already, until it is asked for.
    """

    file: BinaryIO
    start: int
    total: int
    offsets: array[int]
    heads: bytes
    types: bytes
    bases: array[int]
    base_ids: dict[int, bytes]
    crcs: array[int]
    kept: dict[int, bytes]

    @property
    def count(self) -> int:
        """How many entries there are."""
        return len(self.types)

    @property
    def length(self) -> int:
        """The bytes of the whole pack."""
        return self.offsets[-1] + _TRAILER

    def copy(self, write: Callable[[bytes], object]) -> None:
        """Hand on all entries as they stand, in pieces."""
        self.file.seek(self.start + _HEADER)
        left = self.offsets[-1] - _HEADER
        while left and (piece := self.file.read(min(_MIB, left))):
            write(piece)
            left -= len(piece)

    def content(self, index: int) -> bytes:
        """What one entry holds: an object's content, or a delta."""
        kept = self.kept.pop(index, None)
        if kept is not None:
            return kept
        self.file.seek(self.start + self.offsets[index])
        entry = self.file.read(self.offsets[index + 1] - self.offsets[index])
        return zlib.decompress(entry[self.heads[index] :])


def scan_pack(file: BinaryIO, start: int, limits: PackLimits) -> PackScan:
    """Look over the pack that reaches from ``start`` to the end of ``file``; MalformedRequest, TooLarge."""
    length = file.seek(0, 2) - start
    if length > limits.pack_bytes:
        raise TooLarge("the pack", limits.pack_bytes, limits.pack_setting)
    if length < _HEADER + _TRAILER:
        raise MalformedRequest("the pack is cut short" if length else "the pack is missing")
    file.seek(start)
    count = _read_header(file.read(_HEADER))
    if count > limits.objects:
        raise TooLarge("the number of objects in the pack", limits.objects, "push.max_objects")
    _verify_checksum(file, start, length)
    return _Scanner(file, start, length, limits).run(count)


def _read_header(header: bytes) -> int:
    if header[:4] != b"PACK" or header[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        raise MalformedRequest("not a pack of version 2 or 3")
    return int.from_bytes(header[8:], "big")


def _verify_checksum(file: BinaryIO, start: int, length: int) -> None:
    file.seek(start)
    digest = hashlib.sha1(usedforsecurity=False)
    left = length - _TRAILER
    while left and (chunk := file.read(min(_MIB, left))):
        digest.update(chunk)
        left -= len(chunk)
    if file.read(_TRAILER) != digest.digest():
        raise MalformedRequest("the pack does not match its checksum: it was cut short or damaged on the way")


class _Scanner:
    """Goes over the entries from the first to the end of the pack."""

    def __init__(self, file: BinaryIO, start: int, length: int, limits: PackLimits) -> None:
        file.seek(start + _HEADER)
        self._file = file
        self._start = start
        self._length = length
        self._limits = limits
        self._reader = PackReader(file, length - _HEADER - _TRAILER)
        self._total = 0
        self._offsets = array("Q")
        self._heads = bytearray()
        self._types = bytearray()
        self._bases = array("q")
        self._base_ids: dict[int, bytes] = {}
        self._crcs = array("I")
        self._kept: dict[int, bytes] = {}
        self._room = _KEPT_BYTES

    def run(self, count: int) -> PackScan:
        for _ in range(count):
            self._entry()
        self._offsets.append(_HEADER + self._reader.base + self._reader.at)
        if self._offsets[-1] != self._length - _TRAILER:
            raise MalformedRequest("the pack holds more than it announced")
        return PackScan(
            self._file, self._start, self._total, self._offsets, bytes(self._heads), bytes(self._types),
            self._bases, self._base_ids, self._crcs, self._kept,
        )  # fmt: skip

    def _entry(self) -> None:
        reader = self._reader
        reader.begin()
        begin = reader.at
        self._offsets.append(_HEADER + reader.base + begin)
        try:
            kind, size, base, reader.at = self._head(reader.buffer, begin)
        except IndexError as error:
            raise MalformedRequest("the pack is cut short") from error
        if size > self._limits.object_bytes:
            raise _object_too_large(self._limits)
        self._types.append(kind)
        self._bases.append(base)
        self._heads.append(reader.at - begin)
        content = reader.inflate(size)
        self._crcs.append(reader.crc32())
        self._total += size if base == NOT_A_DELTA else self._target_size(content)
        if self._total > self._limits.total_bytes:
            raise TooLarge("the inflated pack", self._limits.total_bytes)
        if len(content) == size and self._room > size + _KEPT_OVERHEAD:
            self._room -= size + _KEPT_OVERHEAD
            self._kept[len(self._types) - 1] = content

    def _head(self, data: bytes, at: int) -> tuple[int, int, int, int]:
        """Type, size and base of the entry whose head begins there, and its end; IndexError where it is cut short."""
        byte, at = data[at], at + 1
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 0x80:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if shift > _LONGEST_NUMBER:
                raise MalformedRequest("the pack holds an entry with an endless size")
        if kind in (COMMIT, TREE, BLOB, TAG):
            return kind, size, NOT_A_DELTA, at
        if kind == OFS_DELTA:
            distance, at = _distance(data, at)
            return kind, size, self._entry_at(self._offsets[-1] - distance), at
        if kind != REF_DELTA:
            raise MalformedRequest(f"the pack holds an entry of unknown type {kind}")
        name = self._base_ids[len(self._types)] = data[at : at + 20]
        if len(name) < 20:
            raise MalformedRequest("the pack is cut short")
        return kind, size, BASE_BY_ID, at + 20

    def _entry_at(self, offset: int) -> int:
        index = bisect_left(self._offsets, offset) if offset >= _HEADER else len(self._types)
        if index >= len(self._types) or self._offsets[index] != offset:
            raise MalformedRequest("the pack holds a delta whose base is not an earlier entry")
        return index

    def _target_size(self, begin: bytes) -> int:
        try:
            source, at = _varint(begin, 0)
            target, _ = _varint(begin, at)
        except IndexError as error:
            raise MalformedRequest("the pack holds a delta without sizes") from error
        if source > self._limits.object_bytes or target > self._limits.object_bytes:
            raise _object_too_large(self._limits)
        return target


def _distance(head: bytes, at: int) -> tuple[int, int]:
    """How far before an entry the base of its delta begins, and where that number ends."""
    byte = head[at]
    distance = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = head[at]
        distance = (distance + 1) << 7 | byte & 0x7F
        if distance >> _LONGEST_NUMBER:
            raise MalformedRequest("the pack holds a delta with an endless distance")
    return distance, at + 1


def _object_too_large(limits: PackLimits) -> TooLarge:
    return TooLarge("an object in the pack", limits.object_bytes, "push.max_object_bytes")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of a delta, and where it ends; IndexError where it does not."""
    byte = data[at]
    value, shift = byte & 0x7F, 7
    while byte & 0x80:
        at += 1
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        if shift > _LONGEST_NUMBER:
            raise MalformedRequest("the pack holds a delta without sizes")
    return value, at + 1

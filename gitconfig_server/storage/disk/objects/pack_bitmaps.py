"""Which objects commits lead to, as git noted it beside a pack (gitformat-bitmap).

A bitmap is a number with one bit for each object, the lowest for the one that lies first in the pack.
"""

from __future__ import annotations

import hashlib
import struct
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gitconfig_server.storage.disk.objects.pack_index import PackIndex

_MAGIC = b"BITM\0\1"
_HEADER = struct.Struct(">6xHI20s")
"""Options, how many commits have a bitmap, and the checksum of the pack."""

_COMMIT = struct.Struct(">IBx")
"""The commit's number in the index, and how many bitmaps before lies the one that this one is to be compared with."""

_SIZES = struct.Struct(">II")
_WORD, _ID = 8, 20
_KINDS = 4
"""Bitmaps that come first: of all commits, trees, blobs and tags."""

_FURTHEST = 160
"""How far before one the bitmap lies that it is compared with, at most (git's ``MAX_XOR_OFFSET``)."""

_MOST_BYTES = 1 << 28
"""Unfolded, all bitmaps of a pack together: with more of them, looking at all takes longer than it saves."""


class Noted(Struct, frozen=True):
    """Commits (hex) that lead to all that is in a pack but its annotated ``tags`` (20 bytes each)."""

    heads: frozenset[bytes] = frozenset()
    tags: frozenset[bytes] = frozenset()


def find_heads(pack: Path, index: PackIndex) -> Noted:
    """Commits that lead to all that is in the pack but tags, and to nothing else.

    None of them leads to another. Nothing where git left no bitmaps that tell so, or they cannot be read.
    """
    try:
        return _heads(_checked(pack, index), index)
    except (OSError, ValueError, IndexError, struct.error):
        return Noted()


def _checked(pack: Path, index: PackIndex) -> bytes:
    """The file of bitmaps; ValueError where it is damaged, or of another pack or version."""
    content = pack.with_suffix(".bitmap").read_bytes()
    with pack.open("rb") as file:
        file.seek(-_ID, 2)
        checksum = file.read()
    body, trailer = content[:-_ID], content[-_ID:]
    _options, commits, of_pack = _HEADER.unpack_from(body)
    sound = body.startswith(_MAGIC) and of_pack == checksum
    if not sound or hashlib.sha1(body, usedforsecurity=False).digest() != trailer:
        raise ValueError("damaged")
    if commits * index.count > 8 * _MOST_BYTES:
        raise ValueError("too many")
    return body


def _heads(content: bytes, index: PackIndex) -> Noted:
    found: dict[int, int] = {}  # place among the bits -> number in the index
    covered = 0
    for number, reached in _bitmaps(content, index.count):
        place = index.rank(number)
        if not covered >> place & 1:
            found = {other: name for other, name in found.items() if not reached >> other & 1}
            found[place] = number
            covered |= reached
    tags = _tags(content, index.count)
    if covered | tags != (1 << index.count) - 1:
        return Noted()
    heads = frozenset(index.name(number).hex().encode() for number in found.values())
    places = (place for place, bit in enumerate(reversed(f"{tags:b}")) if bit == "1")
    return Noted(heads, frozenset(map(index.ranked, places)))


def _tags(content: bytes, count: int) -> int:
    """The bitmap of all annotated tags."""
    at = _HEADER.size
    for _kind in range(_KINDS):
        last, at = _unfold(content, at, count)
    return last


def _bitmaps(content: bytes, count: int) -> Iterator[tuple[int, int]]:
    """Of each commit that has one, its number in the index and all it leads to, itself included."""
    at = _HEADER.size
    for _kind in range(_KINDS):
        _, at = _unfold(content, at, count)
    recent = deque[int](maxlen=_FURTHEST)
    for _commit in range(_HEADER.unpack_from(content)[1]):
        number, before = _COMMIT.unpack_from(content, at)
        reached, at = _unfold(content, at + _COMMIT.size, count)
        if before:
            reached ^= recent[-before]
        recent.append(reached)
        yield number, reached


def _unfold(content: bytes, at: int, count: int) -> tuple[int, int]:
    """A bitmap of ``count`` bits that is compressed as EWAH, and where it ends."""
    _bits, length = _SIZES.unpack_from(content, at)
    start = at + _SIZES.size
    words = struct.unpack_from(f">{length}Q", content, start)
    most = _WORD * (count // 64 + 1)
    unfolded, place = bytearray(), 0
    while place < length:
        # from the lowest bit: which bit is repeated, for how many words, and how many words as they are come next
        marker = words[place]
        same, plain = marker >> 1 & 0xFFFFFFFF, marker >> 33
        if len(unfolded) + _WORD * (same + plain) > most:
            raise ValueError("more bits than objects")
        unfolded += (b"\xff" if marker & 1 else b"\0") * (_WORD * same)
        unfolded += struct.pack(f"<{plain}Q", *words[place + 1 : place + 1 + plain])
        place += 1 + plain
    bits = int.from_bytes(unfolded, "little") & ((1 << count) - 1)
    return bits, start + _WORD * length + 4  # behind it the place of its last marker

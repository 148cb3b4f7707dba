"""The frame of a pack and its index, in bytes (gitformat-pack)."""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate

IndexEntry = tuple[bytes, int, int]
"""Id in 20 bytes, place in the pack, and crc32 of an entry."""

_MAGIC = b"\xfftOc\0\0\0\2"
_FAR = 1 << 31


def pack_header(count: int) -> bytes:
    """What a pack of so many objects begins with."""
    return b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big")


def entry_head(kind: int, size: int) -> bytes:
    """What the entry of an object, or of a delta, of so many bytes begins with."""
    first, size = kind << 4 | size & 15, size >> 4
    if not size:
        return bytes((first,))
    head = bytearray()
    while size:
        head.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    head.append(first)
    return bytes(head)


def distance(number: int) -> bytes:
    """How far before an entry its delta's base begins."""
    groups = [number & 0x7F]
    while number := number >> 7:
        number -= 1
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def encode_index(entries: Iterable[IndexEntry], checksum: bytes) -> bytes:
    """The index, version 2, of the pack that ends in ``checksum``."""
    ordered = sorted(entries)
    counts = [0] * 256
    for name, _, _ in ordered:
        counts[name[0]] += 1
    places = [at for _, at, _ in ordered]
    far = [at for at in places if at >= _FAR]
    numbers = {at: _FAR | number for number, at in enumerate(far)}
    body = b"".join(
        (
            _MAGIC,
            _encoded("I", list(accumulate(counts))),
            b"".join([name for name, _, _ in ordered]),
            _encoded("I", [crc for _, _, crc in ordered]),
            _encoded("I", [numbers.get(at, at) for at in places] if far else places),
            _encoded("Q", far),
            checksum,
        )
    )
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _encoded(code: str, numbers: Sequence[int]) -> bytes:
    found = array(code, numbers)
    if sys.byteorder == "little":
        found.byteswap()
    return found.tobytes()

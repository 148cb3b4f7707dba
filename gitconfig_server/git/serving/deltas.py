"""Objects that came whole, told as what differs from a like one (gitformat-pack, "Deltified representation").

Versions of a file or a folder differ in one place, most of the time: what they begin and end with is copied. That is
found quickly, and needs no search over many candidates.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gitconfig_server.git.objects.tree_bytes import common_length
from gitconfig_server.storage.objects import BLOB, TREE, PackEntry

_SHORTEST, _LONGEST = 128, 1 << 20
"""Bytes of objects for which this is worth while."""
_EDGE = 48
"""Two objects are alike that begin, or end, with the same bytes."""
_DEPTH = 50
_REMEMBERED = 32 << 20
_COPIED, _INSERTED = 0xFFFF, 0x7F
"""The most that one instruction copies or inserts."""


class _Base(NamedTuple):
    id: bytes
    raw: bytes
    depth: int


def compacted(entries: Iterable[PackEntry]) -> Iterator[PackEntry]:
    """The same objects in the same order, with deltas on earlier ones where those are shorter."""
    known: dict[tuple[int, bytes], _Base] = {}
    held = 0
    for entry in entries:
        if entry.base is not None or entry.type not in (TREE, BLOB) or not _SHORTEST <= entry.size <= _LONGEST:
            yield entry
            continue
        raw = zlib.decompress(entry.deflated)
        edges = (entry.type, raw[:_EDGE]), (entry.type, b"..." + raw[-_EDGE:])
        base = known.get(edges[0]) or known.get(edges[1])
        made = _against(base, entry, raw) if base and base.depth < _DEPTH else None
        if held > _REMEMBERED:
            known, held = {}, 0
        held += len(raw)
        known.update(dict.fromkeys(edges, _Base(entry.id, raw, base.depth + 1 if made and base else 0)))
        yield made or entry


def _against(base: _Base, entry: PackEntry, raw: bytes) -> PackEntry | None:
    delta = make_delta(base.raw, raw)
    if len(delta) > len(raw) // 2:
        return None
    deflated = zlib.compress(delta)
    shorter = len(deflated) + len(base.id) < len(entry.deflated)
    return PackEntry(entry.id, entry.type, len(delta), base.id, deflated) if shorter else None


def make_delta(base: bytes, target: bytes) -> bytes:
    """What turns ``base`` into ``target``, which begins and ends much like it."""
    start = common_length(base, target)
    end = common_length(base[start:][::-1], target[start:][::-1])
    middle = target[start : len(target) - end]
    delta = bytearray(_number(len(base)) + _number(len(target)))
    delta += _copy(0, start)
    for at in range(0, len(middle), _INSERTED):
        piece = middle[at : at + _INSERTED]
        delta.append(len(piece))
        delta += piece
    return bytes(delta + _copy(len(base) - end, end))


def _copy(offset: int, length: int) -> bytes:
    out = bytearray()
    for done in range(0, length, _COPIED):
        numbers = (offset + done).to_bytes(4, "little") + min(_COPIED, length - done).to_bytes(3, "little")
        flags = sum(1 << bit for bit, byte in enumerate(numbers) if byte)
        out.append(0x80 | flags)
        out += bytes(byte for byte in numbers if byte)
    return bytes(out)


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)

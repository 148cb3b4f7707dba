"""Trees that differ from one before them in the id of a single entry, as most of a history do: told without splitting.

As numbers, two trees of one length differ in the bits between the first and the last byte that is not the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from msgspec import Struct

_KEPT = 8
_MOST_BYTES = 1 << 18
_NULL = bytes(20)


class OnlyChange(Struct, frozen=True, gc=False):
    """``come`` stands in a tree where ``gone`` stands in the tree ``like`` it: one name and mode, and two ids."""

    like: bytes
    gone: bytes
    come: bytes


class _Sample(Struct, frozen=True):
    """The last tree of its length; ``ends``: where each of its entries ends."""

    name: bytes
    raw: bytes
    number: int
    ends: list[int]


class SimilarTrees:
    """Remembers trees that are sound, the last one of each of the last few lengths."""

    def __init__(self) -> None:
        self._samples: dict[int, _Sample] = {}

    def keep(self, name: bytes, raw: bytes, entries: Iterable[bytes]) -> None:
        """Know a tree by its 20 byte id and its entries as they stand."""
        if raw and len(raw) <= _MOST_BYTES:
            self._samples.pop(len(raw), None)
            if len(self._samples) >= _KEPT:
                del self._samples[next(iter(self._samples))]
            ends = list(accumulate(map(len, entries)))
            self._samples[len(raw)] = _Sample(name, raw, int.from_bytes(raw, "big"), ends)

    def find(self, name: bytes, raw: bytes) -> OnlyChange | None:
        """How a tree differs from one that is known, and is sound for that; it is known now. None: nobody can tell."""
        sample = self._samples.get(len(raw))
        if sample is None:
            return None
        number = int.from_bytes(raw, "big")
        differing = number ^ sample.number
        first = len(raw) - (differing.bit_length() + 7) // 8
        last = len(raw) - ((differing & -differing).bit_length() + 7) // 8
        at = bisect_right(sample.ends, first)
        if not differing or first < sample.ends[at] - 20 or last >= sample.ends[at]:
            return None
        here = slice(sample.ends[at - 1] if at else 0, sample.ends[at])
        come = raw[here]
        if come.endswith(_NULL):
            return None
        self._samples[len(raw)] = _Sample(name, raw, number, sample.ends)
        return OnlyChange(sample.name, sample.raw[here], come)

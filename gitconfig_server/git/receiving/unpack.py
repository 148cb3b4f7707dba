"""Resolving a scanned pack's deltas: every object it stands for, with its id computed from what it holds."""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections.abc import Iterator

from dulwich.errors import ApplyDeltaError
from dulwich.pack import apply_delta
from msgspec import Struct

from gitconfig_server.errors import MalformedRequest, TooLarge
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.receiving.pack_scan import BASE_BY_ID, NOT_A_DELTA, PackLimits, PackScan
from gitconfig_server.storage.object_store import TYPE_NAMES

_NONE = -1


class Unpacked(Struct, frozen=True, gc=False):
    """One object; ``id`` is 20 bytes, ``entry`` its number in the pack (-1 for a base that stands elsewhere)."""

    entry: int
    id: bytes
    type: int
    raw: bytes


class _Base(Struct):
    """An object on whose content deltas wait."""

    object: Unpacked
    depth: int
    waiting: list[int]


class Unpacker:
    """Iterate over it once: each object of the pack, a delta after its base.

    A base's content is kept only while deltas wait for it, so memory follows the width of the delta trees, within
    ``limits.held_bytes``. Bases that the pack lacks are taken from ``stored`` and listed in ``thin_bases``.
    """

    def __init__(self, scan: PackScan, stored: ObjectReader, limits: PackLimits) -> None:
        self.thin_bases: dict[bytes, Unpacked] = {}
        self._scan = scan
        self._stored = stored
        self._limits = limits
        self._next = array("q", [_NONE]) * scan.count
        self._first = array("q", [_NONE]) * scan.count
        self._first_by_id: dict[bytes, int] = {}
        self._resolved = 0
        self._deltas = scan.count - scan.bases.count(NOT_A_DELTA)
        self._link()

    def __iter__(self) -> Iterator[Unpacked]:
        for root in self._roots():
            if root.entry != _NONE:
                yield root
            if waiting := self._waiting(root):
                yield from self._family(root, waiting)
        if self._resolved != self._deltas:
            raise MalformedRequest("the pack holds deltas whose bases are nowhere")

    def _link(self) -> None:
        """Chain each delta to its base; from last to first, so that the chains run in the pack's order."""
        for index in range(self._scan.count - 1, -1, -1):
            base = self._scan.bases[index]
            if base == BASE_BY_ID:
                name = self._scan.base_ids[index]
                self._next[index] = self._first_by_id.get(name, _NONE)
                self._first_by_id[name] = index
            elif base != NOT_A_DELTA:
                self._next[index] = self._first[base]
                self._first[base] = index

    def _roots(self) -> Iterator[Unpacked]:
        for index in range(self._scan.count):
            if self._scan.bases[index] == NOT_A_DELTA:
                yield _named(index, self._scan.types[index], self._content(index))
        stored = self._stored.contains_many(name.hex().encode() for name in self._first_by_id)
        for text in sorted(stored):
            name = bytes.fromhex(text.decode())
            if name not in self._first_by_id:  # an object that came meanwhile had this id
                continue
            try:
                kind, raw = self._stored.get_raw(text)
            except KeyError:
                continue
            one = self.thin_bases[name] = Unpacked(_NONE, name, kind, raw)
            yield one

    def _family(self, root: Unpacked, waiting: list[int]) -> Iterator[Unpacked]:
        """All that rests on ``root``."""
        stack = [_Base(root, 0, waiting)]
        held = len(root.raw)
        while stack:
            base = stack[-1]
            index = base.waiting.pop()
            if not base.waiting:
                stack.pop()
                held -= len(base.object.raw)
            one = self._apply(base, index)
            self._resolved += 1
            yield one
            if waiting := self._waiting(one):
                stack.append(_Base(one, base.depth + 1, waiting))
                held += len(one.raw)
                if held > self._limits.held_bytes:
                    raise TooLarge("the memory that the pack's deltas need", self._limits.held_bytes)

    def _waiting(self, one: Unpacked) -> list[int]:
        """The deltas on ``one``, last first; they are handed out once."""
        own = self._first[one.entry] if one.entry != _NONE else _NONE
        named = self._first_by_id.pop(one.id, _NONE)
        if own == named:
            return []  # nothing, twice
        found = []
        for index in (own, named):
            while index != _NONE:
                found.append(index)
                index = self._next[index]
        return found[::-1]

    def _apply(self, base: _Base, index: int) -> Unpacked:
        if base.depth >= self._limits.delta_depth:
            raise TooLarge("a chain of deltas in the pack", self._limits.delta_depth)
        try:
            raw = b"".join(apply_delta(base.object.raw, self._content(index)))
        except ApplyDeltaError as error:
            raise MalformedRequest(f"the pack holds a delta that does not fit its base: {error}") from error
        return _named(index, base.object.type, raw)

    def _content(self, index: int) -> bytes:
        try:
            return self._scan.content(index)
        except zlib.error as error:
            raise MalformedRequest(f"the pack holds an entry that cannot be inflated: {error}") from error


def _named(index: int, kind: int, raw: bytes) -> Unpacked:
    whole = b"%s %d\0%s" % (TYPE_NAMES[kind], len(raw), raw)
    return Unpacked(index, hashlib.sha1(whole, usedforsecurity=False).digest(), kind, raw)

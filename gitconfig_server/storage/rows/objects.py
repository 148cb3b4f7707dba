"""The objects of a repository in a database: rows, and packs kept whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.lru import Recent
from gitconfig_server.storage.base import COMMIT, RawObject
from gitconfig_server.storage.object_store import StoredObjects, hex_id, is_id
from gitconfig_server.storage.rows.database import Database
from gitconfig_server.storage.rows.packs import WholePacks
from gitconfig_server.storage.walking import parents_in

_BATCH = 500

_AHEAD = 300
"""Commits that are read at once by who walks the graph."""

_AHEAD_BYTES = 4 << 20


class RowObjects(StoredObjects):
    """Asks the rows first, then the packs."""

    def __init__(self, database: Database, packs: WholePacks) -> None:
        self._database = database
        self._packs = packs
        self._ahead: Recent[bytes, tuple[int, bytes]] = Recent(_AHEAD_BYTES)
        self._next: frozenset[bytes] = frozenset()

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """One look-up."""
        name = hex_id(name)
        found = self._ahead.get(name)
        if found is None:
            if name in self._next:
                self._read_ahead(name)
            found = self._ahead.get(name) or next((one[1:] for one in self.get_many_raw([name])), None)
        if found is None:
            raise KeyError(name)
        if found[0] == COMMIT:
            self._next = frozenset(parents_in(found[1]))
        return found

    def _read_ahead(self, name: bytes) -> None:
        """Whoever goes from a commit to its parent will go on: the commits beneath come in one trip."""
        for binary, type_num, size, stream in self._database.read_ahead(_binary(name), _AHEAD):
            one = binary.hex().encode()
            raw = _inflated(one, size, stream)
            self._ahead.put(one, (type_num, raw), len(raw) + 250)

    def get_many_raw(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """In batches."""
        for name, type_num, size, stream in self.get_many_z(ids):
            yield name, type_num, _inflated(name, size, stream)

    def get_many_z(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """As the rows hold them."""
        remaining = iter(ids)
        while batch := list(islice(remaining, _BATCH)):
            wanted = {_binary(name): name for name in batch}
            for binary, type_num, size, stream in self._database.read(list(wanted)):
                yield wanted.pop(binary), type_num, size, stream
            if wanted:
                yield from self._packs.read(list(wanted.values()))

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """In batches."""
        found: set[bytes] = set()
        remaining = iter(set(ids))
        while batch := list(islice(remaining, _BATCH)):
            wanted = {_binary(name): name for name in batch if is_id(name)}
            here = {wanted[binary] for binary in self._database.contains(list(wanted))}
            found |= here
            found |= self._packs.contains(set(wanted.values()) - here)
        return found

    def iter_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """A range of the ids."""
        if not prefix or not all(digit in b"0123456789abcdef" for digit in prefix):
            return
        low = bytes.fromhex(prefix.ljust(40, b"0").decode())
        high = bytes.fromhex(prefix.ljust(40, b"f").decode())
        seen = set()
        for binary in self._database.ids(low, high):
            seen.add(name := binary.hex().encode())
            yield name
        yield from (name for name in self._packs.iter_prefix(prefix) if name not in seen)

    def put(self, objects: Iterable[RawObject]) -> None:
        """Store them now, by themselves."""
        self._database.put(objects)

    def __iter__(self) -> Iterator[bytes]:
        """Every id once."""
        seen = set()
        for binary in self._database.ids(b"\0" * 20, b"\xff" * 20):
            seen.add(name := binary.hex().encode())
            yield name
        yield from (name for name in self._packs if name not in seen)

    def close(self) -> None:
        """Close the packs."""
        self._packs.close()


def _binary(name: bytes) -> bytes:
    if len(name) == 20:
        return name
    if not is_id(name):
        raise KeyError(name)
    return bytes.fromhex(name.decode())


def _inflated(name: bytes, size: int, stream: bytes) -> bytes:
    try:
        raw = zlib.decompress(stream)
    except zlib.error as error:
        raise CorruptRepository(f"object {hex_id(name).decode()} cannot be read: {error}") from error
    if len(raw) != size:
        raise CorruptRepository(f"object {hex_id(name).decode()} has {len(raw)} bytes, expected {size}")
    return raw

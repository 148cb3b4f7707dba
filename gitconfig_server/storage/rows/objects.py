"""The objects of a repository in a database: packs kept whole, and rows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.lru import Recent
from gitconfig_server.storage.disk.objects.pack_file import DAMAGE, PackFile
from gitconfig_server.storage.object_store import StoredObjects, hex_id, is_id, object_id
from gitconfig_server.storage.objects import COMMIT, TREE, PackEntry, RawObject
from gitconfig_server.storage.rows.database import Database
from gitconfig_server.storage.rows.packs import WholePacks
from gitconfig_server.storage.walking import entries_in, parents_in

_BATCH = 500

_AHEAD = 300
"""Commits that are read at once by who walks the graph."""

_AHEAD_BYTES = 4 << 20

_BESIDE_BYTES = 1500
"""Bytes of a tree whose entries are read together: some forty."""

_BESIDE = 1000
"""Entries of such trees that are remembered."""


class RowObjects(StoredObjects):
    """Asks the packs first, which are on this machine, then the rows.

    Maintenance moves rows into packs, and packs into others, at any time: what was not found is looked for again once
    ``refresh`` has asked the database how many packs there are.
    """

    def __init__(self, database: Database, packs: WholePacks, refresh: Callable[[], None]) -> None:
        self._database = database
        self._packs = packs
        self._refresh = refresh
        self._ahead: Recent[bytes, tuple[int, bytes]] = Recent(_AHEAD_BYTES)
        self._next: frozenset[bytes] = frozenset()
        self._beside: dict[bytes, tuple[bytes, ...]] = {}

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """One look-up."""
        name = hex_id(name)
        return next((kind, raw) for _, kind, raw in self.get_many_raw([name]))

    def get_many_raw(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """In batches; whoever goes from commits to their parents will go on, so those beneath come in one trip."""
        remaining = iter(ids)
        while batch := list(islice(remaining, _BATCH)):
            unread = [name for name in batch if name in self._next and self._ahead.get(name) is None]
            if unread:
                self._read_ahead(unread)
            if len(batch) == 1:  # who asks for many knows what it wants
                self._read_beside(batch[0])
            known = {name: one for name in batch if (one := self._ahead.get(name)) is not None}
            found = [
                *((name, *one) for name, one in known.items()),
                *self._read([one for one in batch if one not in known]),
            ]
            parents = [parent for _, kind, raw in found if kind == COMMIT for parent in parents_in(raw)]
            if parents:
                self._next = frozenset(parents)
            self._note_trees(raw for _, kind, raw in found if kind == TREE)
            yield from found

    def _read_ahead(self, names: Collection[bytes]) -> None:
        wanted = [_binary(name) for name in names]
        packs = self._packs.open()
        wanted = [name for name in wanted if not any(name in pack for pack in packs)]
        for binary, type_num, size, stream in self._database.read_ahead(wanted, _AHEAD) if wanted else ():
            one = binary.hex().encode()
            raw = _inflated(one, size, stream)
            self._ahead.put(one, (type_num, raw), len(raw) + 250)

    def _note_trees(self, trees: Iterable[bytes]) -> None:
        for raw in trees:
            if len(raw) <= _BESIDE_BYTES:
                with suppress(ValueError):  # a damaged tree: who reads it is told
                    names = tuple(entries_in(raw))
                    self._beside = {
                        **(self._beside if len(self._beside) < _BESIDE else {}),
                        **dict.fromkeys(names, names),
                    }

    def _read_beside(self, name: bytes) -> None:
        """Whoever reads one entry of a small folder will read others: all of them come in one trip."""
        names = self._beside.get(name)
        if names is None or self._ahead.get(name) is not None:
            return
        packs = self._packs.open()
        binary = _binary(name)
        if any(binary in pack for pack in packs):
            return
        wanted = [_binary(one) for one in names if self._ahead.get(one) is None]
        for found, type_num, size, stream in self._database.read(wanted):
            one = found.hex().encode()
            raw = _inflated(one, size, stream)
            self._ahead.put(one, (type_num, raw), len(raw) + 250)

    def _read(self, names: Collection[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        wanted = {_binary(name): name for name in names}
        for binary, kind, raw in self._in_packs(wanted):
            yield wanted.pop(binary), kind, raw
        for name, type_num, size, stream in self._in_rows(list(wanted.values())):
            yield name, type_num, _inflated(name, size, stream)

    def get_many_z(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """As the rows hold them; what is in packs may be a delta there, and is compressed anew."""
        remaining = iter(ids)
        while batch := list(islice(remaining, _BATCH)):
            wanted = {_binary(name): name for name in batch}
            for binary, kind, raw in self._in_packs(wanted):
                yield wanted.pop(binary), kind, len(raw), zlib.compress(raw, 1)
            yield from self._in_rows(list(wanted.values()))

    def get_entries(self, ids: Collection[bytes]) -> Iterator[PackEntry]:
        """As packs hold them, one pack after the other; then the rows."""
        left = dict.fromkeys(ids)
        for pack in self._packs.open():
            with _damage_told(pack):
                for entry in pack.entries(left):
                    del left[entry.id]
                    yield entry
        yield from super().get_entries(left)

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """In batches."""
        found: set[bytes] = set()
        remaining = iter(set(ids))
        while batch := list(islice(remaining, _BATCH)):
            wanted = {_binary(name): name for name in batch if is_id(name)}
            here = self._there(wanted)
            if len(here) < len(wanted):
                self._refresh()
                here |= self._there({binary: name for binary, name in wanted.items() if binary not in here})
            found.update(wanted[binary] for binary in here)
        return found

    def _there(self, wanted: Collection[bytes]) -> set[bytes]:
        packs = self._packs.open()
        here = {name for name in wanted if any(name in pack for pack in packs)}
        left = [name for name in wanted if name not in here]
        return here | self._database.contains(left) if left else here

    def iter_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """A range of the ids."""
        if not prefix or not all(digit in b"0123456789abcdef" for digit in prefix):
            return iter(())
        return self._between(*(bytes.fromhex(prefix.ljust(40, fill).decode()) for fill in (b"0", b"f")))

    def put(self, objects: Iterable[RawObject]) -> None:
        """Store them now, by themselves."""
        self._database.put(objects)

    def __iter__(self) -> Iterator[bytes]:
        """Every id once."""
        return self._between(b"\0" * 20, b"\xff" * 20)

    def close(self) -> None:
        """Close the packs."""
        self._packs.close()

    def _between(self, low: bytes, high: bytes) -> Iterator[bytes]:
        seen = set()
        for source in (*(pack.between(low, high) for pack in self._packs.open()), self._database.ids(low, high)):
            for binary in source:
                if binary not in seen:
                    seen.add(binary)
                    yield binary.hex().encode()

    def _in_packs(self, wanted: Collection[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """Those of ``wanted`` that packs hold, checked against their ids."""
        left = set(wanted)
        for pack in self._packs.open():
            with _damage_told(pack):
                for name in list(left):
                    found = pack.read(name)
                    if found is None:
                        continue
                    if object_id(*found) != name.hex().encode():
                        raise CorruptRepository(f"object {name.hex()} does not have this id")
                    left.remove(name)
                    yield name, *found

    def _in_rows(self, names: Collection[bytes], *, again: bool = True) -> Iterator[tuple[bytes, int, int, bytes]]:
        wanted = {_binary(name): name for name in names}
        rows = {row[0]: row for row in self._database.read(list(wanted))} if wanted else {}
        # in the order asked for: who sends them makes deltas between neighbours
        for binary, type_num, size, stream in (rows[binary] for binary in list(wanted) if binary in rows):
            yield wanted.pop(binary), type_num, size, stream
        if not wanted:
            return
        if not again:
            raise KeyError(next(iter(wanted.values())))
        self._refresh()
        self._packs.fetch()
        for binary, kind, raw in self._in_packs(wanted):
            yield wanted.pop(binary), kind, len(raw), zlib.compress(raw, 1)
        yield from self._in_rows(list(wanted.values()), again=False)


@contextmanager
def _damage_told(pack: PackFile) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise CorruptRepository(
            "a copy of a pack is damaged: remove it, and it is copied again", inside=f"{pack.path}: {error}"
        ) from error


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

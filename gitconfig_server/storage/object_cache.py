"""Recently read objects, kept in memory in front of a storage. Objects never change: nothing is ever invalidated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from gitconfig_server.lru import Recent
from gitconfig_server.storage.object_store import StoredObjects, hex_id
from gitconfig_server.storage.objects import Objects, PackEntry, RawObject, WholePack

_DEFAULT_BYTES = 32 << 20

_OVERHEAD = 250
"""What Python adds to an entry: key, tuple, bytes headers, hash table slots."""


class CachedObjects(StoredObjects):
    """Keeps ``bound`` bytes of what was used last; objects over an eighth of that are not kept."""

    def __init__(self, stored: Objects, bound: int = _DEFAULT_BYTES) -> None:
        self.stored = stored
        self._kept: Recent[bytes, tuple[int, bytes]] = Recent(bound)
        self._biggest = bound // 8

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """From memory, else from the storage."""
        hit = self._kept.get(name)
        if hit is not None:
            return hit
        name = hex_id(name)
        return self._kept.get(name) or self._keep(name, self.stored.get_raw(name))

    def get_many_raw(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """What is known first, the others in one batch."""
        absent = []
        for name in ids:
            hit = self._kept.get(name)
            if hit is None:
                absent.append(name)
            else:
                yield name, *hit
        if absent:
            for name, type_num, raw in self.stored.get_many_raw(absent):
                self._keep(name, (type_num, raw))
                yield name, type_num, raw

    def get_many_z(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """Straight from the storage, which may hold them compressed."""
        return self.stored.get_many_z(ids)

    def get_entries(self, ids: Collection[bytes]) -> Iterator[PackEntry]:
        """Straight from the storage, which may hold them as deltas."""
        return self.stored.get_entries(ids)

    def whole_pack(self, ids: Collection[bytes]) -> WholePack | None:
        """Straight from the storage."""
        return self.stored.whole_pack(ids)

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Straight from the storage: garbage collection may have removed what is remembered here."""
        return self.stored.contains_many(ids)

    def iter_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """Straight from the storage."""
        return self.stored.iter_prefix(prefix)

    def put(self, objects: Iterable[RawObject]) -> None:
        """Store and remember: what was written is read next."""
        batch = list(objects)
        self.stored.put(batch)
        self.remember(batch)

    def remember(self, objects: Iterable[RawObject]) -> None:
        """Keep objects that were stored in another way."""
        for obj in objects:
            self._keep(obj.id, (obj.type, obj.raw))

    def __iter__(self) -> Iterator[bytes]:
        """Straight from the storage."""
        return iter(self.stored)

    def close(self) -> None:
        """Close the storage's own objects."""
        self.stored.close()

    def _keep(self, name: bytes, entry: tuple[int, bytes]) -> tuple[int, bytes]:
        size = len(entry[1]) + _OVERHEAD
        if size <= self._biggest:
            self._kept.put(name, entry, size)
        return entry

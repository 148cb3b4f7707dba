"""Recently read objects, kept in memory in front of a storage. Objects never change: nothing is ever invalidated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock

from dulwich.objects import ObjectID

from gitconfig_server.storage.base import Objects, RawObject
from gitconfig_server.storage.object_store import StoredObjects, hex_id

DEFAULT_BYTES = 32 << 20

_OVERHEAD = 250
"""What Python adds to an entry: key, tuple, bytes headers, hash table slots."""


class CachedObjects(StoredObjects):
    """Least recently used objects leave first, by halves: a hit costs one look-up and takes no lock.

    What is used moves to the young half; when that is full it becomes the old half and the previous old one goes.
    Objects over an eighth of ``bound`` bytes are not kept. ``contains_many`` always asks the storage.
    """

    def __init__(self, stored: Objects, bound: int = DEFAULT_BYTES) -> None:
        super().__init__()
        self.stored = stored
        self._half = bound // 2
        self._biggest = bound // 8
        self._young: dict[bytes, tuple[int, bytes]] = {}
        self._old: dict[bytes, tuple[int, bytes]] = {}
        self._young_bytes = 0
        self._lock = Lock()

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """From memory, else from the storage."""
        hit = self._young.get(name)
        if hit is not None:
            return hit
        name = hex_id(name)
        return self._known(name) or self._keep(name, self.stored.get_raw(name))

    def get_many_raw(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """What is known first, the others in one batch."""
        absent = []
        for name in ids:
            hit = self._known(name)
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

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Straight from the storage: garbage collection may have removed what is remembered here."""
        return self.stored.contains_many(ids)

    def iter_prefix(self, prefix: bytes) -> Iterator[ObjectID]:
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

    def __iter__(self) -> Iterator[ObjectID]:
        """Straight from the storage."""
        return iter(self.stored)

    def close(self) -> None:
        """Forget everything and close the storage's own objects."""
        with self._lock:
            self._young, self._old, self._young_bytes = {}, {}, 0
        self.stored.close()

    def _known(self, name: bytes) -> tuple[int, bytes] | None:
        hit = self._young.get(name)
        if hit is None:
            hit = self._old.get(name)
            if hit is not None:
                self._keep(name, hit)
        return hit

    def _keep(self, name: bytes, entry: tuple[int, bytes]) -> tuple[int, bytes]:
        size = len(entry[1]) + _OVERHEAD
        if size <= self._biggest:
            with self._lock:
                if name not in self._young:
                    if self._young_bytes + size > self._half:
                        self._old, self._young, self._young_bytes = self._young, {}, 0
                    self._young[name] = entry
                    self._young_bytes += size
        return entry

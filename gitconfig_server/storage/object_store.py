"""Objects and their ids, and what storages of objects have in common."""

from __future__ import annotations

import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha1

from gitconfig_server.storage.objects import BLOB, COMMIT, TAG, TREE, PackEntry, RawObject, WholePack

TYPE_NAMES = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}
TYPE_NUMBERS = {name: number for number, name in TYPE_NAMES.items()}

_ID = re.compile(rb"[0-9a-f]{40}\Z")


def is_id(value: bytes) -> bool:
    """Whether ``value`` is 40 lower-case hex digits."""
    return _ID.match(value) is not None


def only_ids(names: Iterable[bytes]) -> set[bytes]:
    """Those of ``names`` for which ``is_id`` holds."""
    return set(filter(_ID.match, names))


def hex_id(name: bytes) -> bytes:
    """The 40 hex digits of an id given as such or as 20 raw bytes."""
    return name.hex().encode() if len(name) == 20 else name


def object_id(type_num: int, raw: bytes) -> bytes:
    """The id of the object with this type and content."""
    content = b"%s %d\0" % (TYPE_NAMES[type_num], len(raw)) + raw
    return sha1(content, usedforsecurity=False).hexdigest().encode()


class StoredObjects(ABC):
    """``Objects`` over five methods."""

    @abstractmethod
    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """As ``Objects.get_raw``."""

    @abstractmethod
    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """As ``Objects.contains_many``."""

    @abstractmethod
    def iter_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """As ``Objects.iter_prefix``."""

    @abstractmethod
    def put(self, objects: Iterable[RawObject]) -> None:
        """As ``Objects.put``."""

    @abstractmethod
    def __iter__(self) -> Iterator[bytes]:
        """Every id that is stored, each once."""

    def get_many_raw(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """As ``Objects.get_many_raw``."""
        for name in ids:
            yield name, *self.get_raw(name)

    def get_many_z(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """As ``Objects.get_many_z``."""
        for name, type_num, raw in self.get_many_raw(ids):
            yield name, type_num, len(raw), zlib.compress(raw, 1)

    def get_entries(self, ids: Collection[bytes]) -> Iterator[PackEntry]:
        """As ``Objects.get_entries``, of whole objects."""
        for name, type_num, size, deflated in self.get_many_z(map(hex_id, ids)):
            yield PackEntry(bytes.fromhex(name.decode()), type_num, size, None, deflated)

    def whole_pack(self, ids: Collection[bytes]) -> WholePack | None:
        """As ``Objects.whole_pack``: most storages have none."""
        return None

    def close(self) -> None:  # noqa: B027 - not every storage holds something open
        """Release what is held open."""

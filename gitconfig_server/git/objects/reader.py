"""Making Git objects: ids, blobs, and a view of new objects laid over stored ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from gitconfig_server.storage.object_store import object_id
from gitconfig_server.storage.objects import BLOB, RawObject


class ObjectReader(Protocol):
    """The least that reading needs; every storage's ``Objects`` is one."""

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """Type number and content; KeyError where absent."""

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of ``ids`` that are there."""


def make_object(type_number: int, raw: bytes) -> RawObject:
    """``raw`` with its id."""
    return RawObject(object_id(type_number, raw), type_number, raw)


def make_blob(content: bytes) -> RawObject:
    """A file's content as an object."""
    return make_object(BLOB, content)


class ObjectMap:
    """Objects held in a dict: what a save is about to store."""

    def __init__(self, objects: Iterable[RawObject]) -> None:
        self._objects = {one.id: (one.type, one.raw) for one in objects}

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """Type number and content; KeyError where absent."""
        return self._objects[name]

    def add(self, objects: Iterable[RawObject]) -> None:
        """Hold these too."""
        self._objects.update((one.id, (one.type, one.raw)) for one in objects)

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of ``ids`` that are held."""
        return {one for one in ids if one in self._objects}


class Overlay:
    """New objects in front of stored ones: what the repository would hold if they were accepted."""

    def __init__(self, new: ObjectReader, stored: ObjectReader) -> None:
        self._new = new
        self._stored = stored

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """Type number and content; KeyError where neither layer has it."""
        try:
            return self._new.get_raw(name)
        except KeyError:
            return self._stored.get_raw(name)

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of ``ids`` that either layer has."""
        wanted = set(ids)
        here = self._new.contains_many(wanted)
        return here | self._stored.contains_many(wanted - here)

"""The objects and packs of one repository in a MongoDB database: documents that are stored before anything names them.

A condemned object is one that maintenance intends to remove: absent for whoever asks whether it is there, but readable,
since a write that is under way may count on it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson.binary import Binary
from pymongo import InsertOne, errors

from gitconfig_server.errors import TooLarge
from gitconfig_server.storage.mongodb.errors import translated
from gitconfig_server.storage.mongodb.head import HeadDocument
from gitconfig_server.storage.mongodb.server import MongoServer
from gitconfig_server.storage.objects import COMMIT, RawObject
from gitconfig_server.storage.records import from_micros
from gitconfig_server.storage.rows.database import PackPiece, RowChange
from gitconfig_server.storage.walking import time_of

_OBJECT_BYTES = 15 << 20
"""The most that a document can hold, with some room."""

_CONDEMNED = "c"
"""The field of an object that maintenance intends to remove: when that was found."""

_DUPLICATE = 11000

_NAMED = 100
"""Ids that one query names: a server answers so many documents at once, and a compatible one compares all with all."""


class MongoObjects:
    """What ``Database`` asks of objects and packs."""

    def __init__(self, identity: str, server: MongoServer) -> None:
        self.identity, self.place = identity, server.place
        self._server = server
        self._prefix = bytes.fromhex(identity)

    def read(self, ids: Sequence[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """In few queries."""
        with translated(self.place):
            for asked in self._named(ids):
                for one in self._server.objects.find(asked):
                    yield bytes(one["_id"])[8:], one["t"], one["n"], bytes(one["z"])

    def read_ahead(self, commits: Sequence[bytes], count: int) -> Iterator[tuple[bytes, int, int, bytes]]:
        """With those that were committed just before: as a rule that is where their parents are."""
        with translated(self.place):
            first = [one for asked in self._named(commits) for one in self._server.objects.find(asked)]
            latest = max((one.get("d", 0) for one in first), default=0)
            older = {"r": self.identity, "d": {"$lte": latest}}
            beneath = list(self._server.objects.find(older).sort("d", -1).limit(count)) if latest else []
        for one in (*first, *beneath):
            yield bytes(one["_id"])[8:], one["t"], one["n"], bytes(one["z"])

    def contains(self, ids: Sequence[bytes]) -> set[bytes]:
        """In few queries."""
        sound = {_CONDEMNED: {"$exists": False}}
        with translated(self.place):
            return {
                bytes(one["_id"])[8:]
                for asked in self._named(ids)
                for one in self._server.objects.find({**asked, **sound}, {"_id": 1})
            }

    def ids(self, low: bytes, high: bytes) -> Iterator[bytes]:
        """In order."""
        with translated(self.place):
            wanted = {"_id": {"$gte": self._id(low), "$lte": self._id(high)}}
            for one in self._server.objects.find(wanted, {"_id": 1}).sort("_id", 1):
                yield bytes(one["_id"])[8:]

    def put(self, objects: Iterable[RawObject]) -> None:
        """Those that are not there yet; the others are not garbage any more, and count as new."""
        at = datetime.now(UTC)
        there = self._insert(self._server.objects, [self._row(one, at) for one in objects])
        if there:
            with translated(self.place):
                fresh = {"$unset": {_CONDEMNED: ""}, "$set": {"at": at}}
                self._server.objects.update_many({"_id": {"$in": there}}, fresh)

    def _put_condemned(self, objects: Iterable[RawObject]) -> None:
        """Those of packs that go: they are kept as garbage that is still readable."""
        at = datetime.now(UTC)
        self._insert(self._server.objects, [{**self._row(one, at), _CONDEMNED: at} for one in objects])

    def _remove(self, change: RowChange) -> None:
        """The packs that were replaced, and the objects that are still condemned since then."""
        with translated(self.place):
            if change.replaced:
                self._server.packs.delete_many({"r": self.identity, "name": {"$in": list(change.replaced)}})
            if change.removed:
                condemned = {_CONDEMNED: {"$lte": from_micros(change.before)}}
                for asked in self._named(change.removed):
                    self._server.objects.delete_many({**asked, **condemned})

    def _row(self, one: RawObject, at: datetime) -> HeadDocument:
        stream = zlib.compress(one.raw, 1)
        if len(stream) > _OBJECT_BYTES:
            raise TooLarge("an object in MongoDB, compressed", _OBJECT_BYTES)
        key = self._id(bytes.fromhex(one.id.decode()))
        row = {"_id": key, "t": one.type, "n": len(one.raw), "z": stream, "at": at}
        return row | {"r": self.identity, "d": time_of(one.raw)} if one.type == COMMIT else row

    def packs(self) -> set[str]:
        """By their first pieces."""
        with translated(self.place):
            found = self._server.packs.find({"r": self.identity, "kind": "idx", "piece": 0}, {"name": 1})
            return {one["name"] for one in found}

    def pack_pieces(self, name: str, kind: str) -> Iterator[bytes]:
        """In order."""
        with translated(self.place):
            wanted = {"r": self.identity, "name": name, "kind": kind}
            for one in self._server.packs.find(wanted).sort("piece", 1):
                yield bytes(one["content"])

    def keep_pieces(self, pieces: Iterable[PackPiece]) -> None:
        """One document each."""
        for name, kind, piece, content in pieces:
            key = f"{self.identity}/{name}/{kind}/{piece}"
            row = {"_id": key, "r": self.identity, "name": name, "kind": kind, "piece": piece, "content": content}
            self._insert(self._server.packs, [row])

    def remove_torn_packs(self) -> None:
        """Those without an index; a push that is under way stores its pack and its index, then moves refs."""
        with translated(self.place):
            names = set(self._server.packs.distinct("name", {"r": self.identity})) - self.packs()
            self._server.packs.delete_many({"r": self.identity, "name": {"$in": sorted(names)}})

    def count(self, most: int) -> int:
        """By the ids."""
        with translated(self.place):
            asked = {**self._all(), _CONDEMNED: {"$exists": False}}
            return sum(1 for _ in self._server.objects.find(asked, {"_id": 1}).limit(most))

    def old(self, before: int) -> Iterator[bytes]:
        """Those without a time were stored by an earlier version."""
        return self._found(_old(before))

    def condemned(self, before: int | None) -> Iterator[bytes]:
        """By the mark."""
        at: HeadDocument = {"$exists": True} if before is None else {"$lte": from_micros(before)}
        return self._found({_CONDEMNED: at})

    def condemn(self, ids: Sequence[bytes], before: int) -> None:
        """Set the mark."""
        self._update(ids, _old(before), {"$set": {_CONDEMNED: datetime.now(UTC)}})

    def pardon(self, ids: Sequence[bytes]) -> None:
        """Take it away."""
        self._update(ids, {}, {"$unset": {_CONDEMNED: ""}, "$set": {"at": datetime.now(UTC)}})

    def remove_copies(self, ids: Sequence[bytes]) -> None:
        """In few queries."""
        with translated(self.place):
            for asked in self._named(ids):
                self._server.objects.delete_many(asked)

    def _update(self, ids: Sequence[bytes], condition: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        with translated(self.place):
            for asked in self._named(ids):
                self._server.objects.update_many({**asked, **condition}, change)

    def _found(self, condition: Mapping[str, Any]) -> Iterator[bytes]:
        with translated(self.place):
            for one in self._server.objects.find({**self._all(), **condition}, {"_id": 1}):
                yield bytes(one["_id"])[8:]

    def _named(self, ids: Sequence[bytes]) -> Iterator[HeadDocument]:
        for start in range(0, len(ids), _NAMED):
            yield {"_id": {"$in": [self._id(name) for name in ids[start : start + _NAMED]]}}

    def _all(self) -> HeadDocument:
        return {"_id": {"$gte": self._id(b"\0" * 20), "$lte": self._id(b"\xff" * 20)}}

    def _insert(self, collection: Any, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Insert those that are not there; the ids of those that are."""
        if not rows:
            return []
        with translated(self.place):
            try:
                collection.bulk_write([InsertOne(row) for row in rows], ordered=False)
            except errors.BulkWriteError as error:
                refused = error.details["writeErrors"]
                if any(one["code"] != _DUPLICATE for one in refused):
                    raise
                return [rows[one["index"]]["_id"] for one in refused]
        return []

    def _id(self, name: bytes) -> Binary:
        return Binary(self._prefix + name)


def _old(before: int) -> HeadDocument:
    """Of objects stored before then that are not condemned."""
    return {_CONDEMNED: {"$exists": False}, "$or": [{"at": {"$lt": from_micros(before)}}, {"at": {"$exists": False}}]}

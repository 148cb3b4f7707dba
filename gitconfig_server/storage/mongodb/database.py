"""One repository's documents in a MongoDB database.

Objects are stored first; then one compare-and-swap of one document moves refs and writes the journal's record. What is
left of a write that lost or died is harmless: nothing names it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from bson.binary import Binary
from pymongo import errors

from gitconfig_server.errors import (
    AlreadyRecorded,
    NotARepository,
    StorageError,
    StorageUnreachable,
)
from gitconfig_server.storage.base import Clock, JournalRecord, Lease
from gitconfig_server.storage.mongodb.errors import translated
from gitconfig_server.storage.mongodb.head import (
    TAIL,
    HeadDocument,
    read_look,
    read_record,
    read_refs,
    stored_record,
    stored_refs,
    tail_record,
)
from gitconfig_server.storage.mongodb.lease import MongoLease
from gitconfig_server.storage.mongodb.line import MongoLine
from gitconfig_server.storage.mongodb.notices import HeadNotices
from gitconfig_server.storage.mongodb.objects import MongoObjects
from gitconfig_server.storage.mongodb.server import MongoServer
from gitconfig_server.storage.moving import refs_after
from gitconfig_server.storage.packs import read_pack
from gitconfig_server.storage.records import KEPT_MICROSECONDS, micros, request_key
from gitconfig_server.storage.ref_rules import move_refs
from gitconfig_server.storage.rows.database import (
    Look,
    Lost,
    Point,
    RowChange,
    RowMove,
    Transaction,
    Unsettled,
)
from gitconfig_server.storage.rows.packs import WHOLE, pieces_of
from gitconfig_server.storage.rows.schema import check_layout
from gitconfig_server.storage.rows.sql import request_name


class MongoDatabase(MongoObjects):
    """``Database`` over one head document and what it leads to."""

    is_local = False

    def __init__(self, name: str, identity: str, server: MongoServer, clock: Clock | None = None) -> None:
        super().__init__(identity, server)
        self.name, self.patience = name, server.patience
        self._own_clock = clock
        self._notices = HeadNotices(server.heads, name)
        self._line = MongoLine(server.leases, f"{identity}/line", server.place)

    def look(self, since: Point) -> Look:
        """The small part of the document, and all of it only where it has changed."""
        document = self._document(small=since.changes >= 0)
        if document["changes"] != since.changes or document["era"] != since.era:
            document = self._document()
        return read_look(document, since)

    @contextmanager
    def begin(self, since: Point, timeout: float) -> Iterator[Transaction]:
        """What is there now; whoever commits first wins, and who has just lost stands in line."""
        with self._line.held(timeout):
            document = self._document()
            check_layout(self.place, document.get("min_writer", 1), "writes")
            yield _Transaction(self, document, read_look(document, since))

    def settled(self, token: str, timeout: float) -> JournalRecord | None:
        """A change of the document that shuts out every write that was under way, and then what it holds."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                with translated(self.place):
                    self._server.heads.update_one({"_id": self.name}, {"$inc": {"changes": 1}})
                    document = self._document()
                    tail = [one for one in document["tail"] if one["token"] == token]
                    found = tail[0] if tail else self._server.journal.find_one({"r": self.identity, "token": token})
                return read_record(found) if found else None
            except StorageUnreachable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def journal(
        self, after: int, before: int | None, ref: bytes | None, newest_first: bool, limit: int
    ) -> list[JournalRecord]:
        """The collection, and what the document holds beyond it; read in the order in which records move."""
        tail = self._document()["tail"]
        below = before if before is not None else (1 << 62)
        young = [one for one in tail if after < one["seq"] < below and (ref is None or ref in map(bytes, one["refs"]))]
        older = min(below, tail[0]["seq"]) if tail else below
        wanted: HeadDocument = {"r": self.identity, "seq": {"$gt": after, "$lt": older}}
        if ref is not None:
            wanted["refs"] = Binary(ref)
        with translated(self.place):
            if newest_first:
                young = young[::-1][:limit]
                left = limit - len(young)
                old = list(self._server.journal.find(wanted).sort("seq", -1).limit(left)) if left else []
                return [read_record(one) for one in (*young, *old)]
            old = list(self._server.journal.find(wanted).sort("seq", 1).limit(limit))
        return [read_record(one) for one in (*old, *young)][:limit]

    def journal_at(self, ref: bytes, at: int) -> JournalRecord | None:
        """The newest one that is old enough."""
        tail = self._document()["tail"]
        young = [one for one in tail if one["at"] <= at and ref in map(bytes, one["refs"])]
        if young:
            return read_record(young[-1])
        wanted = {"r": self.identity, "refs": Binary(ref), "at": {"$lte": at}}
        with translated(self.place):
            found = self._server.journal.find_one(wanted, sort=[("seq", -1)])
        return read_record(found) if found else None

    def epochs(self) -> list[tuple[str, int]]:
        """As the document has them."""
        return [(epoch, first) for epoch, first in self._document()["epochs"]]

    def recorded(self, actor: str, key: str) -> JournalRecord | None:
        """In the document, else in the journal."""
        document, name = self._document(), request_name(actor, key)
        oldest = document["now"] - KEPT_MICROSECONDS
        young = [one for one in document["tail"] if one["name"] and bytes(one["name"]) == name and one["at"] > oldest]
        if young:
            return read_record(young[-1])
        with translated(self.place):
            wanted = {"r": self.identity, "name": Binary(name), "at": {"$gt": oldest}}
            found = self._server.journal.find_one(wanted, sort=[("seq", -1)])
        return read_record(found) if found else None

    @contextmanager
    def lease(self, name: str) -> Iterator[Lease | None]:
        """A document that its holder renews, by the server's time."""
        lease = MongoLease(self._server.leases, f"{self.identity}/{name}", self.place)
        held = lease.take()
        try:
            yield lease if held else None
        finally:
            if held:
                lease.give_back()

    def wait_for_notice(self, timeout: float) -> bool:
        """By a change stream, where the server has them."""
        return self._notices.wait(timeout)

    def close(self) -> None:
        """The connections are closed with the storage."""
        self._notices.close()

    def commit(self, document: HeadDocument, move: RowMove) -> None:
        """Objects, then the compare-and-swap."""
        asked = request_key(move.record)
        found = self.recorded(move.record.actor, asked) if asked is not None else None
        if found:
            raise AlreadyRecorded(found.seq)
        refs = read_refs(document)
        move_refs(refs, move.updates)
        record, new_refs = tail_record(move.record, move.token), stored_refs(refs)
        whole = move.pack is not None and move.pack.count >= WHOLE
        self.put([*move.objects, *(read_pack(move.pack.path) if move.pack and not whole else ())])
        if move.pack and whole:
            self.keep_pieces(pieces_of(move.pack.path))
        tail = document["tail"]
        if len(tail) >= TAIL:
            self._tidy(tail)
            tail = []
        new = {"seq": record["seq"], "token": move.token, "last_at": record["at"], "refs": new_refs}
        self.swap(document, {**new, "tail": [*tail, record], "packs": document["packs"] + whole})

    def swap(self, document: HeadDocument, new: Mapping[str, Any]) -> None:
        """Change the document unless somebody has: Lost. Unsettled where the answer does not come."""
        asked = {"_id": self.name, "changes": document["changes"], "era": document["era"]}
        try:
            done = self._server.heads.update_one(asked, {"$set": new, "$inc": {"changes": 1}})
        except errors.PyMongoError as error:
            if isinstance(error, errors.WriteError) and not error.timeout:
                raise StorageError("MongoDB refused what was asked", inside=f"{self.place}: {error}") from error
            raise Unsettled(str(error)) from error
        if done.matched_count != 1:
            self._line.note_loss()
            raise Lost

    def adopt(self, document: HeadDocument, records: Sequence[JournalRecord]) -> None:
        """The journal first, then the compare-and-swap."""
        stored = [stored_record(record, token_hex(16)) for record in records]
        self._tidy(stored)
        epochs = {record.epoch: record.seq for record in reversed(records)}
        new = {"seq": stored[-1]["seq"], "token": stored[-1]["token"], "last_at": stored[-1]["at"], "tail": []}
        new |= {"epoch": records[-1].epoch, "epochs": [list(one) for one in reversed(epochs.items())]}
        self.swap(document, {**new, "era": len(epochs), "refs": stored_refs(refs_after(records))})

    def change(self, document: HeadDocument, change: RowChange) -> None:
        """What comes first, then the swap, then what goes: all of it may be done again."""
        self._put_condemned(change.condemned)
        self.keep_pieces(change.index)
        if change.index or change.replaced:
            self.swap(document, {"packs": document["packs"] + 1})
        self._remove(change)

    def _tidy(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Move records to the journal; majority has them before they leave the document."""
        self._insert(
            self._server.journal,
            [{**one, "_id": f"{self.identity}/{one['seq']:016d}", "r": self.identity} for one in records],
        )

    def _document(self, *, small: bool = False) -> HeadDocument:
        steps: list[Mapping[str, Any]] = [{"$match": {"_id": self.name}}]
        if small:
            steps.append({"$project": {"refs": 0, "tail": 0}})
        steps.append({"$addFields": {"now": {"$toLong": "$$NOW"}}})
        with translated(self.place):
            found = list(self._server.heads.aggregate(steps))
        if not found:
            raise NotARepository(f"there is no repository {self.name!r} any more", inside=self.place)
        document: HeadDocument = found[0]
        check_layout(self.place, document.get("min_reader", 1), "reads")
        document["now"] = micros(self._own_clock()) if self._own_clock else 1000 * document["now"]
        return document


class _Transaction:
    def __init__(self, database: MongoDatabase, document: HeadDocument, look: Look) -> None:
        self.look = look
        self._database = database
        self._document = document

    def commit(self, move: RowMove) -> None:
        """As ``Transaction.commit``."""
        self._database.commit(self._document, move)

    def point_head(self, ref: bytes) -> None:
        """As ``Transaction.point_head``."""
        self._database.swap(self._document, {"head": ref})

    def change(self, change: RowChange) -> None:
        """As ``Transaction.change``."""
        self._database.change(self._document, change)

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """As ``Transaction.adopt``."""
        self._database.adopt(self._document, records)

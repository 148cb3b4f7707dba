"""A repository in the tables of an SQL database, for what its dialects have in common."""

from __future__ import annotations

import hashlib
import zlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from secrets import token_hex
from typing import Any

from gitconfig_server.errors import AlreadyRecorded, NotARepository
from gitconfig_server.storage.base import JournalRecord, Lease, RefUpdate
from gitconfig_server.storage.moving import refs_after
from gitconfig_server.storage.objects import COMMIT, RawObject
from gitconfig_server.storage.packs import read_pack
from gitconfig_server.storage.records import KEPT_MICROSECONDS, decode_record, encode_body, micros, request_key
from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.connection import Connection, DatabaseRow, SqlStatement
from gitconfig_server.storage.rows.database import Look, Point, RowMove, Transaction
from gitconfig_server.storage.rows.packs import WHOLE, pieces_of
from gitconfig_server.storage.rows.sql_upkeep import SqlUpkeep
from gitconfig_server.storage.walking import parents_in

_MOST = 1000
"""Records that a view takes in one by one; one that is further behind reads all refs."""

_NOTHING = 1 << 62


class SqlDatabase(SqlUpkeep):
    """``Database`` over tables. ``key`` is the id of the repository's row."""

    name: str
    place: str
    identity: str
    patience: float
    clock: str
    """The SQL expression of the database's time in microseconds, which goes on within a transaction."""
    blob: str
    begin_reading: str
    """Begins a transaction all of whose reads are of one instant."""

    def __init__(self, name: str, place: str, key: int, identity: str, patience: float) -> None:
        self.name, self.place, self.identity, self.patience = name, place, identity, patience
        self._key = key

    @abstractmethod
    def begin(self, since: Point, timeout: float) -> AbstractContextManager[Transaction]:
        """As ``Database.begin``."""

    @abstractmethod
    def lease(self, name: str) -> AbstractContextManager[Lease | None]:
        """As ``Database.lease``."""

    def look(self, since: Point) -> Look:
        """One statement where the records lead on."""
        with self.lent() as connection:
            rows = connection.run(self.looking(since))[0]
            if not self.leads_on(rows, since):
                _, rows, refs, _ = connection.run(
                    (self.begin_reading, ()), self.looking(since), (schema.REFS, (self._key,)), ("COMMIT", ())
                )
                return self.seen(rows, since, refs)
            return self.seen(rows, since)

    def looking(self, since: Point) -> SqlStatement:
        """The statement that asks what is new."""
        known = since.seq if since.changes >= 0 else _NOTHING
        return self._look, (since.seq, known, self._key, _MOST + 1)

    def leads_on(self, rows: Sequence[DatabaseRow], since: Point) -> bool:
        """Whether the records alone lead from ``since`` to now."""
        return bool(rows) and since.changes >= 0 and len(rows) <= _MOST and not _is_lost(rows[0], since)

    def seen(self, rows: Sequence[DatabaseRow], since: Point, refs: Sequence[DatabaseRow] | None = None) -> Look:
        """What the rows of ``looking`` say. NotARepository where there are none."""
        if not rows:
            raise NotARepository(f"there is no repository {self.name!r} any more", inside=self.place)
        era, changes, seq, token, epoch, head, last_at, now, packs, reader, _writer = rows[0][:11]
        schema.check_layout(self.place, reader, "reads")
        records = [] if refs is not None else [_record(row[12:16]) for row in rows if row[12] is not None]
        all_refs = None if refs is None else {bytes(ref): bytes(value).hex().encode() for ref, value in refs}
        point = Point(era, changes, seq, token)
        lost = since.changes >= 0 and _is_lost(rows[0], since)
        return Look(point, epoch, bytes(head), last_at, now, packs, records, all_refs, lost)

    def check_writable(self, rows: Sequence[DatabaseRow]) -> None:
        """StorageError where only a newer program may write."""
        if rows:
            schema.check_layout(self.place, rows[0][10], "writes")

    def store(self, connection: Connection, look: Look, move: RowMove) -> None:
        """Send what a move stores, all but the commit."""
        record, key = move.record, self._key
        at = micros(record.received_at) if record.received_at else 0
        objects = list(move.objects)
        whole = move.pack is not None and move.pack.count >= WHOLE
        if move.pack and not whole:
            objects += read_pack(move.pack.path)
        self.put_rows(connection, objects, at)
        if move.pack and whole:
            connection.send(schema.PIECE, [(key, *piece) for piece in pieces_of(move.pack.path)])
        for update in move.updates:
            self._move_ref(connection, update)
        asked = request_key(record)
        if asked is not None:
            name = request_name(record.actor, asked)
            connection.send(schema.FORGET_REQUEST, [(key, name, at - KEPT_MICROSECONDS)])
            connection.send(schema.REQUEST, [(key, name, record.seq, at)])
        connection.send(schema.RECORD, [(key, record.seq, record.epoch, move.token, at, encode_body(record))])
        connection.send(schema.RECORD_REF, [(key, one.ref, record.seq, at) for one in move.updates])
        # where somebody else has moved the head this changes no row, and all that was sent before it is undone
        connection.send_exact(schema.MOVED, (record.seq, move.token, at, int(whole), key, look.point.seq))

    def store_adopted(self, connection: Connection, records: Sequence[JournalRecord]) -> None:
        """Send what ``Transaction.adopt`` stores, all but the commit."""
        key, last = self._key, records[-1]
        epochs = {record.epoch: record.seq for record in reversed(records)}
        eras = list(reversed(epochs.items()))
        connection.send(schema.FORGET_EPOCHS, [(key,)])
        connection.send(schema.EPOCH, [(key, era, epoch, first) for era, (epoch, first) in enumerate(eras, 1)])
        stored = [(record, token_hex(16), _at(record)) for record in records]
        connection.send(
            schema.RECORD,
            [(key, record.seq, record.epoch, token, at, encode_body(record)) for record, token, at in stored],
        )
        moved = [(key, one.ref, record.seq, at) for record, _, at in stored for one in record.updates]
        connection.send(schema.RECORD_REF, moved)
        asked = {
            request_name(record.actor, name): (record.seq, at)
            for record, _, at in stored
            if (name := request_key(record)) is not None
        }
        connection.send(schema.REQUEST, [(key, name, *found) for name, found in asked.items()])
        refs = refs_after(records)
        connection.send(schema.CREATE_REF, [(key, ref, bytes.fromhex(value.decode())) for ref, value in refs.items()])
        connection.send_exact(schema.ADOPTED, (len(eras), last.epoch, last.seq, stored[-1][1], stored[-1][2], key))

    def put_rows(self, connection: Connection, objects: Iterable[RawObject], at: int) -> None:
        """Store objects; in order of id, so that two who store the same wait for each other in one order."""
        stored = sorted({one.id: one for one in objects}.values(), key=lambda one: one.id)
        key = self._key
        rows = [
            (key, bytes.fromhex(one.id.decode()), one.type, len(one.raw), zlib.compress(one.raw, 1), at)
            for one in stored
        ]
        parents = [
            (key, bytes.fromhex(one.id.decode()), bytes.fromhex(parent.decode()))
            for one in stored
            if one.type == COMMIT
            for parent in parents_in(one.raw)
        ]
        if rows:
            connection.send(schema.STORE, rows)
        if parents:
            connection.send(schema.PARENT, parents)

    def _move_ref(self, connection: Connection, update: RefUpdate) -> None:
        key, ref = self._key, update.ref
        old = bytes.fromhex(update.old.decode()) if update.old else b""
        new = bytes.fromhex(update.new.decode()) if update.new else b""
        if update.old is None and update.new is not None:
            connection.send(schema.CREATE_REF, [(key, ref, new)])
        elif update.old is not None and update.new is not None:
            connection.send_exact(schema.MOVE_REF, (new, key, ref, old))
        elif update.old is not None:
            connection.send_exact(schema.DELETE_REF, (key, ref, old))

    def journal(
        self, after: int, before: int | None, ref: bytes | None, newest_first: bool, limit: int
    ) -> list[JournalRecord]:
        """By the index of refs where one is named."""
        order = "DESC" if newest_first else "ASC"
        source, wanted = "gitconfig_journal j WHERE j.repository = ?", [self._key]
        parameters: list[Any] = list(wanted)
        if ref is not None:
            source = (
                "gitconfig_journal_ref f JOIN gitconfig_journal j ON j.repository = f.repository AND j.seq = f.seq"
                " WHERE f.repository = ? AND f.ref = ?"
            )
            parameters.append(ref)
        place = "f.seq" if ref is not None else "j.seq"
        sql = f"SELECT j.seq, j.epoch, j.at, j.body FROM {source} AND {place} > ? AND {place} < ?"
        sql += f" ORDER BY {place} {order} LIMIT ?"
        parameters += [after, _NOTHING if before is None else before, limit]
        return [_record(row) for row in self._ask(sql, parameters)]

    def journal_at(self, ref: bytes, at: int) -> JournalRecord | None:
        """By the index of times."""
        return self._one(schema.AT, (self._key, ref, at))

    def epochs(self) -> list[tuple[str, int]]:
        """As they began."""
        sql = "SELECT epoch, first_seq FROM gitconfig_epoch WHERE repository = ? ORDER BY era"
        return [(epoch, first) for epoch, first in self._ask(sql, (self._key,))]

    def recorded(self, actor: str, key: str) -> JournalRecord | None:
        """By the index of requests."""
        sql = schema.BY_REQUEST.replace("{clock}", self.now_sql())
        return self._one(sql, (self._key, request_name(actor, key), KEPT_MICROSECONDS))

    def now_sql(self) -> str:
        """The SQL of the time by which requests are aged."""
        return self.clock

    def by_token(self, token: str) -> JournalRecord | None:
        """The record with this token."""
        return self._one(schema.BY_TOKEN, (self._key, token))

    def read(self, ids: Sequence[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """In one statement."""
        condition, parameters = self.among(ids)
        sql = f"SELECT id, type, size, z FROM gitconfig_object WHERE repository = ? AND id {condition}"
        for name, type_num, size, stream in self._ask(sql, (self._key, *parameters)):
            yield bytes(name), type_num, size, bytes(stream)

    def read_ahead(self, commits: Sequence[bytes], count: int) -> Iterator[tuple[bytes, int, int, bytes]]:
        """As far as they are rows, the nearest first."""
        condition, parameters = self.among(commits)
        sql = schema.AHEAD.replace("{among}", condition)
        for name, type_num, size, stream in self._ask(sql, (self._key, *parameters, self._key, count, self._key)):
            yield bytes(name), type_num, size, bytes(stream)

    def contains(self, ids: Sequence[bytes]) -> set[bytes]:
        """In one statement."""
        condition, parameters = self.among(ids)
        sql = f"SELECT id FROM gitconfig_object WHERE repository = ? AND condemned_at IS NULL AND id {condition}"
        return {bytes(row[0]) for row in self._ask(sql, (self._key, *parameters))}

    def ids(self, low: bytes, high: bytes) -> Iterator[bytes]:
        """In pages."""
        sql = "SELECT id FROM gitconfig_object WHERE repository = ? AND id >= ? AND id <= ? ORDER BY id LIMIT ?"
        while True:
            page = self._ask(sql, (self._key, low, high, 5000))
            yield from (bytes(row[0]) for row in page)
            if len(page) < 5000:
                return
            low = bytes(page[-1][0]) + b"\0"

    def packs(self) -> set[str]:
        """By their first pieces."""
        sql = "SELECT name FROM gitconfig_pack WHERE repository = ? AND kind = 'idx' AND piece = 0"
        return {row[0] for row in self._ask(sql, (self._key,))}

    def pack_pieces(self, name: str, kind: str) -> Iterator[bytes]:
        """One statement a piece: nothing is held between them."""
        sql = "SELECT content FROM gitconfig_pack WHERE repository = ? AND name = ? AND kind = ? AND piece = ?"
        number = 0
        while found := self._ask(sql, (self._key, name, kind, number)):
            yield bytes(found[0][0])
            number += 1

    def already(self, record: JournalRecord) -> AlreadyRecorded | None:
        """The refusal of a record whose request is recorded already."""
        asked = request_key(record)
        found = self.recorded(record.actor, asked) if asked is not None else None
        return AlreadyRecorded(found.seq) if found else None

    @cached_property
    def _look(self) -> str:
        return schema.LOOK.replace("{clock}", self.clock)

    def _ask(self, sql: str, parameters: Sequence[Any]) -> list[DatabaseRow]:
        with self.lent() as connection:
            return connection.run((sql, parameters))[0]

    def _one(self, sql: str, parameters: Sequence[Any]) -> JournalRecord | None:
        rows = self._ask(sql, parameters)
        return _record(rows[0]) if rows else None


def _at(record: JournalRecord) -> int:
    return micros(record.received_at) if record.received_at else 0


def request_name(actor: str, key: str) -> bytes:
    """What a request is found by."""
    return hashlib.blake2b(f"{actor}\0{key}".encode(errors="surrogatepass"), digest_size=16).digest()


def _is_lost(row: DatabaseRow, since: Point) -> bool:
    """Whether what was known at ``since`` is not in the database."""
    if row[0] != since.era or row[1] < since.changes:
        return True
    return since.seq > 0 and row[11] != since.token


def _record(row: Sequence[Any]) -> JournalRecord:
    seq, epoch, at, body = row
    return decode_record(seq, epoch, at, body)

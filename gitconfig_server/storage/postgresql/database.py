"""One repository's rows in a PostgreSQL database."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import Any

import psycopg

from gitconfig_server.errors import RepositoryReadOnly, StorageError, StorageUnreachable
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import Clock, JournalRecord, Lease
from gitconfig_server.storage.objects import RawObject
from gitconfig_server.storage.postgresql.connection import PgConnection
from gitconfig_server.storage.postgresql.server import PgServer
from gitconfig_server.storage.postgresql.sqlstates import Duplicate
from gitconfig_server.storage.records import micros
from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.connection import DatabaseRow
from gitconfig_server.storage.rows.database import Look, Point, RowChange, RowMove, Transaction
from gitconfig_server.storage.rows.sql import SqlDatabase

_CHANNEL = "gitconfig"
_PROBE_SECONDS = 0.5
_IDLE_SECONDS = 5.0
"""How long a transaction may stand idle before the server ends it: so its lock cannot outlast its holder."""

_LIMITS = """
    SELECT set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true),
        set_config('idle_in_transaction_session_timeout', ?, true)
"""
"""Parameters, so that the statement is prepared once."""

_LOCK = "SELECT origin, {origin} FROM gitconfig_repository WHERE id = ? FOR UPDATE"

_NEW_EPOCH = """
    UPDATE gitconfig_repository SET era = era + 1, epoch = ?, origin = ?, changes = changes + 1 WHERE id = ?
"""
_EPOCH = """
    INSERT INTO gitconfig_epoch (repository, era, epoch, first_seq)
    SELECT id, era, epoch, seq + 1 FROM gitconfig_repository WHERE id = ?
"""


class PgDatabase(SqlDatabase):
    """The repository's row is the lock of its writers, held by the write's own transaction."""

    clock = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    blob = "BYTEA"
    begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    is_local = False

    def __init__(self, name: str, key: int, identity: str, server: PgServer, clock: Clock | None = None) -> None:
        super().__init__(name, server.place, key, identity, server.patience)
        self._server = server
        self._own_clock = clock
        self._listening: PgConnection | None = None
        self._is_told = True
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[PgConnection]:
        """From the server's pool."""
        with self._server.pool.lent() as connection:
            yield connection

    @contextmanager
    def begin(self, since: Point, timeout: float) -> Iterator[Transaction]:
        """One trip: begin, lock the row, see what is new."""
        with self._server.pool.lent() as connection:
            rows, origin = self._locked_where_writable(connection, since, timeout)
            while origin[0] != origin[1]:  # another server, or another timeline of it: what it knows may be less
                connection.send(_NEW_EPOCH, [(token_hex(8), origin[1], self._key)])
                connection.send(_EPOCH, [(self._key,)])
                connection.commit(*self._notice())
                rows, origin = self._locked(connection, since, timeout)
            self.check_writable(rows)
            refs = None if self.leads_on(rows, since) else connection.run((schema.REFS, (self._key,)))[0]
            try:
                yield _Transaction(self, connection, self.seen(rows, since, refs))
            finally:
                connection.roll_back()

    def seen(self, rows: Sequence[DatabaseRow], since: Point, refs: Sequence[DatabaseRow] | None = None) -> Look:
        """As the rows say, at the time of our own clock where there is one."""
        look = super().seen(rows, since, refs)
        return replace(look, now=micros(self._own_clock())) if self._own_clock else look

    def now_sql(self) -> str:
        """The time of our own clock where there is one."""
        return f"{micros(self._own_clock())}::bigint" if self._own_clock else self.clock

    def settled(self, token: str, timeout: float) -> JournalRecord | None:
        """Behind the row's lock, which a write that is still under way has."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                with self._server.pool.lent() as connection:
                    self._locked(connection, Point(), max(0.1, deadline - time.monotonic()))
                    found = self.by_token(token)
                    connection.roll_back()
                    return found
            except StorageUnreachable:
                self._server.pool.forget()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def among(self, values: Sequence[bytes]) -> tuple[str, Sequence[Any]]:
        """An array."""
        return "= ANY(?)", [list(values)]

    def put(self, objects: Iterable[RawObject]) -> None:
        """In a transaction of its own."""
        with self.writing() as connection:
            now = connection.run((f"SELECT {self.clock}", ()))[0][0][0]
            self.put_rows(connection, objects, now)

    @contextmanager
    def writing(self) -> Iterator[PgConnection]:
        """From the server's pool."""
        with self.lent() as connection:
            connection.run(("BEGIN", ()))
            yield connection
            connection.commit()

    @contextmanager
    def lease(self, name: str) -> Iterator[Lease | None]:
        """A lock of a connection of its own, which ends with it.

        Behind a pooler it is one of a transaction, which is what keeps the pooler from lending the server to others.
        """
        connection = self._server.connect()
        numbers = (self._key % (1 << 31), zlib.crc32(name.encode()) - (1 << 31))
        try:
            if self._server.is_pooled:
                connection.run(("BEGIN", ()), ("SET LOCAL idle_in_transaction_session_timeout = 0", ()))
                held = connection.run(("SELECT pg_try_advisory_xact_lock(?::int, ?::int)", numbers))[0][0][0]
            else:
                held = connection.run(("SELECT pg_try_advisory_lock(?::int, ?::int)", numbers))[0][0][0]
            yield _Lease(connection) if held else None
            if held and not self._server.is_pooled:  # the server hears of a closed connection only later
                connection.run(("SELECT pg_advisory_unlock(?::int, ?::int)", numbers))
        finally:
            connection.roll_back()
            connection.close()

    def wait_for_notice(self, timeout: float) -> bool:
        """On a connection of its own. False behind a pooler that passes no notices on."""
        if not self._is_told or self._closed or self._server.is_pooled:
            return False
        try:
            connection = self._listening or self._listen()
            if connection is None:
                return False
            for _ in connection.raw.notifies(timeout=timeout, stop_after=1):
                pass
        except psycopg.Error:
            self._stop_listening()
            return False
        return True

    def commit(self, connection: PgConnection, look: Look, move: RowMove) -> None:
        """One trip: store, move, journal, notify, commit."""
        self.store(connection, look, move)
        connection.commit(*self._notice())

    def adopt(self, connection: PgConnection, records: Sequence[JournalRecord]) -> None:
        """One trip."""
        self.store_adopted(connection, records)
        connection.commit(*self._notice())

    def change(self, connection: PgConnection, change: RowChange) -> None:
        """One trip."""
        self.send_change(connection, change)
        connection.commit(*self._notice())

    def point_head(self, connection: PgConnection, ref: bytes) -> None:
        """One trip."""
        connection.send(schema.POINT_HEAD, [(ref, self._key)])
        connection.commit(*self._notice())

    def close(self) -> None:
        """The server's connections are closed with the storage."""
        self._closed = True
        self._stop_listening()

    def _locked_where_writable(
        self, connection: PgConnection, since: Point, timeout: float
    ) -> tuple[list[DatabaseRow], DatabaseRow]:
        """As ``_locked``; a connection that may only read is made anew first: its server may have been the primary."""
        try:
            return self._locked(connection, since, timeout)
        except RepositoryReadOnly:
            self._server.pool.forget()
            with suppress(StorageUnreachable):  # of several hosts none can be written
                connection.renew()
                return self._locked(connection, since, timeout)
            raise

    def _locked(self, connection: PgConnection, since: Point, timeout: float) -> tuple[list[DatabaseRow], DatabaseRow]:
        """The rows of ``looking`` behind the row's lock, and where the repository was written and is now."""
        limits = (timeout, max(timeout, self.patience), _IDLE_SECONDS)
        *_, origins, rows = connection.run(
            ("BEGIN", ()),
            (_LIMITS, [str(int(1000 * seconds)) for seconds in limits]),
            *self._server.raise_durability(),
            (_LOCK.replace("{origin}", self._server.origin), (self._key,)),
            self.looking(since),
        )
        return rows, origins[0] if origins else ("", "")

    def _notice(self) -> tuple[str, str]:
        return f"pg_notify('{_CHANNEL}', ?)", str(self._key)

    def _listen(self) -> PgConnection | None:
        try:
            connection = self._server.connect()
        except StorageError:
            return None
        connection.raw.execute(f"LISTEN {_CHANNEL}")
        probe = token_hex(8)
        connection.raw.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, probe))
        heard = connection.raw.notifies(timeout=_PROBE_SECONDS)
        self._is_told = any(notice.payload == probe for notice in _until(heard, probe))
        if not self._is_told:
            connection.close()
            return None
        self._listening = connection
        return connection

    def _stop_listening(self) -> None:
        connection, self._listening = self._listening, None
        if connection:
            with suppress(psycopg.Error):
                connection.close()


class _Transaction:
    def __init__(self, database: PgDatabase, connection: PgConnection, look: Look) -> None:
        self.look = look
        self._database = database
        self._connection = connection

    def commit(self, move: RowMove) -> None:
        """As ``Transaction.commit``."""
        try:
            self._database.commit(self._connection, self.look, move)
        except Duplicate as error:
            raise self._database.already(move.record) or error from None

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """As ``Transaction.adopt``."""
        self._database.adopt(self._connection, records)

    def change(self, change: RowChange) -> None:
        """As ``Transaction.change``."""
        self._database.change(self._connection, change)

    def point_head(self, ref: bytes) -> None:
        """As ``Transaction.point_head``."""
        self._database.point_head(self._connection, ref)


class _Lease:
    def __init__(self, connection: PgConnection) -> None:
        self._connection = connection

    def is_held(self) -> bool:
        """Whether the session lives that has the lock."""
        try:
            self._connection.raw.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True


def _until(notices: Iterable[psycopg.Notify], payload: str) -> Iterator[psycopg.Notify]:
    for notice in notices:
        yield notice
        if notice.payload == payload:
            return

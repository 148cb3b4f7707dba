"""One repository's rows in an SQLite file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gitconfig_server.storage.base import JournalRecord, Lease, check_repository_name
from gitconfig_server.storage.disk.lock import FolderLock
from gitconfig_server.storage.objects import RawObject
from gitconfig_server.storage.records import micros
from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.database import Look, Point, RowChange, RowMove, Transaction
from gitconfig_server.storage.rows.sql import SqlDatabase
from gitconfig_server.storage.sqlite.connection import Duplicate, SqliteConnection, translated
from gitconfig_server.storage.sqlite.file import SqliteFile


class SqliteDatabase(SqlDatabase):
    """One repository's rows."""

    clock = "(SELECT gitconfig_now())"  # asked once a statement, not once a row
    blob = "BLOB"
    begin_reading = "BEGIN"
    is_local = True

    def __init__(self, name: str, key: int, identity: str, file: SqliteFile) -> None:
        super().__init__(name, file.path, key, identity, file.patience)
        self._file = file

    @contextmanager
    def lent(self) -> Iterator[SqliteConnection]:
        """From the file's pool."""
        with self._file.pool.lent() as connection:
            yield connection

    @contextmanager
    def begin(self, since: Point, timeout: float) -> Iterator[Transaction]:
        """Behind our lock, so that ``BEGIN IMMEDIATE`` never waits."""
        with self._file.locked(timeout), self._file.pool.lent() as connection:
            with translated(self.place):
                connection.run(("BEGIN IMMEDIATE", ()))
            rows = connection.run(self.looking(since))[0]
            self.check_writable(rows)
            refs = None if self.leads_on(rows, since) else connection.run((schema.REFS, (self._key,)))[0]
            yield _Transaction(self, connection, self.seen(rows, since, refs))
            if connection.is_sound():
                self._file.checkpoint(connection)

    def settled(self, token: str, timeout: float) -> JournalRecord | None:
        """Nothing is ever unsettled in a file of this machine."""
        with self._file.locked(timeout):
            return self.by_token(token)

    def among(self, values: Sequence[bytes]) -> tuple[str, Sequence[Any]]:
        """A mark each: batches are of 500 at most."""
        return f"IN ({','.join('?' * len(values))})", values

    def put(self, objects: Iterable[RawObject]) -> None:
        """In a transaction of its own."""
        with self.writing() as connection:
            self.put_rows(connection, objects, micros(self._file.clock()))

    @contextmanager
    def writing(self) -> Iterator[SqliteConnection]:
        """Behind our lock."""
        with self._file.locked(self.patience), self.lent() as connection:
            connection.run(("BEGIN IMMEDIATE", ()))
            yield connection
            connection.run(("COMMIT", ()))
            self._file.checkpoint(connection)

    @contextmanager
    def lease(self, name: str) -> Iterator[Lease | None]:
        """A lock on a file, which dies with the process."""
        check_repository_name(name)
        lock = FolderLock(str(self._file.folder / f"lease-{self.identity}-{name}"))
        with lock.tried() as held:
            yield lock if held else None

    def wait_for_notice(self, timeout: float) -> bool:
        """None come: the processes of this machine tell each other."""
        return False

    def close(self) -> None:
        """The file's connections are closed with the storage."""


class _Transaction:
    def __init__(self, database: SqliteDatabase, connection: SqliteConnection, look: Look) -> None:
        self.look = look
        self._database = database
        self._connection = connection

    def commit(self, move: RowMove) -> None:
        """As ``Transaction.commit``."""
        try:
            self._database.store(self._connection, self.look, move)
            self._connection.run(("COMMIT", ()))
        except Duplicate as error:
            self._connection.is_sound()
            raise self._database.already(move.record) or error from None

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """As ``Transaction.adopt``."""
        self._database.store_adopted(self._connection, records)
        self._connection.run(("COMMIT", ()))

    def change(self, change: RowChange) -> None:
        """As ``Transaction.change``."""
        self._database.send_change(self._connection, change)
        self._connection.run(("COMMIT", ()))

    def point_head(self, ref: bytes) -> None:
        """As ``Transaction.point_head``."""
        self._connection.run((schema.POINT_HEAD, (ref, self._database._key)), ("COMMIT", ()))

"""The repositories of a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from gitconfig_server.errors import NotARepository, RepositoryExists
from gitconfig_server.storage.base import Clock, Storage, check_repository_name
from gitconfig_server.storage.postgresql.connection import CALL_SECONDS
from gitconfig_server.storage.postgresql.database import PgDatabase
from gitconfig_server.storage.postgresql.server import WRITER_SECONDS, PgServer
from gitconfig_server.storage.postgresql.sqlstates import Duplicate
from gitconfig_server.storage.ref_rules import check_ref_name
from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.connection import DatabaseRow
from gitconfig_server.storage.rows.machine import machine_folder
from gitconfig_server.storage.rows.repository import RowsRepository
from gitconfig_server.storage.rows.urls import split_url

_TABLES_LOCK = 0x67697463
"""The advisory lock under which tables are made: two who make them at once would fail."""


class PgStorage:
    """Repositories are rows in tables whose names begin with ``gitconfig_``, made with the first of them.

    The time is the database's, unless there is a ``clock``.
    """

    lasting = True

    def __init__(
        self,
        dsn: str,
        *,
        clock: Clock | None = None,
        lock_seconds: float = WRITER_SECONDS,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self._server = PgServer(dsn, lock_seconds, call_seconds)
        self._clock = clock
        self._opened: list[RowsRepository] = []

    def create(self, name: str, default_branch: str = "main") -> RowsRepository:
        """Rows, and tables if need be."""
        check_repository_name(name)
        head = b"refs/heads/" + default_branch.encode()
        check_ref_name(head)
        self._make_tables()
        origin = self._rows(f"SELECT {self._server.origin}", ())[0][0]
        version = schema.VERSION
        with self._server.pool.lent() as connection:
            connection.run(("BEGIN", ()))
            connection.send(schema.CREATE, [(name, token_hex(8), head, token_hex(8), origin, version, version)])
            connection.send(schema.FIRST_EPOCH, [(name,)])
            try:
                connection.commit()
            except Duplicate:
                raise RepositoryExists(f"{self._server.place} holds a repository {name!r} already") from None
        return self.open(name)

    def open(self, name: str) -> RowsRepository:
        """The repository with this name."""
        check_repository_name(name)
        key, identity = self._find(name)
        database = PgDatabase(name, key, identity, self._server, self._clock)
        repository = RowsRepository(database, machine_folder(identity), self._server.faults)
        self._opened.append(repository)
        return repository

    def names(self) -> list[str]:
        """Sorted."""
        return sorted(row[0] for row in self._rows("SELECT name FROM gitconfig_repository", ()))

    def drop(self, name: str) -> None:
        """Delete its rows."""
        key, _ = self._find(name)
        with self._server.pool.lent() as connection:
            connection.run(("BEGIN", ()), *schema.dropping(key), ("COMMIT", ()))

    def close(self) -> None:
        """Close repositories and connections."""
        for repository in self._opened:
            repository.close()
        self._opened.clear()
        self._server.pool.close()

    def _find(self, name: str) -> tuple[int, str]:
        rows = self._rows("SELECT id, identity FROM gitconfig_repository WHERE name = ?", (name,))
        if not rows:
            raise NotARepository(f"{self._server.place} holds no repository {name!r}: create it with init")
        return rows[0][0], rows[0][1]

    def _rows(self, sql: str, parameters: Sequence[Any]) -> list[DatabaseRow]:
        with self._server.pool.lent() as connection:
            made = connection.run(("SELECT to_regclass('gitconfig_repository') IS NOT NULL", ()))[0][0][0]
            return connection.run((sql, parameters))[0] if made or "FROM gitconfig_repository" not in sql else []

    def _make_tables(self) -> None:
        types = {"{id}": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "{blob}": "BYTEA"}
        tables = []
        for table in schema.TABLES:
            for mark, word in types.items():
                table = table.replace(mark, word)
            tables.append((table, ()))
        with self._server.pool.lent() as connection:
            lock = ("SELECT pg_advisory_xact_lock(?::bigint)", (_TABLES_LOCK,))
            storage = ("ALTER TABLE gitconfig_object ALTER COLUMN z SET STORAGE EXTERNAL", ())  # it is compressed
            connection.run(("BEGIN", ()), ("SET LOCAL client_min_messages = error", ()), lock, *tables, storage)
            connection.commit()


def open_url(url: str) -> tuple[Storage, str]:
    """``postgresql://user@host/database?repository=name``; the other parameters are libpq's."""
    name, parts = split_url(url, None)
    return PgStorage(parts.geturl()), name

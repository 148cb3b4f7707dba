"""The repositories in an SQLite file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import unquote

from gitconfig_server.errors import InvalidSettings, NotARepository, RepositoryExists
from gitconfig_server.storage.base import Clock, Storage, check_repository_name, utc_now
from gitconfig_server.storage.ref_rules import check_ref_name
from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.connection import DatabaseRow
from gitconfig_server.storage.rows.repository import RowsRepository
from gitconfig_server.storage.rows.urls import split_url
from gitconfig_server.storage.sqlite.connection import Duplicate
from gitconfig_server.storage.sqlite.database import SqliteDatabase
from gitconfig_server.storage.sqlite.file import WRITER_SECONDS, SqliteFile


class SqliteStorage:
    """The repositories in the file at ``path``, which is made with the first of them."""

    lasting = True

    def __init__(self, path: Path, *, clock: Clock = utc_now, lock_seconds: float = WRITER_SECONDS) -> None:
        self._file = SqliteFile(path.resolve(), clock, lock_seconds)
        self._opened: list[RowsRepository] = []

    def create(self, name: str, default_branch: str = "main") -> RowsRepository:
        """A row, in a file that is made if need be."""
        check_repository_name(name)
        head = b"refs/heads/" + default_branch.encode()
        check_ref_name(head)
        self._file.make()
        epoch = token_hex(8)
        with self._file.locked(self._file.patience), self._file.pool.lent() as connection:
            connection.run(("BEGIN IMMEDIATE", ()))
            try:
                connection.run((schema.CREATE, (name, token_hex(8), head, epoch, "", schema.VERSION, schema.VERSION)))
            except Duplicate:
                raise RepositoryExists(f"{self._file.path} holds a repository {name!r} already") from None
            connection.run((schema.FIRST_EPOCH, (name,)), ("COMMIT", ()))
        return self.open(name)

    def open(self, name: str) -> RowsRepository:
        """The repository with this name."""
        check_repository_name(name)
        rows = self._rows("SELECT id, identity FROM gitconfig_repository WHERE name = ?", (name,))
        if not rows:
            raise NotARepository(f"{self._file.path} holds no repository {name!r}: create it with init")
        key, identity = rows[0]
        database = SqliteDatabase(name, key, identity, self._file)
        repository = RowsRepository(database, self._file.folder / identity)
        self._opened.append(repository)
        return repository

    def names(self) -> list[str]:
        """Sorted."""
        return sorted(row[0] for row in self._rows("SELECT name FROM gitconfig_repository", ()))

    def drop(self, name: str) -> None:
        """Delete its rows."""
        rows = self._rows("SELECT id FROM gitconfig_repository WHERE name = ?", (name,))
        if not rows:
            raise NotARepository(f"{self._file.path} holds no repository {name!r}")
        with self._file.locked(self._file.patience), self._file.pool.lent() as connection:
            connection.run(("BEGIN IMMEDIATE", ()), *schema.dropping(rows[0][0]), ("COMMIT", ()))

    def close(self) -> None:
        """Close repositories and connections."""
        for repository in self._opened:
            repository.close()
        self._opened.clear()
        self._file.close()

    def _rows(self, sql: str, parameters: Sequence[Any]) -> list[DatabaseRow]:
        if not self._file.exists():
            return []
        with self._file.pool.lent() as connection:
            return connection.run((sql, parameters))[0]


def open_url(url: str) -> tuple[Storage, str]:
    """``sqlite:///absolute/path`` or ``sqlite://relative/path``, with ``?repository=name`` behind it."""
    name, parts = split_url(url, ())
    path = unquote(parts.netloc + parts.path)
    if not path.strip("/"):
        raise InvalidSettings("repository: sqlite:// names no file, expected sqlite:///path/to/file")
    return SqliteStorage(Path(f"/{path.lstrip('/')}" if path.startswith("/") else path).expanduser()), name

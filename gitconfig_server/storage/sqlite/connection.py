"""One connection to an SQLite file, and its errors as ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gitconfig_server.errors import (
    CorruptRepository,
    RepositoryReadOnly,
    StorageBusy,
    StorageError,
    StorageFull,
)
from gitconfig_server.storage.base import (
    Clock,
)
from gitconfig_server.storage.disk.os_errors import storage_error
from gitconfig_server.storage.records import micros
from gitconfig_server.storage.rows.connection import DatabaseRow, SqlStatement
from gitconfig_server.storage.rows.database import Lost


class Duplicate(StorageError):
    """A row with this key is there already."""


class SqliteConnection:
    """One connection, in autocommit mode unless a transaction is begun by hand."""

    def __init__(self, path: str, clock: Clock) -> None:
        self._path = path
        with translated(path):
            # a file URI, so that nothing in the path is taken for a parameter; it must be there already
            self._raw = sqlite3.connect(
                f"{Path(path).as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False, timeout=5.0
            )
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0", "foreign_keys=OFF"):
                self._raw.execute(f"PRAGMA {pragma}").fetchall()
            self._raw.create_function("gitconfig_now", 0, lambda: micros(clock()))

    def run(self, *statements: SqlStatement) -> list[list[DatabaseRow]]:
        """One after the other."""
        with translated(self._path):
            return [self._raw.execute(sql, parameters).fetchall() for sql, parameters in statements]

    def send(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """At once."""
        with translated(self._path):
            self._raw.executemany(sql, rows)

    def send_exact(self, sql: str, parameters: Sequence[Any]) -> None:
        """At once."""
        with translated(self._path):
            if self._raw.execute(sql, parameters).rowcount != 1:
                raise Lost

    def is_sound(self) -> bool:
        """A read that was given up leaves nothing open."""
        if self._raw.in_transaction:
            with suppress(sqlite3.Error):
                self._raw.execute("ROLLBACK")
        return not self._raw.in_transaction

    def close(self) -> None:
        """End it."""
        self._raw.close()


@contextmanager
def translated(path: str) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Duplicate(str(error), inside=path) from error
    except sqlite3.Error as error:
        raise _error(path, getattr(error, "sqlite_errorcode", 0) & 0xFF, error) from error
    except OSError as error:
        raise storage_error(error, path) from error


def _error(path: str, code: int, error: sqlite3.Error) -> StorageError:
    busy = StorageBusy, "the SQLite file was held by others: try again"
    corrupt = CorruptRepository, "the SQLite file is damaged: restore it from a backup"
    kinds: dict[int, tuple[type[StorageError], str]] = {
        sqlite3.SQLITE_BUSY: busy,
        sqlite3.SQLITE_LOCKED: busy,
        sqlite3.SQLITE_FULL: (StorageFull, "no room left to write the SQLite file: free some on the server"),
        sqlite3.SQLITE_READONLY: (RepositoryReadOnly, "the SQLite file cannot be written"),
        sqlite3.SQLITE_CORRUPT: corrupt,
        sqlite3.SQLITE_NOTADB: corrupt,
    }
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _is_full(path):
        code = sqlite3.SQLITE_FULL  # so it says of the files beside the database, which it makes and lengthens
    kind, told = kinds.get(code, (StorageError, "the SQLite file cannot be used"))
    return kind(told, inside=f"{path}: {error}")


def _is_full(path: str) -> bool:
    """Whether its file system takes no more bytes, or no more files."""
    try:
        status = os.statvfs(path)
    except OSError:
        return False
    return status.f_bavail == 0 or (status.f_files > 0 and status.f_favail == 0)

"""Repositories in one SQLite file: ``sqlite:///path``.

Every writer and every checkpoint holds our own lock (``flock``) first: its line is fair, where SQLite's busy polling
is not, and versions up to 3.51.2 can lose writes when a checkpoint meets another one and a writer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from threading import Lock
from time import monotonic, sleep
from typing import Any
from urllib.parse import unquote

from gitconfig_server.errors import (
    CorruptRepository,
    InvalidSettings,
    NotARepository,
    RepositoryExists,
    RepositoryReadOnly,
    StorageBusy,
    StorageError,
    StorageFull,
)
from gitconfig_server.storage.base import (
    Clock,
    JournalRecord,
    Lease,
    RawObject,
    Storage,
    check_repository_name,
    utc_now,
)
from gitconfig_server.storage.disk.lock import FolderLock
from gitconfig_server.storage.ref_rules import check_ref_name
from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.database import Look, Lost, Move, Point, Transaction
from gitconfig_server.storage.rows.pool import Pool
from gitconfig_server.storage.rows.records import micros
from gitconfig_server.storage.rows.repository import RowsRepository
from gitconfig_server.storage.rows.sql import Row, SqlDatabase, Statement
from gitconfig_server.storage.rows.urls import split_url

WRITER_SECONDS = 10.0
CONNECTIONS = 40
CHECKPOINT_BYTES = 8 << 20
"""From this size of the file ``-wal`` on a writer brings it back into the database before it lets the lock go."""

_POLL = 0.01
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"})


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

    def run(self, *statements: Statement) -> list[list[Row]]:
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


class SqliteDatabase(SqlDatabase):
    """One repository's rows."""

    clock = "gitconfig_now()"
    blob = "BLOB"
    begin_reading = "BEGIN"

    def __init__(self, name: str, key: int, identity: str, file: SqliteFile) -> None:
        super().__init__(name, file.path, key, identity, file.patience)
        self._file = file
        self._seen = -1

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
        with self._file.locked(self.patience), self.lent() as connection:
            connection.run(("BEGIN IMMEDIATE", ()))
            self.put_rows(connection, objects, micros(self._file.clock()))
            connection.run(("COMMIT", ()))

    @contextmanager
    def lease(self, name: str) -> Iterator[Lease | None]:
        """A lock on a file, which dies with the process."""
        check_repository_name(name)
        lock = FolderLock(str(self._file.folder / f"lease-{self.identity}-{name}"))
        with lock.tried() as held:
            yield lock if held else None

    def wait_for_notice(self, timeout: float) -> bool:
        """The number of changes to the file, asked often: that is a look at shared memory."""
        deadline = monotonic() + timeout
        while monotonic() < deadline:
            with self.lent() as connection:
                version = connection.run(("SELECT SUM(changes) FROM gitconfig_repository", ()))[0][0][0]
            if version != self._seen:
                self._seen = version
                return True
            sleep(_POLL)
        return True

    def close(self) -> None:
        """The file's connections are closed with the storage."""


class _Transaction:
    def __init__(self, database: SqliteDatabase, connection: SqliteConnection, look: Look) -> None:
        self.look = look
        self._database = database
        self._connection = connection

    def commit(self, move: Move) -> None:
        """As ``Transaction.commit``."""
        try:
            self._database.store(self._connection, self.look, move)
            self._connection.run(("COMMIT", ()))
        except _Duplicate as error:
            self._connection.is_sound()
            raise self._database.already(move.record) or error from None

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """As ``Transaction.adopt``."""
        self._database.store_adopted(self._connection, records)
        self._connection.run(("COMMIT", ()))

    def point_head(self, ref: bytes) -> None:
        """As ``Transaction.point_head``."""
        self._connection.run((schema.POINT_HEAD, (ref, self._database._key)), ("COMMIT", ()))


class SqliteFile:
    """The file, its lock and its connections, for all repositories in it."""

    def __init__(self, path: Path, clock: Clock, patience: float) -> None:
        self.path = str(path)
        self.folder = path.with_name(f"{path.name}-gitconfig")
        self.clock = clock
        self.patience = patience
        self.pool = Pool(self._connect, CONNECTIONS, patience)
        self._lock: FolderLock | None = None
        self._guard = Lock()
        self._inode = 0

    def make(self) -> None:
        """Make the file, if it is missing, and its tables."""
        path = Path(self.path)
        _refuse_network(path)
        with translated(self.path):
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with self.locked(self.patience), self.pool.lent() as connection:
            connection.run(("BEGIN IMMEDIATE", ()))
            types = {"{id}": "INTEGER PRIMARY KEY", "{blob}": "BLOB"}
            for table in schema.TABLES:
                for mark, word in types.items():
                    table = table.replace(mark, word)
                connection.run((table, ()))
            connection.run(("COMMIT", ()))

    def exists(self) -> bool:
        """Whether there is such a file, with our tables in it."""
        if not os.path.isfile(self.path):  # noqa: PTH113 - a plain string all along
            return False
        _refuse_network(Path(self.path))
        with self.pool.lent() as connection:
            sql = "SELECT 1 FROM sqlite_master WHERE name = 'gitconfig_repository'"
            return bool(connection.run((sql, ()))[0])

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Our lock, which every writer takes."""
        with self._guard:
            if self._lock is None:
                with translated(self.path):
                    self.folder.mkdir(exist_ok=True, mode=0o700)
                self._lock = FolderLock(str(self.folder / "lock"))
        with self._lock.held(timeout):
            self._check_same()
            yield

    def checkpoint(self, connection: SqliteConnection) -> None:
        """Bring what was written back into the database where that is due; the lock is held."""
        with suppress(FileNotFoundError, StorageError):
            if os.stat(f"{self.path}-wal").st_size > CHECKPOINT_BYTES:  # noqa: PTH116 - a hot path
                connection.run(("PRAGMA wal_checkpoint(PASSIVE)", ()))

    def close(self) -> None:
        """Close the connections."""
        self.pool.close()

    def _connect(self) -> SqliteConnection:
        connection = SqliteConnection(self.path, self.clock)
        self._inode = self._inode or self._inode_now()
        return connection

    def _check_same(self) -> None:
        if self._inode and self._inode_now() != self._inode:
            raise CorruptRepository(f"{self.path} was replaced while it was open: restart what serves it")

    def _inode_now(self) -> int:
        try:
            return os.stat(self.path).st_ino  # noqa: PTH116 - a hot path
        except FileNotFoundError:
            return -1


class SqliteStorage:
    """The repositories in the file at ``path``, which is made with the first of them."""

    lasting = True

    def __init__(self, path: Path, *, clock: Clock = utc_now, lock_seconds: float = WRITER_SECONDS) -> None:
        self._file = SqliteFile(path.absolute(), clock, lock_seconds)
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
            except _Duplicate:
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

    def _rows(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        if not self._file.exists():
            return []
        with self._file.pool.lent() as connection:
            return connection.run((sql, parameters))[0]


class _Duplicate(StorageError):
    """A row with this key is there already."""


@contextmanager
def translated(path: str) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise _Duplicate(f"{path}: {error}") from error
    except sqlite3.Error as error:
        raise _error(path, getattr(error, "sqlite_errorcode", 0) & 0xFF, error) from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error


def _error(path: str, code: int, error: sqlite3.Error) -> StorageError:
    kinds: dict[int, Callable[[str], StorageError]] = {
        sqlite3.SQLITE_BUSY: StorageBusy,
        sqlite3.SQLITE_LOCKED: StorageBusy,
        sqlite3.SQLITE_FULL: StorageFull,
        sqlite3.SQLITE_READONLY: RepositoryReadOnly,
        sqlite3.SQLITE_CORRUPT: CorruptRepository,
        sqlite3.SQLITE_NOTADB: CorruptRepository,
    }
    return kinds.get(code, StorageError)(f"{path}: {error}")


def _refuse_network(path: Path) -> None:
    """Processes on different machines do not see each other's locks, and the write-ahead log needs shared memory."""
    kind = _file_system(path.parent)
    if kind in _NETWORK:
        raise StorageError(f"{path} lies on a network file system ({kind}): SQLite needs a local one")


def _file_system(folder: Path) -> str:
    """The type of the file system that ``folder`` lies on, empty where that cannot be told."""
    found, kind = "", ""
    target = str(folder.resolve())
    with suppress(OSError):
        for line in Path("/proc/self/mounts").read_text(errors="replace").splitlines():
            _, place, one, *_ = line.split(" ")
            place = place.replace("\\040", " ")
            inside = target == place or target.startswith(place.rstrip("/") + "/")
            if inside and len(place) >= len(found):
                found, kind = place, one
    return kind


def open_url(url: str) -> tuple[Storage, str]:
    """``sqlite:///absolute/path`` or ``sqlite://relative/path``, with ``?repository=name`` behind it."""
    name, parts = split_url(url, ())
    path = unquote(parts.netloc + parts.path)
    if not path.strip("/"):
        raise InvalidSettings("repository: sqlite:// names no file, expected sqlite:///path/to/file")
    return SqliteStorage(Path(f"/{path.lstrip('/')}" if path.startswith("/") else path).expanduser()), name

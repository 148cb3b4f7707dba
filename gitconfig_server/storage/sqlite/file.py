"""An SQLite file: its lock, its connections, and where it may lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from gitconfig_server.errors import (
    CorruptRepository,
    StorageError,
)
from gitconfig_server.storage.base import (
    Clock,
)
from gitconfig_server.storage.disk.lock import FolderLock
from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.pool import Pool
from gitconfig_server.storage.sqlite.connection import SqliteConnection, translated

WRITER_SECONDS = 10.0
_CONNECTIONS = 40
_CHECKPOINT_BYTES = 8 << 20
"""From this size of the file ``-wal`` on a writer brings it back into the database before it lets the lock go."""

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"})


class SqliteFile:
    """The file, its lock and its connections, for all repositories in it."""

    def __init__(self, path: Path, clock: Clock, patience: float) -> None:
        self.path = str(path)
        self.folder = path.with_name(f"{path.name}-gitconfig")
        self.clock = clock
        self.patience = patience
        self.pool = Pool(self._connect, _CONNECTIONS, patience)
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
            if os.stat(f"{self.path}-wal").st_size > _CHECKPOINT_BYTES:  # noqa: PTH116 - a hot path
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
            raise CorruptRepository("the file was replaced while it was open: restart what serves it", inside=self.path)

    def _inode_now(self) -> int:
        try:
            return os.stat(self.path).st_ino  # noqa: PTH116 - a hot path
        except FileNotFoundError:
            return -1


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

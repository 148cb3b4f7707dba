"""A PostgreSQL database as a whole: how it is connected to, and what about it is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from gitconfig_server.errors import InvalidSettings, StorageError
from gitconfig_server.storage.postgresql.connection import CALL_SECONDS, PgConnection
from gitconfig_server.storage.rows.connection import SqlStatement
from gitconfig_server.storage.rows.pool import Pool

_CONNECTIONS = 10
WRITER_SECONDS = 10.0

_DEFAULTS = {
    "application_name": "gitconfig-server",
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    # of several hosts the one that can be written; where there is one, it says itself that it is read-only
    "target_session_attrs": "any",
}

_ORIGIN = (
    "(SELECT system_identifier FROM pg_control_system())::text || '.' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
)


class PgServer:
    """The database that ``dsn`` names. A writer waits ``patience`` seconds for others, a trip may take ``seconds``."""

    def __init__(self, dsn: str, patience: float = WRITER_SECONDS, seconds: float = CALL_SECONDS) -> None:
        try:
            given = conninfo_to_dict(dsn)
        except Exception as error:  # psycopg's message repeats the text, which may hold a password
            raise InvalidSettings("repository: postgresql:// has parameters that libpq does not know") from error
        self._parameters: dict[str, Any] = {**_DEFAULTS, **given}
        hosts, ports = str(given.get("host", "localhost")), given.get("port", "")
        if "," in hosts and "target_session_attrs" not in given:
            self._parameters["target_session_attrs"] = "read-write"
        self.place = f"postgresql://{hosts}{':' if ports else ''}{ports}/{given.get('dbname', '')}"
        self.patience = patience
        self._seconds = seconds
        self.pool = Pool(self.connect, _CONNECTIONS, patience)
        self._is_pooled: bool | None = None

    def connect(self) -> PgConnection:
        """A new connection; whoever asked for it closes it."""
        connection = PgConnection(self._parameters, self.place, self._seconds)
        if self._is_pooled is None:
            self._is_pooled = connection.is_pooled()
            if self._is_pooled:  # what one server has prepared the next one does not know
                self._parameters["prepare_threshold"] = None
                connection.raw.prepare_threshold = None
        return connection

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler stands between, so that nothing lasts longer than a transaction: no notices, no sessions."""
        if self._is_pooled is None:
            with self.pool.lent():
                pass
        return bool(self._is_pooled)

    @cached_property
    def origin(self) -> str:
        """The SQL of what a fail-over or a restored copy changes: system and timeline; a constant where unknown."""
        try:
            with self.pool.lent() as connection:
                connection.run((f"SELECT {_ORIGIN}", ()))
        except StorageError as error:
            if getattr(error.__cause__, "sqlstate", None) is None:
                raise
            return "''"
        return _ORIGIN

    def raise_durability(self) -> Iterator[SqlStatement]:
        """What a transaction begins with so that its commit lasts, whatever the server's default is."""
        if self._commits_early:
            yield "SET LOCAL synchronous_commit = on", ()

    def faults(self) -> list[str]:
        """What may be lost, and why."""
        with self.pool.lent() as connection:
            names = ("fsync", "full_page_writes", "synchronous_standby_names")
            sql = f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}"
            fsync, pages, _standbys = connection.run((sql, ()))[0][0]
            standbys = connection.run(("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'async'", ()))[0]
        found = []
        if self.is_pooled:
            found.append(f"{self.place} is behind a pooler: no notices come through, so this server looks every 25 ms")
        if fsync == "off" or pages == "off":
            found.append(f"{self.place} runs with fsync or full_page_writes off: a power cut may lose or damage it")
        if standbys[0][0]:
            found.append(f"{self.place} has asynchronous standbys: a fail-over may lose the last acknowledged writes")
        return found

    @cached_property
    def _commits_early(self) -> bool:
        with self.pool.lent() as connection:
            return connection.run(("SELECT current_setting('synchronous_commit')", ()))[0][0][0] in ("off", "local")

"""One connection to PostgreSQL: trips of several statements, each with a deadline of the client's own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from gitconfig_server.errors import OutcomeUnknown, StorageBusy, StorageUnreachable
from gitconfig_server.storage.postgresql.batches import Change, join, marked
from gitconfig_server.storage.postgresql.sqlstates import translated
from gitconfig_server.storage.postgresql.watchdog import WATCHDOG
from gitconfig_server.storage.rows.connection import DatabaseRow, SqlStatement
from gitconfig_server.storage.rows.database import Unsettled

CALL_SECONDS = 10.0
"""How long one trip may take."""

_IDLE = psycopg.pq.TransactionStatus.IDLE


class PgConnection:
    """In autocommit mode unless a transaction is begun by hand. ``place`` is what messages call the database."""

    def __init__(self, parameters: Mapping[str, Any], place: str, seconds: float = CALL_SECONDS) -> None:
        self._parameters = parameters
        self._place = place
        self._seconds = seconds
        self._waiting: list[Change] = []
        self._warned = ""
        self.raw = self._connected()

    def run(self, *statements: SqlStatement) -> list[list[DatabaseRow]]:
        """In one trip. A connection that died while nobody used it is made anew."""
        idle = self.raw.closed or self.raw.info.transaction_status == _IDLE
        try:
            return self._trip(statements)
        except StorageUnreachable:
            if not idle:
                raise
            self.renew()
            return self._trip(statements)

    def renew(self) -> None:
        """Connect anew."""
        self.close()
        self.raw = self._connected()

    def send(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Goes out with the commit."""
        if rows:
            self._waiting.append(Change(sql, rows))

    def send_exact(self, sql: str, parameters: Sequence[Any]) -> None:
        """Goes out with the commit, which fails by a division by zero where no row is changed."""
        self._waiting.append(Change(sql, [parameters], exact=True))

    def commit(self, last: str = "", *parameters: Any) -> None:
        """Send what waits and the commit in one trip. Unsettled where the answer does not come.

        ``last``: an expression that is evaluated along with it.
        """
        waiting, self._waiting = self._waiting, []
        self._warned = ""
        try:
            with translated(self._place), self._watched(), self.raw.pipeline():
                for sql, rows in join(waiting, last, parameters):
                    cursor = self.raw.cursor()
                    if len(rows) == 1:
                        cursor.execute(sql, rows[0])
                    else:
                        cursor.executemany(sql, rows)
                self.raw.cursor().execute("COMMIT")
        except StorageUnreachable as error:
            raise Unsettled(str(error)) from error
        except BaseException:
            self.roll_back()
            raise
        if self._warned:  # cancelling the wait for a synchronous standby makes a commit succeed
            raise OutcomeUnknown("the change is stored on one server alone", inside=f"{self._place}: {self._warned}")

    def roll_back(self) -> None:
        """Give up the transaction, if there is one."""
        self._waiting = []
        with suppress(psycopg.Error, StorageBusy):
            if not self.raw.closed and self.raw.info.transaction_status != _IDLE:
                with self._watched():
                    self.raw.execute("ROLLBACK")

    def is_pooled(self) -> bool:
        """Whether another process answers than the one that the connection was made with: a pooler has its own."""
        return bool(self.run(("SELECT pg_backend_pid()", ()))[0][0][0] != self.raw.info.backend_pid)

    def is_sound(self) -> bool:
        """Whether it is open, and no transaction is."""
        self.roll_back()
        return not self.raw.closed and self.raw.info.transaction_status == _IDLE

    def close(self) -> None:
        """End it."""
        with suppress(psycopg.Error):
            self.raw.close()

    def _trip(self, statements: Sequence[SqlStatement]) -> list[list[DatabaseRow]]:
        with translated(self._place), self._watched():
            if len(statements) == 1:
                return [_rows(self.raw.execute(marked(statements[0][0]), statements[0][1] or None, binary=True))]
            with self.raw.pipeline():
                cursors = [self.raw.execute(marked(sql), given or None, binary=True) for sql, given in statements]
            return [_rows(cursor) for cursor in cursors]

    @contextmanager
    def _watched(self) -> Iterator[None]:
        if self.raw.closed:
            raise StorageUnreachable("the connection to PostgreSQL is closed: try again", inside=self._place)
        began = time.monotonic()
        try:
            with WATCHDOG.watching(self.raw.fileno(), self._seconds):
                yield
        except psycopg.OperationalError as error:
            if time.monotonic() - began >= self._seconds:
                told = f"PostgreSQL did not answer in {self._seconds:g} s: try again"
                raise StorageUnreachable(told, inside=self._place) from error
            raise

    def _connected(self) -> psycopg.Connection[DatabaseRow]:
        with translated(self._place):
            raw = psycopg.connect(**self._parameters, autocommit=True)
        raw.add_notice_handler(self._hear)
        return raw

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING" and notice.sqlstate == "01000":
            self._warned = notice.message_primary or "a warning"


def _rows(cursor: psycopg.Cursor[DatabaseRow]) -> list[DatabaseRow]:
    found = cursor.pgresult
    return cursor.fetchall() if found and found.nfields else []  # asking for its description costs more than the rows

"""A connection to an SQL database, as repositories see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

SqlStatement = tuple[str, Sequence[Any]]
DatabaseRow = tuple[Any, ...]


class Connection(Protocol):
    """A connection to the database, lent to one thread."""

    def run(self, *statements: SqlStatement) -> list[list[DatabaseRow]]:
        """Execute the statements in order and in one trip: the rows of each."""

    def send(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute a statement for each of ``rows``; where the database can, without waiting for the answers."""

    def send_exact(self, sql: str, parameters: Sequence[Any]) -> None:
        """Execute an UPDATE or DELETE that must change one row; Lost, now or at the end, where it does not."""

"""What maintenance does in the tables of an SQL database."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from gitconfig_server.storage.rows import schema
from gitconfig_server.storage.rows.connection import Connection
from gitconfig_server.storage.rows.database import RowChange

_PAGE = 5000


class SqlUpkeep(ABC):
    """The part of ``Database`` that ``RowsUpkeep`` asks for."""

    _key: int

    @abstractmethod
    def lent(self) -> AbstractContextManager[Connection]:
        """A connection for reads, which are not written in a transaction."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction of its own, which is committed at the end of the block."""

    @abstractmethod
    def among(self, values: Sequence[bytes]) -> tuple[str, Sequence[Any]]:
        """What follows a column's name so that it is one of ``values``."""

    @abstractmethod
    def now_sql(self) -> str:
        """The SQL of the present."""

    def count(self, most: int) -> int:
        """How many rows of objects there are, counted up to ``most``."""
        counted = "SELECT 1 FROM gitconfig_object WHERE repository = ? AND condemned_at IS NULL LIMIT ?"
        with self.lent() as connection:
            found = connection.run((f"SELECT count(*) FROM ({counted}) AS counted", (self._key, most)))[0][0][0]
        return int(found)

    def old(self, before: int) -> Iterator[bytes]:
        """The rows that were stored before then and are not condemned."""
        return self._pages("condemned_at IS NULL AND stored_at < ?", before)

    def condemned(self, before: int | None) -> Iterator[bytes]:
        """The rows that were condemned before then."""
        return self._pages("condemned_at <= ?", (1 << 62) if before is None else before)

    def condemn(self, ids: Sequence[bytes], before: int) -> None:
        """Mark those of ``ids`` that are still as old."""
        self._update(f"condemned_at = {self.now_sql()}", ids, " AND condemned_at IS NULL AND stored_at < ?", before)

    def pardon(self, ids: Sequence[bytes]) -> None:
        """Take the mark away."""
        self._update(f"condemned_at = NULL, stored_at = {self.now_sql()}", ids)

    def remove_copies(self, ids: Sequence[bytes]) -> None:
        """Delete the rows of objects that a pack holds."""
        with self.writing() as connection:
            self._delete(connection, ids)

    def keep_pieces(self, pieces: Sequence[tuple[str, str, int, bytes]]) -> None:
        """Store pieces of a pack; without its index it is none."""
        if pieces:
            with self.writing() as connection:
                connection.send(schema.PIECE, [(self._key, *piece) for piece in pieces])

    def remove_torn_packs(self) -> None:
        """Delete pieces of packs that have no index: who stored them died."""
        with self.writing() as connection:
            connection.send(schema.TORN, [(self._key, self._key)])

    def send_change(self, connection: Connection, change: RowChange) -> None:
        """Send what ``Transaction.change`` does, all but the commit."""
        key = self._key
        if change.index:
            connection.send(schema.PIECE, [(key, *piece) for piece in change.index])
        for start in range(0, len(change.condemned), _PAGE):
            rows = [
                (key, bytes.fromhex(one.id.decode()), one.type, len(one.raw), zlib.compress(one.raw, 1))
                for one in change.condemned[start : start + _PAGE]
            ]
            connection.send(schema.CONDEMNED.replace("{clock}", self.now_sql()), rows)
        if change.replaced:
            sql = "DELETE FROM gitconfig_pack WHERE repository = ? AND name = ?"
            connection.send(sql, [(key, name) for name in change.replaced])
        if change.removed:
            self._delete(connection, change.removed, " AND condemned_at <= ?", change.before)
        if change.index or change.replaced:
            connection.send(schema.PACKED, [(key,)])

    def _delete(self, connection: Connection, ids: Sequence[bytes], condition: str = "", *given: int) -> None:
        among, parameters = self.among(ids)
        sql = f"DELETE FROM gitconfig_parent WHERE repository = ? AND id {among}"
        if condition:
            sql += f" AND id IN (SELECT id FROM gitconfig_object WHERE repository = ? AND id {among}{condition})"
            connection.send(sql, [(self._key, *parameters, self._key, *parameters, *given)])
        else:
            connection.send(sql, [(self._key, *parameters)])
        sql = f"DELETE FROM gitconfig_object WHERE repository = ? AND id {among}{condition}"
        connection.send(sql, [(self._key, *parameters, *given)])

    def _update(self, change: str, ids: Sequence[bytes], condition: str = "", *given: int) -> None:
        among, parameters = self.among(ids)
        sql = f"UPDATE gitconfig_object SET {change} WHERE repository = ? AND id {among}{condition}"
        with self.writing() as connection:
            connection.send(sql, [(self._key, *parameters, *given)])

    def _pages(self, condition: str, before: int) -> Iterator[bytes]:
        sql = f"SELECT id FROM gitconfig_object WHERE repository = ? AND {condition} AND id > ? ORDER BY id LIMIT ?"
        low = b""
        while True:
            with self.lent() as connection:
                page = connection.run((sql, (self._key, before, low, _PAGE)))[0]
            yield from (bytes(row[0]) for row in page)
            if len(page) < _PAGE:
                return
            low = bytes(page[-1][0])

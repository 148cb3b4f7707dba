"""Several changes as one statement: what a statement costs by itself is most of what a small write costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

MOST_ROWS = 8
"""Rows of one insert that go into a joint statement; each number of them is prepared by itself."""

_TABLE = re.compile(r"\b(?:INTO|UPDATE|FROM)\s+(\w+)")
_VALUES = re.compile(r"VALUES (\([?, ]+\))")


class Change(Struct, frozen=True):
    """A statement that is executed for each of ``rows``. ``exact``: it fails unless it changes one row."""

    sql: str
    rows: Sequence[Sequence[Any]]
    exact: bool = False

    @property
    def is_joinable(self) -> bool:
        """Whether it reads nothing that another one may have changed: parts of a statement do not see each other."""
        return self.exact or (len(self.rows) <= MOST_ROWS and bool(_VALUES.search(self.sql)))


_Batch = tuple[bytes, Sequence[Sequence[Any]]]
"""A statement for the driver, with the rows that it is executed for."""


def join(changes: Sequence[Change], last: str = "", parameters: Sequence[Any] = ()) -> Iterator[_Batch]:
    """The changes in order, as few statements. ``last``: an expression that goes along with the last one."""
    group: list[Change] = []
    tables: set[str] = set()
    for change in changes:
        table = _table(change.sql)
        if group and (table in tables or not change.is_joinable):
            yield _joined(group)
            group, tables = [], set()
        if change.is_joinable:
            group.append(change)
            tables.add(table)
        else:
            yield marked(change.sql), change.rows
    if group or last:
        yield _joined(group, last, parameters)


def _joined(group: Sequence[Change], last: str = "", parameters: Sequence[Any] = ()) -> _Batch:
    shapes = tuple((change.sql, len(change.rows), change.exact) for change in group)
    values = [value for change in group for row in change.rows for value in row]
    return _text(shapes, last), [[*values, *parameters]]


@lru_cache(maxsize=500)
def _text(shapes: tuple[tuple[str, int, bool], ...], last: str) -> bytes:
    parts, told = [], []
    for number, (sql, rows, exact) in enumerate(shapes):
        several = _VALUES.sub(lambda found, rows=rows: f"VALUES {', '.join([found[1]] * rows)}", sql)  # type: ignore[misc]
        parts.append(f"w{number} AS ({several}{' RETURNING 1' if exact else ''})")
        if exact:  # a division by zero where no row was changed
            told.append(f"1 / (SELECT count(*) FROM w{number})")
    told += [last] if last else []
    return marked(f"{'WITH ' if parts else ''}{', '.join(parts)} SELECT {', '.join(told) or '1'}")


@lru_cache(maxsize=500)
def marked(sql: str) -> bytes:
    """With the driver's marks."""
    return sql.replace("?", "%s").encode()


@lru_cache(maxsize=100)
def _table(sql: str) -> str:
    found = _TABLE.search(sql)
    return found[1] if found else ""

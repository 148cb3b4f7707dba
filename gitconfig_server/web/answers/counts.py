"""What is counted of answers that are given again, by the application that they are for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from gitconfig_server.web.tallies import LATEST, Row, Tallies

NAMED = 400
"""Applications that are counted by name: who asks chooses them."""

_MISSES, _ASKED = b"misses", b"asked "
_OTHERS = ""


class Counts:
    """Numbers of one process, and of all that count in the same folder."""

    def __init__(self, tallies: Tallies | None = None, now: Callable[[], float] = time.time) -> None:
        self.tallies = tallies or Tallies()
        self._now = now
        self._misses = self.tallies.row(_MISSES)
        self._rows: dict[str, Row] = {_OTHERS: self.tallies.row(_ASKED)}

    def row(self, applications: Sequence[str]) -> Row:
        """What counts the answers for ``applications``, by the number of the reply: to GET, to HEAD, not modified."""
        name = ",".join(applications)
        known = self._rows.get(name)
        if known is not None:
            return known
        if len(self._rows) > NAMED:
            return self._rows[_OTHERS]
        return self._rows.setdefault(name, self.tallies.row(_ASKED + name.encode(errors="replace")))

    def count_miss(self) -> None:
        """A request that the full stack answered, though the answer may be given again."""
        self._misses[0] += 1

    def note_change(self, row: Row) -> None:
        """What these applications are given differs from what they were given before."""
        row[LATEST] = int(self._now() * 1000)

    @property
    def hits(self) -> int:
        """Answers of all applications given again in full, or without their body to HEAD."""
        return sum(row[0] + row[1] for row in self._rows.values())

    @property
    def not_modified(self) -> int:
        """Requests of all applications that were told to keep what they have."""
        return sum(row[2] for row in self._rows.values())

    @property
    def misses(self) -> int:
        """What ``count_miss`` counted."""
        return int(self._misses[0])


def read_counts(totals: Mapping[bytes, Sequence[int]]) -> tuple[int, Iterator[tuple[str, Sequence[int]]]]:
    """Misses, and by application what ``Counts.row`` counts; those that have no name of their own are ``""``."""
    asked = ((name, words) for name, words in totals.items() if name.startswith(_ASKED))
    return totals.get(_MISSES, [0])[0], ((name[len(_ASKED) :].decode(), words) for name, words in asked)

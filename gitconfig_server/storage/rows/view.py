"""The refs of a repository as this process knows them: a fold over the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Condition, RLock
from types import MappingProxyType

from gitconfig_server.errors import StorageStale
from gitconfig_server.storage.base import FRESH_SECONDS, JournalRecord, Sighting, Snapshot
from gitconfig_server.storage.records import from_micros
from gitconfig_server.storage.ref_rules import move_refs
from gitconfig_server.storage.rows.acknowledged import Acknowledged
from gitconfig_server.storage.rows.database import Look, Point

_UNHEARD = 0.25
"""Seconds after which a look that is under way counts as one that fails, where stale reads are allowed."""

_Told = Callable[[Sequence[JournalRecord]], None]


class RefsView:
    """Takes looks in, in any order and from any thread; older ones change nothing.

    ``stale_reads``: seconds for which what is known may be shown while the database cannot be asked.
    """

    def __init__(self, acknowledged: Acknowledged, bound: float = FRESH_SECONDS) -> None:
        self.stale_reads = 0.0
        self._acknowledged = acknowledged
        self._bound = bound
        self._failed = False
        self._asked = float("inf")
        self._changed = Condition(RLock())
        self._verified = float("-inf")
        self._ahead = 0.0
        self._resets = 0
        self._refs: Snapshot = MappingProxyType({})
        self._reached = self._number = -1
        self.sighting = self._seen(until=0.0)
        """Of ``point``: right while no process here has acknowledged more, and the last look is not too old."""
        self.point = Point()
        self.epoch = ""
        self.head = b""
        self.packs = 0

    @property
    def refs(self) -> Snapshot:
        """All refs as of ``point``."""
        return self._refs

    def known(self) -> tuple[Point, Snapshot]:
        """The point, and the refs there."""
        with self._changed:
            return self.point, self._refs

    def take(self, look: Look, asked: float, since: Point) -> Sequence[JournalRecord]:
        """Take in what was there at a time after ``asked`` (monotonic); the records that are new to us."""
        with self._changed:
            self._verified = max(self._verified, asked)
            self._failed = False
            # the database read its clock at some time in between: by the middle it is off by half the trip at most
            self._ahead = from_micros(look.now).timestamp() - (asked + time.monotonic()) / 2
            # from an older point it says nothing of what has been learnt since
            if look.lost and since == self.point:
                return self._reset(look)
            if _rank(look.point) <= self._reached:
                self.sighting.until = self._verified + self._bound
                return ()
            new = [record for record in look.records if record.seq > self.point.seq]
            if look.refs is not None:
                self._stand_at(look, look.refs)
            else:
                self._stand_at(look, _moved(self._refs, new) if new else None)
            return new

    def take_own(self, look: Look, before: Point) -> None:
        """Take in what this process has just stored on top of ``before``."""
        with self._changed:
            if self.point == before:
                self._stand_at(look, _moved(self._refs, look.records))
            else:  # somebody looked meanwhile, or what was known is void: whoever reads next will see
                self._acknowledged.raise_to(_rank(look.point))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Within it somebody asks the database, all along."""
        self._asked = time.monotonic()
        try:
            yield
        finally:
            self._asked = float("inf")

    def fail(self) -> None:
        """The database could not be asked."""
        self._failed = True

    def is_current(self) -> bool:
        """Whether what is known holds what it must, and is not too old."""
        return time.monotonic() - self._verified <= self._bound and self._reached >= self._acknowledged.value

    def is_shown(self) -> bool:
        """Whether what is known may be shown: it is current, or old and nobody can be asked."""
        return self.is_current() or (self._is_borne() and self.holds_own())

    def _is_borne(self) -> bool:
        away = self._failed or time.monotonic() - self._asked > _UNHEARD
        return away and self.age() <= self.stale_reads

    def holds_own(self) -> bool:
        """Whether it holds every move that this server acknowledged."""
        return self._reached >= self._acknowledged.value

    def age(self) -> float:
        """Seconds since the last verified look."""
        return time.monotonic() - self._verified

    def generation(self) -> int:
        """A number for ``point``; StorageStale where it may not be shown. Asked at each request."""
        number = self._number
        if not self.is_current() and not self.is_shown():
            raise StorageStale(f"the database was last seen {self.age():.1f} s ago, or others know more: ask it")
        return number

    def number(self) -> int:
        """A number for ``point``, whether it may be shown or not."""
        return self._number

    def wait(self, generation: int, timeout: float) -> None:
        """Wait until the point is another one, or is not current any more."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self.number() == generation:
                remaining = deadline - time.monotonic()
                if remaining <= 0 or not self._changed.wait(remaining):
                    return

    def now(self) -> datetime:
        """The database's time."""
        return from_micros(0) + timedelta(seconds=time.monotonic() + self._ahead)

    def forget(self) -> None:
        """Hold no mapped file any more."""
        self.sighting.until = 0.0
        self.sighting = self._seen(until=0.0)

    def _reset(self, look: Look) -> Sequence[JournalRecord]:
        """What was known is not so: the database lost the end of its journal, or is another one."""
        assert look.refs is not None
        self._resets += 1  # changes may count up again from less: no number is given twice
        self._acknowledged.lower_to(_rank(look.point))
        self._stand_at(look, look.refs)
        return ()

    def _stand_at(self, look: Look, refs: dict[bytes, bytes] | None) -> None:
        reached = _rank(look.point)
        self.sighting.until = 0.0
        # first, since readers ask for no lock: what one of them is shown here, the other workers must know to be there
        self._acknowledged.raise_to(reached)
        if refs is not None:
            self._refs = MappingProxyType(refs)
        self.point, self.epoch, self.head, self.packs = look.point, look.epoch, look.head, look.packs
        self._reached = reached
        self._number = reached + (self._resets << 80)
        self.sighting = self._seen(self._verified + self._bound)
        self._changed.notify_all()

    def _seen(self, until: float) -> Sighting:
        return Sighting(self._acknowledged.words, self._reached, self._reached, until, self._number)


def _rank(point: Point) -> int:
    return (point.era << 48) + point.changes


def _moved(refs: Mapping[bytes, bytes], records: Sequence[JournalRecord]) -> dict[bytes, bytes]:
    moved = dict(refs)
    for record in records:
        move_refs(moved, record.updates)
    return moved

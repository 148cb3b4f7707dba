"""Requests that are recorded already: found again in a journal that is read from its beginning to its end.

For storages without an index of their own; by whichever process asks, after restarts too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Lock

from gitconfig_server.storage.base import KEPT_FOR, REQUEST_KEY, JournalRecord

_ReadJournal = Callable[[int], Iterator[JournalRecord]]
"""The records after a seq, oldest first."""

_KEPT = 50_000
"""Requests known by heart, some 10 MB; older ones of the last 24 hours are looked up in the journal itself."""


class RecordedRequests:
    """Follows a journal. Safe to use from any thread."""

    def __init__(self, journal: _ReadJournal, kept: int = _KEPT) -> None:
        self._journal = journal
        self._kept = kept
        self._known: dict[bytes, tuple[int, datetime]] = {}
        self._lock = Lock()
        self._seq = 0
        self._beyond = 0
        """Records up to this seq are not known by heart."""

    @property
    def seq(self) -> int:
        """How far the journal has been followed."""
        return self._seq

    def find(self, actor: str, key: str, now: datetime) -> JournalRecord | None:
        """The record of the request that came with ``key`` from ``actor`` in the 24 hours before ``now``."""
        with self._lock:
            self._follow(now)
            known = self._known.get(_name(actor, key))
            oldest, beyond = now - KEPT_FOR, self._beyond
        if known:
            found = self._record(known[0])
            return found if found and _is_by(found, actor, key) else None
        if beyond:
            for record in self._journal(self._first_since(oldest, beyond) - 1):
                if record.seq > beyond:
                    break
                if _is_by(record, actor, key) and record.received_at and record.received_at > oldest:
                    return record
        return None

    def _follow(self, now: datetime) -> None:
        """Take in what was journalled since the last time, and forget what is too old."""
        if not self._seq:
            self._seq = self._first_since(now - KEPT_FOR, None) - 1
        for record in self._journal(self._seq):
            self._seq = record.seq
            if REQUEST_KEY in record.details and record.received_at:
                name = _name(record.actor, record.details[REQUEST_KEY])
                self._known.pop(name, None)  # what came last stands last
                self._known[name] = record.seq, record.received_at
        self._forget(now - KEPT_FOR)

    def _forget(self, oldest: datetime) -> None:
        """Drop what is too old from the front, and what is too much."""
        for name, (seq, received_at) in list(self._oldest_first(oldest)):
            del self._known[name]
            if received_at > oldest:
                self._beyond = seq

    def _oldest_first(self, oldest: datetime) -> Iterator[tuple[bytes, tuple[int, datetime]]]:
        surplus = len(self._known) - self._kept
        for number, (name, known) in enumerate(self._known.items()):
            if known[1] > oldest and number >= surplus:
                return
            yield name, known

    def _first_since(self, when: datetime, last: int | None) -> int:
        """The seq of the first record received after ``when``, or one beyond the last record."""
        low, high = 0, 1 if last is None else last
        while last is None and (record := self._record(high)) and not _is_after(record, when):
            low, high = high, high * 2
        while low + 1 < high:
            middle = (low + high) // 2
            record = self._record(middle)
            if record and not _is_after(record, when):
                low = middle
            else:
                high = middle
        return high

    def _record(self, seq: int) -> JournalRecord | None:
        return next(self._journal(seq - 1), None)


def _is_after(record: JournalRecord, when: datetime) -> bool:
    return record.received_at is not None and record.received_at > when


def _is_by(record: JournalRecord, actor: str, key: str) -> bool:
    return record.actor == actor and record.details.get(REQUEST_KEY) == key


def _name(actor: str, key: str) -> bytes:
    return hashlib.blake2b(f"{actor}\0{key}".encode(), digest_size=16).digest()

"""Tells listeners of moves, whoever made them: this process, another worker or server, or stock git in the folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import takewhile
from threading import Event, RLock, Thread

from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage.base import JournalRecord, StoredRepository

Listener = Callable[[JournalRecord], None]

_PULSE = 0.25
"""Seconds that the follower waits for a move before it looks whether it is to stop."""

_GATHER = 0.02
"""Seconds after a move in which others are waited for: a crowd of writes costs fifty looks a second, not one each."""


class Feed:
    """Listeners hear each record of the journal once and in order, from the first one after they were added.

    Own moves are told before ``tell`` returns, the others while somebody follows (``start``). Safe to use from any
    thread; a listener may move refs itself.
    """

    def __init__(self, stored: StoredRepository) -> None:
        self._stored = stored
        self._listeners: list[Listener] = []
        self._own: list[Listener] = []
        self._heard: JournalRecord | None = None
        self._lock = RLock()
        self._stop = Event()
        self._thread: Thread | None = None

    def add(self, listener: Listener, *, own: bool = False) -> None:
        """Tell ``listener`` of every move from now on, or of ``own`` ones alone."""
        if own:
            self._own.append(listener)
            return
        with self._lock:
            if not self._listeners:
                self._heard = self._last()
            self._listeners.append(listener)

    def tell(self, record: JournalRecord) -> None:
        """Of a move that was made here just now, and of those before it that nobody has told of yet."""
        for listener in self._own:
            listener(record)
        if not self._listeners:
            return
        with self._lock:
            if self._heard and (record.epoch, record.seq) == (self._heard.epoch, self._heard.seq + 1):
                self._pass_on(record)
            else:
                with suppress(GitConfigError):  # the move is made, whatever becomes of telling: the follower goes on
                    self.catch_up()

    def catch_up(self) -> None:
        """Tell of all that is journalled and was not told yet."""
        with self._lock:
            for record in self._missed():
                self._pass_on(record)

    def start(self) -> None:
        """Follow the journal in a thread of its own, where there is anybody to tell."""
        if self._listeners and self._thread is None:
            self._thread = Thread(target=self._follow, name="gitconfig-feed", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End following; may take as long as a call to the storage, but waits no longer than a second."""
        self._stop.set()
        if self._thread:
            self._thread.join(1.0)

    def _pass_on(self, record: JournalRecord) -> None:
        self._heard = record
        for listener in self._listeners:
            listener(record)

    def _missed(self) -> Iterator[JournalRecord]:
        heard = self._heard
        if heard is None:
            yield from self._stored.journal()
            return
        records = self._stored.journal(after=heard.seq - 1)
        if _is_same(next(records, None), heard):
            yield from records
            return
        # the end of the journal was lost, or it is another one: what is new bears a new epoch
        newest_first = self._stored.journal(newest_first=True)
        yield from list(takewhile(lambda record: record.epoch != heard.epoch, newest_first))[::-1]
        self._heard = self._last()

    def _last(self) -> JournalRecord | None:
        return next(self._stored.journal(newest_first=True, limit=1), None)

    def _follow(self) -> None:
        generation = -1
        while not self._stop.is_set():
            try:
                now = self._stored.wait(generation, _PULSE)
                if now != generation:
                    self._stop.wait(_GATHER)
                    self.catch_up()
                    generation = now
            except GitConfigError:
                self._stop.wait(_PULSE)


def _is_same(record: JournalRecord | None, heard: JournalRecord) -> bool:
    return record is not None and (record.seq, record.epoch, record.received_at) == (
        heard.seq,
        heard.epoch,
        heard.received_at,
    )

"""What the refs are now, and a number that differs whenever they moved."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Event, RLock, Thread

from gitconfig_server.storage.base import Sighting
from gitconfig_server.storage.disk.counter import MappedCounter
from gitconfig_server.storage.disk.refs.loose import TooMuchToRead
from gitconfig_server.storage.disk.refs.reader import DiskRefs

_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 0.004, 0.008
"""Seconds between two looks at the folder. A look may cost a hundredth of the time, if the longest allows."""

_PATIENCE, _PAUSE = 0.05, 0.0002
_HURRY = 0.005
_CROWDS_PATIENCE = 0.1
"""Seconds for which readers wait while a crowd of moves by stock Git is read; then they get what was there before."""
_READERS_PATIENCE = 2.0
"""Seconds for who may not write, and so can neither ask for the lock nor finish what a dead writer left."""


_NOTHING_SEEN = Sighting((0,), -1, -1, 0.0, -1)


class RefWatch:
    """Moves through ``update_refs`` show in the mapped counter at once; those of stock Git when next looked for."""

    def __init__(self, refs: DiskRefs, counter: MappedCounter, *, writable: bool) -> None:
        self._refs = refs
        self._counter = counter
        self._writable = writable
        self._lock = RLock()
        self._seen_moves = -1
        self._next_look = 0.0
        self._others = 0
        self._known: tuple[int, int, Mapping[bytes, bytes]] = (-1, -1, refs.values)
        """Moves, generation and refs of the last look: one value, replaced whole."""
        self.sighting = _NOTHING_SEEN
        self._aside = Event()
        """Not set while a crowd of moves is being read."""
        self._aside.set()
        self._stopped = -1
        """The number of a transaction that was given up: nobody waits for it twice."""

    def become_writable(self) -> None:
        """Map the numbers anew, for writing."""
        with self._lock:
            self._writable = True
            self._counter.attach(writable=True)

    def generation(self) -> int:
        """No system call within a look's interval, unless refs moved."""
        moves = self._counter.moves
        if moves == self._seen_moves and time.monotonic() < self._next_look:
            return moves + self._others
        return self.look() if moves != self._seen_moves else self._look_in_time()

    def _look_in_time(self) -> int:
        """The generation after a look, or after the last one where a new one takes long; what we moved is in both."""
        if self._aside.is_set() and self._lock.acquire(timeout=_CROWDS_PATIENCE):
            try:
                return self.look(hurried=True)
            except TooMuchToRead:
                self._aside.clear()
                Thread(target=self._look_aside, name="crowd of moves", daemon=True).start()
            finally:
                self._lock.release()
        self._aside.wait(_CROWDS_PATIENCE)
        return self._known[1]

    def _look_aside(self) -> None:
        try:
            with suppress(OSError):  # whoever looks next is told
                self.look()
        finally:
            self._aside.set()

    def generation_at_once(self) -> int | None:
        """As ``generation``, in a few milliseconds; None where more has changed, or somebody else is looking."""
        seen = self.sighting
        moves = seen.words[0]
        if (moves == seen.moves or moves == seen.begun) and time.monotonic() < seen.until:
            return seen.generation
        moves = self._counter.moves
        if not self._aside.is_set():
            return self._known[1] if moves == self._seen_moves else None
        if not self._lock.acquire(timeout=_HURRY):
            return None
        try:
            return self.look(hurried=True)
        except TooMuchToRead:
            return None
        finally:
            self._lock.release()

    def look(self, *, hurried: bool = False) -> int:
        """The generation after looking at the folder, whatever the time; a ``hurried`` one may raise TooMuchToRead."""
        with self._lock:
            started = time.monotonic()
            if not self._counter.attached:
                self._counter.attach(writable=self._writable)
            words = self._counter.words
            moves = words[0]
            # where our own counter has moved too, the sum below differs without this
            if self._refs.refresh(hurried=hurried) and moves == self._seen_moves:
                self.sighting.until = 0.0  # first: who hears of the new generation may ask for what hangs on the old
                self._others += 1
            self._seen_moves = moves
            now = time.monotonic()
            self._next_look = now + min(max(_SHORTEST_INTERVAL, 100 * (now - started)), _LONGEST_INTERVAL)
            self._known = moves, moves + self._others, self._refs.values
            # a reader's patience with a move is several looks long: within one nobody is shown what it has not ended
            self.sighting = Sighting(words, moves, moves | 1, self._next_look, self._known[1])
            return self._known[1]

    def forget(self) -> None:
        """Hold no mapped file any more."""
        self.sighting.until = 0.0
        self.sighting = _NOTHING_SEEN

    def read(self) -> tuple[int, Mapping[bytes, bytes], bool]:
        """Generation and refs of one instant; False when a transaction seems to have stopped half way."""
        deadline = time.monotonic() + (_PATIENCE if self._writable else _READERS_PATIENCE)
        while True:
            # what is read between two equal, even numbers is of one instant, however many files it took
            moves = self._counter.moves
            self.generation()
            seen, generation, values = self._known
            if seen == moves == self._counter.moves and not moves & 1:
                return generation, values, True
            if time.monotonic() > deadline or moves == self._stopped:
                self._stopped = moves
                return generation, values, False
            time.sleep(_PAUSE)

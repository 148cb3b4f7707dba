"""The refs of a repository on disk together with their journal, kept in step with what stock Git does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Condition, Lock, Thread
from types import MappingProxyType

from gitconfig_server.errors import AlreadyRecorded, StorageError, UpdateRefused
from gitconfig_server.storage.base import REQUEST_KEY, Clock, JournalRecord, RefUpdate, Sighting, Snapshot
from gitconfig_server.storage.disk import layout
from gitconfig_server.storage.disk.counter import MappedCounter
from gitconfig_server.storage.disk.files import DiskFiles, DurableFolders
from gitconfig_server.storage.disk.journal.file import Journal
from gitconfig_server.storage.disk.lock import FolderLock
from gitconfig_server.storage.disk.refs.damage import RefDamage
from gitconfig_server.storage.disk.refs.external_moves import Unjournalled, first_sight, moves_by_others
from gitconfig_server.storage.disk.refs.locks import RefLocks
from gitconfig_server.storage.disk.refs.reader import DiskRefs
from gitconfig_server.storage.disk.refs.upkeep import RefUpkeep
from gitconfig_server.storage.disk.refs.watch import RefWatch
from gitconfig_server.storage.disk.refs.writer import RefMoved, RefWriter
from gitconfig_server.storage.moving import check_empty, refs_after
from gitconfig_server.storage.objects import Objects
from gitconfig_server.storage.ref_rules import check_folders, check_values
from gitconfig_server.storage.requests import RecordedRequests

_READER_SECONDS = 1.0
"""How long a reader who has something to journal waits for another writer."""

_POLL, _SLOWEST_POLL = 0.003, 0.1

_CROWD = 500
"""Moves of others at once from which on a reader does not write them down, but leaves that to a thread."""


class DiskLedger:
    """Whoever holds the lock first finishes what a dead writer left, then journals what stock Git moved meanwhile.

    Raises plain OSErrors, which the repository translates.
    """

    def __init__(
        self,
        root: str,
        objects: Objects,
        files: DiskFiles,
        durable: DurableFolders,
        clock: Clock,
        *,
        lock_seconds: float,
        writable: bool,
    ) -> None:
        private = f"{root}/{layout.PRIVATE}"
        self._root = root
        self._private = private
        self._durable = durable
        self._objects = objects
        self._files = files
        self._lock_seconds = lock_seconds
        self._writable = writable
        self._lock = FolderLock(f"{private}/lock")
        self._turns = FolderLock(f"{private}/turn")
        self._counter = MappedCounter(f"{private}/counter")
        self._counter.attach(writable=writable)
        self._clock = clock
        self._journal = Journal(f"{private}/journal", files, clock)
        self._requests, self._followed = RecordedRequests(self._journal.records), ""
        self._refs = DiskRefs(root)
        self._damage = RefDamage(root, self._refs, self._journal)
        self._unjournalled = Unjournalled(self._refs, self._journal)
        self._locks = RefLocks(root, f"{private}/locks", files)
        self._writer = RefWriter(root, files, durable, self._refs, self._locks, self._journal, self._counter)
        self._watch = RefWatch(self._refs, self._counter, writable=writable)
        self.upkeep = RefUpkeep(self._refs, self._writer, self._counter, self._watch, self._damage, self.held)
        """The housekeeping of refs."""
        self._moved = Condition()
        self._aside = Lock()
        self._snapshot: tuple[int, Snapshot] = (-1, {})
        self._touched: set[bytes] = set()

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """As ``StoredRepository.snapshot``. What cannot be journalled now is served nevertheless."""
        if fresh:
            self._watch.look()
        generation, snapshot = self._snapshot  # one value, replaced whole: readers need no lock
        if generation == self._watch.generation():
            return snapshot
        generation, values, calm = self._watch.read()
        if self._writable and not (calm and self._is_journalled(values)):
            if calm and not fresh and len(self._unjournalled.find()) > _CROWD:
                self._journal_aside()
            else:
                with suppress(StorageError, OSError), self.held(_READER_SECONDS):
                    generation, values, _calm = self._watch.read()
        lost = self._damage.lost()
        self._snapshot = (generation, MappingProxyType({**values, **lost} if lost else values))
        return self._snapshot[1]

    def symbolic(self) -> Mapping[bytes, bytes]:
        """Refs that name others, with the ref each leads to in the end."""
        self._watch.generation()
        return self._refs.resolved()

    def head(self) -> bytes | None:
        """The ref that HEAD names."""
        self._watch.generation()
        return self._refs.head

    def generation(self) -> int:
        """As ``StoredRepository.generation``."""
        return self._watch.generation()

    def generation_at_once(self) -> int | None:
        """As ``GitFolder.generation_at_once``."""
        return self._watch.generation_at_once()

    def sighting(self) -> Sighting:
        """As ``StoredRepository.sighting``."""
        return self._watch.sighting

    def wait(self, generation: int, timeout: float) -> int:
        """As ``StoredRepository.wait``: woken by this process, polling for others."""
        deadline, pause = time.monotonic() + timeout, _POLL
        with self._moved:
            while (now := self._watch.generation()) == generation:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    break
                self._moved.wait(min(pause, remaining))
                pause = min(2 * pause, _SLOWEST_POLL)  # where nothing happens, looking costs next to nothing
            return now

    def settled_journal(self) -> Journal:
        """The journal, with what stock Git moved written down; a new one where somebody has removed it."""
        self.snapshot(fresh=True)
        if self._writable and (not self._journal.catch_up() or self._unjournalled.find()):
            with suppress(StorageError, OSError), self.held(_READER_SECONDS):
                pass
        return self._journal

    def recorded(self, actor: str, key: str) -> JournalRecord | None:
        """As ``StoredRepository.recorded``: only our own writes have keys, and they are journalled at once."""
        self._journal.catch_up()
        state = self._journal.state
        if state.epoch != self._followed or state.seq < self._requests.seq:  # it was replaced
            self._requests, self._followed = RecordedRequests(self._journal.records), state.epoch
        return self._requests.find(actor, key, self._clock())

    def become_writable(self) -> None:
        """From now on what others did is journalled."""
        self._writable = True
        self._watch.become_writable()

    def damage(self) -> int | None:
        """At which byte the journal cannot be read."""
        return self._journal.damage()

    def turn(self) -> AbstractContextManager[None]:
        """As ``StoredRepository.turn``."""
        return self._turns.held(self._lock_seconds)

    def move(
        self, updates: Sequence[RefUpdate], record: JournalRecord, when_shown: Callable[[], None] = lambda: None
    ) -> JournalRecord:
        """Move refs, all or none; ``when_shown`` is called where the next one may look, be it not all synced yet."""
        with self.held() as deadline:
            # behind the lock: two who send the same request at once are asked one after the other
            self._check_new(record)
            while True:
                values = self._refs.values
                check_values(updates, values)
                check_folders(updates, values)
                self._check_not_symbolic(updates)
                try:
                    stamped = self._writer.move(updates, record, deadline, when_shown)
                except RefMoved:
                    self._settle(deadline)
                else:
                    break
        self.notify()  # outside the lock, which those who wake may want
        return stamped

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """As ``StoredRepository.adopt``: first the refs are put in place, then the journal that led there."""
        refs = refs_after(records)
        updates = tuple(RefUpdate(ref, None, value) for ref, value in sorted(refs.items()))
        with self.held() as deadline:
            check_empty(self._root, self._journal.state.seq)
            if updates:
                self._writer.move(updates, JournalRecord(updates, "init"), deadline, lambda: None)
            if records:
                self._journal.adopt(records)
                self._durable.sync([self._private])
                self._counter.mark_done(self._journal.state.seq)
            self._counter.end_move()
        self.notify()

    def point_head(self, ref: bytes) -> None:
        """Make HEAD name ``ref``."""
        with self.held() as deadline:
            self._writer.point_head(ref, deadline)
        self.notify()

    def replace_config(self, change: Callable[[bytes], bytes]) -> None:
        """Rewrite the repository's ``config`` if ``change`` changes it."""
        with self.held() as deadline:
            self._writer.replace(b"config", change, deadline)

    def notify(self) -> None:
        """Wake those who wait in this process."""
        with self._moved:
            self._moved.notify_all()

    def close(self) -> None:
        """Let go of the mapped file, once nobody journals aside any more."""
        if self._aside.acquire(timeout=_READER_SECONDS):
            self._aside.release()
        self._counter.close()
        self._watch.forget()

    @contextmanager
    def held(self, timeout: float | None = None) -> Iterator[float]:
        """Hold the repository's lock, all being settled; the time (monotonic) until which to wait for others."""
        timeout = self._lock_seconds if timeout is None else min(timeout, self._lock_seconds)
        deadline = time.monotonic() + timeout
        if not self._counter.attached:  # somebody removed our folder: without it there is no file to lock
            layout.make_private(self._root, self._files)
            self._watch.look()
        with self._lock.held(timeout):
            self._settle(deadline)
            yield deadline

    def _settle(self, deadline: float) -> None:
        # in this order: a dead writer's locks would stop its own move from being finished, the last record is believed
        # once nothing half written follows it, and what is left after that is the doing of others
        self._locks.remove_leftovers()
        self._journal.settle()
        self._writer.roll_forward(deadline)
        self._watch.look()
        lost = self._damage.lost()
        if lost:
            self._writer.restore(lost.items(), deadline)
            self._watch.look()
        if self._journal_others() or lost or self._counter.moves & 1:
            self._counter.end_move()

    def _journal_others(self) -> bool:
        values = self._refs.values
        if not self._journal.exists:
            self._journal.create(first_sight(self._root, values))
            self._durable.sync([self._private])
        else:
            self._touched |= self._refs.take_touched()
            changed = self._unjournalled.find()
            entries = moves_by_others(self._root, self._objects, self._journal.state, values, changed, self._touched)
            self._touched.clear()
            if not entries:
                return False
            self._journal.append(entries)
        self._counter.mark_done(self._journal.state.seq)
        return True

    def _journal_aside(self) -> None:
        """Let somebody else write down what a crowd of moves was, so that who reads need not wait for it."""

        def journal() -> None:
            try:
                with suppress(StorageError, OSError), self.held(_READER_SECONDS):
                    pass
            finally:
                self._aside.release()

        if self._aside.acquire(blocking=False):
            Thread(target=journal, name="journal of a crowd", daemon=True).start()

    def _check_new(self, record: JournalRecord) -> None:
        key = record.details.get(REQUEST_KEY)
        found = self.recorded(record.actor, key) if key is not None else None
        if found:
            raise AlreadyRecorded(found.seq)

    def _is_journalled(self, values: Mapping[bytes, bytes]) -> bool:
        try:
            if not self._journal.catch_up() or self._refs.torn or self._damage.lost():
                return False
            return not self._unjournalled.find() if values is self._refs.values else self._journal.state.refs == values
        except StorageError:
            # a damaged journal is told to those who write or ask for it; refs can be read
            return False

    def _check_not_symbolic(self, updates: Sequence[RefUpdate]) -> None:
        for update in updates:
            if update.ref in self._refs.symbolic:
                raise UpdateRefused(update.ref, "symbolic", "it points at another ref: move that one")

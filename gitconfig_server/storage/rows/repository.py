"""A repository in a database: the same for all of them, over what ``database.py`` asks of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path

from gitconfig_server.errors import RepositoryReadOnly, StorageBusy, StorageStale
from gitconfig_server.storage.base import JournalRecord, Lease, RefUpdate, Sighting, Snapshot, Turn
from gitconfig_server.storage.cursors import check_in_past
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.objects.kept_packs import KeptPacks
from gitconfig_server.storage.disk.os_errors import translated
from gitconfig_server.storage.line import Line
from gitconfig_server.storage.moving import check_empty
from gitconfig_server.storage.objects import CommitFacts, KeptPack, RawObject, ReceivedPack, WholePack
from gitconfig_server.storage.records import micros
from gitconfig_server.storage.ref_rules import check_ref_name
from gitconfig_server.storage.rows.acknowledged import Acknowledged
from gitconfig_server.storage.rows.database import Database, RowChange
from gitconfig_server.storage.rows.follower import Follower
from gitconfig_server.storage.rows.machine import remove_abandoned, scratch_in
from gitconfig_server.storage.rows.objects import RowObjects
from gitconfig_server.storage.rows.packs import WholePacks
from gitconfig_server.storage.rows.turns import RowTurn, RowWrites
from gitconfig_server.storage.rows.upkeep import RowsUpkeep
from gitconfig_server.storage.rows.view import RefsView
from gitconfig_server.storage.walking import walk_commits

_PAGE = 500
"""Records of the journal that are read at once."""

_TRYING = 1.0
"""Seconds that a look at whether writes work waits for others."""

_PAUSE = 0.002
"""Seconds between two looks for a record that is on its way."""


class RowsRepository:
    """One repository. ``folder`` is this machine's, for what all its processes share and for copies of packs.

    ``faults`` tells what about the database is not as it should be.
    """

    writable = True
    folder = None

    def __init__(self, database: Database, folder: Path, faults: Callable[[], Sequence[str]] = tuple) -> None:
        self.name = database.name
        self._folder = folder
        self._faults = faults
        self._database = database
        with translated(str(folder)):
            self._acknowledged = Acknowledged(folder / "acknowledged")
        self._view = RefsView(self._acknowledged)
        self._follower = Follower(database, self._view)
        what = f"the repository {database.name!r}"
        self._turns = Line(what)
        self._writes = RowWrites(database, self._view, self._follower, Line(what))
        packs = WholePacks(database, folder / "objects", lambda: self._view.packs)
        self._objects = RowObjects(database, packs, self._follower.look)
        self._upkeep = RowsUpkeep(database, packs, self)
        self._kept = KeptPacks(folder, DiskFiles())
        self._follower.look()

    @property
    def objects(self) -> RowObjects:
        """The objects."""
        return self._objects

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """The refs as they are known, else as the database has them now."""
        if fresh:
            self._follower.look()
        elif not self._view.is_shown():
            self._look()
        return self._view.refs

    def head(self) -> bytes | None:
        """What HEAD names."""
        self.snapshot()
        return self._view.head or None

    def set_head(self, ref: bytes) -> None:
        """Point HEAD at ``ref``."""
        check_ref_name(ref)
        with self._writes.begin(self._database.patience) as transaction:
            transaction.point_head(ref)
        self._follower.look()

    def update_refs(
        self,
        updates: Sequence[RefUpdate],
        *,
        objects: Iterable[RawObject] = (),
        pack: ReceivedPack | None = None,
        record: JournalRecord,
    ) -> JournalRecord:
        """As ``Turn.update_refs``, past those who stand in line for a turn."""
        turn = RowTurn(self._writes, time.monotonic() + self._database.patience)
        try:
            return turn.update_refs(updates, objects=objects, pack=pack, record=record)
        finally:
            turn.end()

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """As ``StoredRepository.turn``: a place in the process's line, with the refs as the database has them now.

        The database's lock is taken for the move alone. Who loses it to another server has it from then on, so that
        the next try cannot be lost.
        """
        deadline = time.monotonic() + self._database.patience
        with self._turns.held(self._database.patience):
            self._follower.look()
            turn = RowTurn(self._writes, deadline)
            try:
                yield turn
            finally:
                turn.end()

    def journal(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        ref: bytes | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[JournalRecord]:
        """Page by page: nothing is held between them."""
        return islice(self._pages(max(after, 0), before, ref, newest_first, limit), limit)

    def journal_at(self, ref: bytes, time: datetime) -> JournalRecord | None:
        """One look-up."""
        return self._database.journal_at(ref, micros(time))

    def recorded(self, actor: str, key: str) -> JournalRecord | None:
        """One look-up."""
        return self._database.recorded(actor, key)

    def commits(
        self, tips: Iterable[bytes], stop: Iterable[bytes] = (), limit: int | None = None
    ) -> Iterator[CommitFacts]:
        """Level by level."""
        return walk_commits(self._objects, tips, stop, limit)

    def lease(self, name: str) -> AbstractContextManager[Lease | None]:
        """As ``StoredRepository.lease``."""
        return self._database.lease(name)

    @property
    def shared_folder(self) -> Path | None:
        """This machine's folder for the repository."""
        return self._folder

    def now(self) -> datetime:
        """The database's time, measured at the last look."""
        return self._view.now()

    def reach(self, epoch: str, seq: int, timeout: float) -> None:
        """As ``StoredRepository.reach``: most often without asking anybody."""
        deadline = time.monotonic() + timeout
        if not self._view.is_current():  # who names a write is shown nothing that others would call old
            self._follower.look()
        while not self._has(epoch, seq):
            self._follower.look()
            if self._has(epoch, seq):
                return
            if self._view.epoch != epoch:
                check_in_past(self._database.epochs(), epoch, seq)
                return
            if time.monotonic() > deadline:
                raise StorageStale(f"record {epoch}.{seq} has not arrived in {timeout:g} s: try again")
            time.sleep(_PAUSE)

    def age(self) -> float:
        """Seconds since the last verified look; less than the pulse of the follower where all is well."""
        return max(0.0, self._view.age())

    def generation(self, *, ask: bool = False) -> int:
        """As ``StoredRepository.generation``; the first call begins to follow."""
        self._follower.start()
        if ask and not self._view.is_shown():
            self._look()
            return self._view.number()
        return self._view.generation()

    def sighting(self) -> Sighting:
        """As ``StoredRepository.sighting``: the last look of the follower that found something new."""
        return self._view.sighting

    def wait(self, generation: int, timeout: float) -> int:
        """Woken by the follower."""
        self._follower.start()
        self._view.wait(generation, timeout)
        try:
            return self._view.generation()
        except StorageStale:
            self._follower.look()
            return self._view.generation()

    def scratch(self) -> AbstractContextManager[Path]:
        """A folder beside the copies of packs."""
        return scratch_in(self._folder)

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """As ``StoredRepository.adopt``: one transaction."""
        with self._writes.begin(self._database.patience) as transaction:
            check_empty(self.name, transaction.look.point.seq)
            if records:
                transaction.adopt(records)
        self._follower.look()

    def repair(self) -> str | None:
        """Nothing that a database does not mend itself."""
        return None

    def damage(self) -> str | None:
        """Nothing: whoever reads something damaged is told."""
        return None

    def notices(self) -> Sequence[str]:
        """What the database says, and whether it takes writes, which is known when one has begun."""
        found = [*self._faults()]
        try:
            with self._writes.begin(_TRYING):
                pass
        except RepositoryReadOnly as error:
            found.append(f"only reads work: {error}")
        except StorageBusy:  # others write
            pass
        return found

    def prepare(self, *, stale_reads: float = 0.0) -> Sequence[str]:
        """Begin to follow; remove what processes that died left."""
        self._view.stale_reads = stale_reads
        remove_abandoned(self._folder)
        self._follower.start()
        return self.notices()

    @property
    def upkeep(self) -> RowsUpkeep:
        """As ``StoredRepository.upkeep``."""
        return self._upkeep

    def change(self, change: Callable[[], RowChange]) -> None:
        """As ``RowWrites.change``."""
        self._writes.change(change)

    def kept_packs(self) -> Sequence[KeptPack]:
        """Those of this machine."""
        return self._kept.open()

    def keep_pack(self, pack: Path, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """On this machine."""
        self._kept.keep(pack, heads, tags)

    def note_heads(self, pack: WholePack, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """Nothing: no pack is stored."""

    def close(self) -> None:
        """Stop following and let go of connections and files."""
        self._follower.stop()
        self._objects.close()
        self._kept.close()
        self._database.close()
        self._acknowledged.close()
        self._view.forget()

    def _pages(
        self, after: int, before: int | None, ref: bytes | None, newest_first: bool, limit: int | None
    ) -> Iterator[JournalRecord]:
        size = _PAGE if limit is None else min(limit, _PAGE)
        while size > 0:
            page = self._database.journal(after, before, ref, newest_first, size)
            yield from page
            if len(page) < size:
                return
            if newest_first:
                before = page[-1].seq
            else:
                after = page[-1].seq

    def _look(self) -> None:
        """Ask the database; where that fails, what is known may do."""
        try:
            self._follower.look()
        except StorageBusy:
            self._view.fail()
            if not self._view.is_shown():
                raise

    def _has(self, epoch: str, seq: int) -> bool:
        return self._view.epoch == epoch and self._view.point.seq >= seq

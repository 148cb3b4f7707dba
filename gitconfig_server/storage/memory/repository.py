"""A repository in the memory of one process."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from secrets import token_hex
from threading import Condition, RLock
from types import MappingProxyType

from gitconfig_server.errors import AlreadyRecorded
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import REQUEST_KEY, Clock, JournalRecord, Lease, RefUpdate, Snapshot, Turn
from gitconfig_server.storage.cursors import lost_cursor
from gitconfig_server.storage.line import Line
from gitconfig_server.storage.moving import check_empty, refs_after
from gitconfig_server.storage.object_store import StoredObjects, hex_id
from gitconfig_server.storage.objects import CommitFacts, KeptPack, RawObject, ReceivedPack, WholePack
from gitconfig_server.storage.packs import read_pack
from gitconfig_server.storage.ref_rules import check_folders, check_ref_name, check_request, check_values, move_refs
from gitconfig_server.storage.requests import RecordedRequests
from gitconfig_server.storage.walking import walk_commits


class MemoryObjects(StoredObjects):
    """Objects in a dict."""

    def __init__(self) -> None:
        self._entries: dict[bytes, tuple[int, bytes]] = {}

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """One look-up."""
        return self._entries[hex_id(name)]

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """One look-up each."""
        return {name for name in ids if name in self._entries}

    def iter_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """Looks at every id."""
        return (name for name in self if name.startswith(prefix))

    def put(self, objects: Iterable[RawObject]) -> None:
        """Keep them."""
        self._entries.update((obj.id, (obj.type, obj.raw)) for obj in objects)

    def __iter__(self) -> Iterator[bytes]:
        """The ids there are now."""
        return iter(list(self._entries))


class MemoryRepository:
    """One repository in memory; every move of refs happens under one lock."""

    writable = True
    folder = None

    def __init__(self, name: str, head: bytes, clock: Clock, lock_seconds: float) -> None:
        self.name = name
        self.objects = MemoryObjects()
        self._head = head
        self._clock = clock
        self._refs: dict[bytes, bytes] = {}
        self._journal: list[JournalRecord] = []
        self._epoch = token_hex(8)
        self._generation = 0
        self._moved = Condition(RLock())
        self._turns = Line(f"the repository {name!r} in memory")
        self._lock_seconds = lock_seconds
        self._leases: set[str] = set()
        self._requests = RecordedRequests(lambda after: self.journal(after=after))

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """The refs of this instant: every move makes a new dict."""
        return MappingProxyType(self._refs)

    def head(self) -> bytes | None:
        """What HEAD names."""
        return self._head

    def set_head(self, ref: bytes) -> None:
        """Point HEAD at ``ref``."""
        check_ref_name(ref)
        with self._moved:
            self._head = ref
            self._notify()

    def update_refs(
        self,
        updates: Sequence[RefUpdate],
        *,
        objects: Iterable[RawObject] = (),
        pack: ReceivedPack | None = None,
        record: JournalRecord,
    ) -> JournalRecord:
        """As ``Turn.update_refs``; durable as memory is."""
        check_request(updates, record)
        # before the lock: objects that no ref leads to harm nobody
        self.objects.put(objects)
        if pack is not None:
            self.objects.put(read_pack(pack.path))
        with self._moved:
            self._check_new(record)
            check_values(updates, self._refs)
            check_folders(updates, self._refs)
            refs = dict(self._refs)  # a new one: snapshots are views of the old
            move_refs(refs, updates)
            self._refs = refs
            stamped = self._stamped(record)
            self._journal.append(stamped)
            self._notify()
            return stamped

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """As ``StoredRepository.turn``."""
        with self._turns.held(self._lock_seconds):
            yield self

    def journal(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        ref: bytes | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[JournalRecord]:
        """The records there are now."""
        last = len(self._journal) if before is None else min(before - 1, len(self._journal))
        places = range(max(after, 0), last)
        records = (self._journal[place] for place in (reversed(places) if newest_first else places))
        return islice((record for record in records if ref is None or record.moved(ref)), limit)

    def journal_at(self, ref: bytes, time: datetime) -> JournalRecord | None:
        """Looks at one record after the other, the newest first."""
        records = self.journal(ref=ref, newest_first=True)
        return next((record for record in records if record.received_at and record.received_at <= time), None)

    def recorded(self, actor: str, key: str) -> JournalRecord | None:
        """By a map that follows the journal."""
        return self._requests.find(actor, key, self.now())

    def commits(
        self, tips: Iterable[bytes], stop: Iterable[bytes] = (), limit: int | None = None
    ) -> Iterator[CommitFacts]:
        """As ``StoredRepository.commits``."""
        return walk_commits(self.objects, tips, stop, limit)

    @contextmanager
    def lease(self, name: str) -> Iterator[Lease | None]:
        """As ``StoredRepository.lease``."""
        with self._moved:
            free = name not in self._leases
            self._leases.add(name)
        if not free:
            yield None
            return
        try:
            yield _Held()
        finally:
            self._leases.discard(name)

    @property
    def shared_folder(self) -> Path | None:
        """None: there is but one process."""
        return None

    def now(self) -> datetime:
        """The clock's time."""
        return self._clock()

    def reach(self, epoch: str, seq: int, timeout: float) -> None:
        """As ``StoredRepository.reach``: whatever is journalled is here."""
        record = next(self.journal(after=seq - 1, limit=1), None)
        if record is None or (record.epoch, record.seq) != (epoch, seq):
            raise lost_cursor(epoch, seq)

    def age(self) -> float:
        """Nothing is kept that may be old."""
        return 0.0

    def generation(self, *, ask: bool = False) -> int:
        """A counter."""
        return self._generation

    def sighting(self) -> None:
        """None: the counter is asked."""

    def wait(self, generation: int, timeout: float) -> int:
        """Woken by the move itself."""
        with self._moved:
            self._moved.wait_for(lambda: self._generation != generation, timeout)
            return self._generation

    @property
    def upkeep(self) -> None:
        """None: what is in memory ends with the process."""
        return None

    def kept_packs(self) -> Sequence[KeptPack]:
        """None: what is in memory is quick to read, and dear to hold twice."""
        return ()

    def keep_pack(self, pack: Path, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """Nothing."""

    def note_heads(self, pack: WholePack, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """Nothing."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder among the system's temporary files."""
        folder = tempfile.mkdtemp(prefix="gitconfig-incoming-")
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """As ``StoredRepository.adopt``."""
        with self._moved:
            check_empty(self.name, len(self._journal))
            self._journal = list(records)
            self._refs = refs_after(records)
            self._epoch = records[-1].epoch if records else self._epoch
            self._notify()

    def repair(self) -> str | None:
        """Nothing."""
        return None

    def damage(self) -> str | None:
        """Nothing: whoever reads something damaged is told."""
        return None

    def notices(self) -> Sequence[str]:
        """None."""
        return ()

    def prepare(self, *, stale_reads: float = 0.0) -> Sequence[str]:
        """There is nothing to prepare."""
        return ()

    def close(self) -> None:
        """Nothing is held open."""

    def _check_new(self, record: JournalRecord) -> None:
        key = record.details.get(REQUEST_KEY)
        found = self.recorded(record.actor, key) if key is not None else None
        if found:
            raise AlreadyRecorded(found.seq)

    def _stamped(self, record: JournalRecord) -> JournalRecord:
        now = self._clock()
        last = self._journal[-1].received_at if self._journal else None
        received_at = now if last is None else max(now, last)
        return replace(record, seq=len(self._journal) + 1, epoch=self._epoch, received_at=received_at)

    def _notify(self) -> None:
        self._generation += 1
        self._moved.notify_all()


class _Held:
    """A lease in one process is lost with the process alone."""

    def is_held(self) -> bool:
        """Always."""
        return True

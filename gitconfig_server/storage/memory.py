"""Repositories that live as long as the process: for tests, and for configuration that need not last."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from threading import Condition, Lock, RLock
from types import MappingProxyType

from dulwich.objects import ObjectID
from dulwich.pack import Pack

from gitconfig_server.errors import NotARepository, RepositoryExists
from gitconfig_server.storage.base import (
    Clock,
    JournalRecord,
    KeptPack,
    RawObject,
    RefUpdate,
    Snapshot,
    check_repository_name,
    utc_now,
)
from gitconfig_server.storage.object_store import StoredObjects, hex_id, raw_object
from gitconfig_server.storage.ref_rules import check_folders, check_ref_name, check_request, check_values


class MemoryObjects(StoredObjects):
    """Objects in a dict."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[bytes, tuple[int, bytes]] = {}

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """One look-up."""
        return self._entries[hex_id(name)]

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """One look-up each."""
        return {name for name in ids if name in self._entries}

    def iter_prefix(self, prefix: bytes) -> Iterator[ObjectID]:
        """Looks at every id."""
        return (name for name in self if name.startswith(prefix))

    def put(self, objects: Iterable[RawObject]) -> None:
        """Keep them."""
        self._entries.update((obj.id, (obj.type, obj.raw)) for obj in objects)

    def put_pack(self, pack: Path) -> None:
        """Keep what a pack file holds."""
        with Pack(str(pack.with_suffix("")), object_format=self.object_format) as opened:
            self.put(raw_object(obj) for obj in opened.iterobjects())

    def __iter__(self) -> Iterator[ObjectID]:
        """The ids there are now."""
        return map(ObjectID, list(self._entries))


class MemoryRepository:
    """One repository in memory; every move of refs happens under one lock."""

    writable = True

    def __init__(self, name: str, head: bytes, clock: Clock) -> None:
        self.name = name
        self.objects = MemoryObjects()
        self._head = head
        self._clock = clock
        self._refs: dict[bytes, bytes] = {}
        self._journal: list[JournalRecord] = []
        self._epoch = token_hex(8)
        self._generation = 0
        self._moved = Condition(RLock())
        self._turn = Lock()

    def snapshot(self) -> Snapshot:
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
        pack: Path | None = None,
        record: JournalRecord,
    ) -> int:
        """As ``StoredRepository.update_refs``; durable as memory is."""
        check_request(updates, record)
        self.objects.put(objects)
        if pack is not None:
            self.objects.put_pack(pack)
        with self._moved:
            check_values(updates, self._refs)
            check_folders(updates, self._refs)
            self._refs = _moved(self._refs, updates)
            self._journal.append(self._stamped(record))
            self._notify()
            return len(self._journal)

    def turn(self) -> AbstractContextManager[object]:
        """As ``StoredRepository.turn``."""
        return self._turn

    def journal(self, after: int = 0, ref: bytes | None = None) -> Iterator[JournalRecord]:
        """The records there are now."""
        records = self._journal[max(after, 0) :]
        return (record for record in records if ref is None or any(u.ref == ref for u in record.updates))

    def generation(self) -> int:
        """A counter."""
        return self._generation

    def wait(self, generation: int, timeout: float) -> int:
        """Woken by the move itself."""
        with self._moved:
            self._moved.wait_for(lambda: self._generation != generation, timeout)
            return self._generation

    def kept_packs(self) -> Sequence[KeptPack]:
        """None: what is in memory is quick to read, and dear to hold twice."""
        return ()

    def keep_pack(self, pack: Path, heads: Iterable[bytes]) -> None:
        """Nothing."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder among the system's temporary files."""
        folder = tempfile.mkdtemp(prefix="gitconfig-incoming-")
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Nothing is held open."""

    def _stamped(self, record: JournalRecord) -> JournalRecord:
        now = self._clock()
        last = self._journal[-1].received_at if self._journal else None
        received_at = now if last is None else max(now, last)
        return replace(record, seq=len(self._journal) + 1, epoch=self._epoch, received_at=received_at)

    def _notify(self) -> None:
        self._generation += 1
        self._moved.notify_all()


class MemoryStorage:
    """Repositories in a dict."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._repositories: dict[str, MemoryRepository] = {}
        self._lock = RLock()

    def create(self, name: str, default_branch: str = "main") -> MemoryRepository:
        """A new empty repository."""
        check_repository_name(name)
        head = b"refs/heads/" + default_branch.encode()
        check_ref_name(head)
        with self._lock:
            if name in self._repositories:
                raise RepositoryExists(f"memory holds a repository {name!r} already")
            self._repositories[name] = MemoryRepository(name, head, self._clock)
            return self._repositories[name]

    def open(self, name: str) -> MemoryRepository:
        """The same object for everybody who opens it."""
        try:
            return self._repositories[name]
        except KeyError:
            raise NotARepository(f"memory holds no repository {name!r}: create it first") from None

    def names(self) -> list[str]:
        """Sorted."""
        return sorted(self._repositories)

    def drop(self, name: str) -> None:
        """Forget it."""
        with self._lock:
            self.open(name)
            del self._repositories[name]

    def close(self) -> None:
        """Forget everything."""
        self._repositories.clear()


def _moved(refs: dict[bytes, bytes], updates: Iterable[RefUpdate]) -> dict[bytes, bytes]:
    moved = dict(refs)
    for update in updates:
        if update.new is None:
            moved.pop(update.ref, None)
        else:
            moved[update.ref] = update.new
    return moved

"""Repositories that are folders on disk, open to stock Git at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from secrets import token_hex

from gitconfig_server.errors import UpdateRefused
from gitconfig_server.storage.base import (
    Clock,
    JournalRecord,
    Lease,
    RefUpdate,
    Sighting,
    Snapshot,
    Turn,
    check_repository_name,
)
from gitconfig_server.storage.cursors import check_reached
from gitconfig_server.storage.disk import layout
from gitconfig_server.storage.disk.access import WriteAccess
from gitconfig_server.storage.disk.config import complete
from gitconfig_server.storage.disk.files import DiskFiles, DurableFolders
from gitconfig_server.storage.disk.folder import DiskFolder
from gitconfig_server.storage.disk.hooks import install_hooks
from gitconfig_server.storage.disk.journal.repair import repair_journal
from gitconfig_server.storage.disk.layout import RepositoryPlace
from gitconfig_server.storage.disk.ledger import DiskLedger
from gitconfig_server.storage.disk.lock import FolderLock
from gitconfig_server.storage.disk.objects.condemned import CondemnedObjects
from gitconfig_server.storage.disk.objects.kept_packs import KeptPacks
from gitconfig_server.storage.disk.objects.store import DiskObjects
from gitconfig_server.storage.disk.objects.upkeep import DiskUpkeep
from gitconfig_server.storage.disk.os_errors import storage_error, translated
from gitconfig_server.storage.disk.turn import DiskTurn
from gitconfig_server.storage.objects import CommitFacts, KeptPack, RawObject, ReceivedPack, WholePack
from gitconfig_server.storage.ref_rules import check_ref_name, check_request
from gitconfig_server.storage.walking import walk_commits


class DiskRepository:
    """A bare repository, or the ``.git`` of a work tree."""

    def __init__(
        self,
        name: str,
        place: RepositoryPlace,
        hooks: Mapping[str, str],
        files: DiskFiles,
        clock: Clock,
        lock_seconds: float,
    ) -> None:
        self.name = name
        self.root = place.root
        self.bare = place.bare
        files.share(self.root, place.shared)
        self._hooks = hooks
        self._files = files
        self._clock = clock
        self._leases: dict[str, FolderLock] = {}
        self._access = WriteAccess(place, files)
        durable = DurableFolders(self.root, files)
        condemned = CondemnedObjects(Path(self.root, layout.PRIVATE, "condemned"), files)
        self.objects = DiskObjects(f"{self.root}/objects", files, durable, condemned)
        self._condemned = condemned
        self._kept = KeptPacks(Path(self.root, layout.PRIVATE), files, self.objects.large_packs)
        self._ledger = DiskLedger(
            self.root, self.objects, files, durable, clock, lock_seconds=lock_seconds, writable=self._access.granted
        )
        self._folder = DiskFolder(self.root, self._ledger.symbolic, self._ledger.generation_at_once)

    @property
    def folder(self) -> DiskFolder:
        """As ``StoredRepository.folder``."""
        return self._folder

    @property
    def writable(self) -> bool:
        """Whether rights and mounts allow it; as of a second ago at most where they do not."""
        return self._access.look_again(self._ledger.become_writable)

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """As ``StoredRepository.adopt``."""
        self._require_writable()
        with translated(self.root):
            self._ledger.adopt(records)

    def repair(self) -> str | None:
        """Rewrite a damaged journal with the records that can be read; else damaged ``packed-refs``."""
        self._require_writable()
        with translated(self.root):
            done = repair_journal(self.root)
            if done is None:
                return self._ledger.upkeep.repair_packed() or None
        return f"the journal keeps {done.kept} records; {done.lost} bytes could not be read, see {done.before}"

    def damage(self) -> str | None:
        """What cannot be read of the journal; asked for by probes."""
        with translated(self.root):
            at = self._ledger.damage()
        return None if at is None else f"the journal cannot be read from byte {at} on"

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """All refs, as ``StoredRepository.snapshot``; moves by stock Git show within 10 ms, or at once if ``fresh``."""
        with translated(self.root):
            return self._ledger.snapshot(fresh=fresh)

    def head(self) -> bytes | None:
        """What HEAD names."""
        with translated(self.root):
            return self._ledger.head()

    def set_head(self, ref: bytes) -> None:
        """Point HEAD at ``ref``; refused where that would change what a work tree has checked out."""
        self._require_writable()
        check_ref_name(ref)
        if not self.bare:
            raise UpdateRefused(ref, "checked-out", "a work tree has HEAD: switch branches there")
        with translated(self.root):
            self._ledger.point_head(ref)

    def update_refs(
        self,
        updates: Sequence[RefUpdate],
        *,
        objects: Iterable[RawObject] = (),
        pack: ReceivedPack | None = None,
        record: JournalRecord,
    ) -> JournalRecord:
        """As ``Turn.update_refs``. Branches that a work tree has checked out are refused."""
        return self._update_refs(updates, objects, pack, record, lambda: None)

    def _update_refs(
        self,
        updates: Sequence[RefUpdate],
        objects: Iterable[RawObject],
        pack: ReceivedPack | None,
        record: JournalRecord,
        when_shown: Callable[[], None],
    ) -> JournalRecord:
        self._require_writable()
        check_request(updates, record)
        with translated(self.root):
            self._access.check_not_checked_out(updates)
            self.objects.put(objects)
            if pack is not None:
                self.objects.put_pack(pack.path)
            return self._ledger.move(updates, record, when_shown)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """As ``StoredRepository.turn``."""
        self._require_writable()
        with ExitStack() as held:
            with translated(self.root):
                held.enter_context(self._ledger.turn())
            yield DiskTurn(self._update_refs, held.close)

    def journal(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        ref: bytes | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[JournalRecord]:
        """As ``StoredRepository.journal``; what stock Git moved is journalled first."""
        with translated(self.root):
            journal = self._ledger.settled_journal()
            records = journal.records(after, before, ref, newest_first=newest_first)
        return islice(self._translated(records), limit)

    def journal_at(self, ref: bytes, time: datetime) -> JournalRecord | None:
        """As ``StoredRepository.journal_at``: halves the records of the ref."""
        with translated(self.root):
            return self._ledger.settled_journal().record_at(ref, time)

    def recorded(self, actor: str, key: str) -> JournalRecord | None:
        """As ``StoredRepository.recorded``."""
        with translated(self.root):
            return self._ledger.recorded(actor, key)

    def commits(
        self, tips: Iterable[bytes], stop: Iterable[bytes] = (), limit: int | None = None
    ) -> Iterator[CommitFacts]:
        """As ``StoredRepository.commits``."""
        return walk_commits(self.objects, tips, stop, limit)

    @contextmanager
    def lease(self, name: str) -> Iterator[Lease | None]:
        """A lock on a file, which dies with the process."""
        check_repository_name(name)
        self._require_writable()
        lock = self._leases.setdefault(name, FolderLock(f"{self.root}/{layout.PRIVATE}/lease-{name}"))
        with ExitStack() as held:
            with translated(self.root):
                is_ours = held.enter_context(lock.tried())
            yield lock if is_ours else None

    @property
    def shared_folder(self) -> Path | None:
        """Our own folder in the repository's."""
        return Path(self.root, layout.PRIVATE)

    def now(self) -> datetime:
        """The clock's time."""
        return self._clock()

    def reach(self, epoch: str, seq: int, timeout: float) -> None:
        """As ``StoredRepository.reach``: whatever is journalled is here."""
        check_reached(next(self.journal(newest_first=True, limit=1), None), epoch, seq)

    def age(self) -> float:
        """Nothing is kept that may be old."""
        return 0.0

    def generation(self, *, ask: bool = False) -> int:
        """As ``StoredRepository.generation``."""
        try:
            return self._ledger.generation()
        except OSError as error:
            raise storage_error(error, self.root) from error

    def sighting(self) -> Sighting:
        """As ``StoredRepository.sighting``."""
        return self._ledger.sighting()

    def wait(self, generation: int, timeout: float) -> int:
        """As ``StoredRepository.wait``."""
        with translated(self.root):
            return self._ledger.wait(generation, timeout)

    @property
    def upkeep(self) -> DiskUpkeep:
        """As ``StoredRepository.upkeep``; garbage only where no work tree may need what refs do not lead to."""
        collects = self.bare and not Path(self.root, "worktrees").exists()
        return DiskUpkeep(
            self.root, self.objects, self._files, self._condemned if collects else None, self._ledger.upkeep
        )

    def kept_packs(self) -> list[KeptPack]:
        """As ``StoredRepository.kept_packs``."""
        with translated(self.root):
            return self._kept.open()

    def keep_pack(self, pack: Path, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """As ``StoredRepository.keep_pack``."""
        self._require_writable()
        with translated(self.root):
            self._kept.keep(pack, heads, tags)

    def note_heads(self, pack: WholePack, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """As ``StoredRepository.note_heads``."""
        self._require_writable()
        with translated(self.root):
            self._kept.note(pack, heads, tags)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder in ``objects/`` that Git's prune knows to remove after a crash."""
        self._require_writable()
        folder = f"{self.root}/objects/{layout.INCOMING}{token_hex(8)}"
        with translated(self.root):
            self._files.make_folder(folder)
        try:
            yield Path(folder)
        finally:
            self._files.remove_tree(folder)

    def notices(self) -> Sequence[str]:
        """Packs and refs that cannot be read; all else is told when it is prepared."""
        with translated(self.root):
            return *layout.lost_indexes(self.root), *self._ledger.upkeep.damaged()

    def prepare(self, *, stale_reads: float = 0.0) -> list[str]:
        """Make the repository ready to be served: configuration, hooks, leftovers. What was left alone and why.

        A repository that belongs to a work tree, or that cannot be written, stays as it is.
        """
        if not self.writable:
            return [f"{self.root} cannot be written: it is served read-only"]
        if not self.bare:
            return [f"{self.root} belongs to a work tree: its configuration and hooks are left alone"]
        with translated(self.root):
            layout.remove_leftovers(self.root, self._files)
            self._ledger.replace_config(complete)
            return install_hooks(self.root, self._hooks, self._files)

    def close(self) -> None:
        """Close packs and the mapped counter."""
        self.objects.close()
        self._kept.close()
        self._ledger.close()

    def _translated(self, records: Iterator[JournalRecord]) -> Iterator[JournalRecord]:
        with translated(self.root):
            yield from records

    def _require_writable(self) -> None:
        if not self.writable:
            raise self._access.refusal()
        self._files.share(self.root, self._folder.shared_mode())  # the owner may change it while it is served

"""The one door: refs move only through ``GitRepository.update_refs``."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from weakref import WeakSet

from gitconfig_server.errors import RefChanged, UpdateRefused
from gitconfig_server.git import ref_names
from gitconfig_server.git.ancestors import FirstParents
from gitconfig_server.git.feed import Feed, Listener
from gitconfig_server.git.folder_settings import FolderSettings
from gitconfig_server.git.judge import Judge
from gitconfig_server.git.objects.deadline import BoundedReader, Deadline
from gitconfig_server.git.objects.reader import ObjectReader, Overlay
from gitconfig_server.git.objects.tree_sizes import TreeSizes
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.rules import (
    Concerns,
    ContentCheck,
    Ending,
    HistoryCheck,
    Judged,
    Keeper,
    Looked,
    Permits,
    RefRules,
    everybody,
)
from gitconfig_server.model.findings import Concerned, Finding
from gitconfig_server.model.principals import Intent, Mover
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import (
    GitFolder,
    JournalRecord,
    RefUpdate,
    Snapshot,
    StoredRepository,
    Turn,
)
from gitconfig_server.storage.object_cache import CachedObjects
from gitconfig_server.storage.objects import RawObject, ReceivedPack

_PUSHER = Mover()
_WRITER = Mover(intent=Intent.WRITE)

CACHE_BYTES = 32 * 1024 * 1024
_OF_SIZES = 8
"""One of so many parts of it is for the sizes of trees."""

_KEPT_MOVES = 1000
"""Refs whose last record is kept."""


class GitRepository:
    """A stored repository with rules. Safe to use from any thread."""

    def __init__(
        self,
        stored: StoredRepository,
        *,
        rules: RefRules | None = None,
        checks: Sequence[ContentCheck] = (),
        tip_checks: Sequence[ContentCheck] = (),
        default_branch: str = "",
        cache_bytes: int = CACHE_BYTES,
        permits: Permits = everybody,
        keeper: Keeper | None = None,
        history_checks: Sequence[HistoryCheck] = (),
        concerns: Concerns | None = None,
    ) -> None:
        self.stored = stored
        self.keeping = threading.Lock()
        """Held by the one clone whose pack is being kept."""
        self.refused_pushes = 0
        """Refs that pushes over HTTP named and did not get, for who counts such things."""
        self.objects = CachedObjects(stored.objects, cache_bytes - cache_bytes // _OF_SIZES)
        self.folder = FolderSettings(stored.folder)
        self._ask_at_once = stored.folder.generation_at_once if stored.folder else stored.generation
        self.sighting = stored.sighting
        """What ``generation_at_once`` saw last, where that can be held against what is now without a call."""
        self.first_parents = FirstParents(self.objects, stored.folder)
        self._rules = rules or RefRules()
        self._checks = tuple(checks)
        self._tip_checks = tuple(tip_checks)
        self._default_branch = default_branch
        self.feed = Feed(stored)
        self._sizes = TreeSizes(cache_bytes // _OF_SIZES)
        # Weak: a deadline goes with the check that holds it, however that ends.
        self._deadlines: WeakSet[Deadline] = WeakSet()
        self._lock = threading.Lock()
        self._door = object()
        self._permits = permits
        self._last_moves: dict[bytes, tuple[int, JournalRecord | None]] = {}
        self._keeper = keeper
        self._history_checks = tuple(history_checks)
        self._concerns = concerns

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """All refs as of one instant, private ones included; ``fresh`` before a write is judged by them."""
        return self.stored.snapshot(fresh=fresh)

    def generation(self, *, ask: bool = False) -> int:
        """Differs whenever any ref moved; StorageStale where what is known may be older than is promised.

        With ``ask`` the storage is asked then, which takes its time.
        """
        return self.stored.generation(ask=ask)

    def generation_at_once(self) -> int | None:
        """As ``generation``, for an event loop: None where somebody has changed more than can be read at once."""
        return self._ask_at_once()

    def advertised(self, service: str = "") -> dict[bytes, bytes]:
        """The refs a client may see, sorted by name; those that name others with the id of those.

        Without what the folder's own configuration hides from the ``service``.
        """
        refs = self.snapshot()
        seen = {**refs, **{ref: refs[target] for ref, target in self.symbolic().items() if target in refs}}
        shown = {ref: at for ref, at in sorted(seen.items()) if not ref.startswith(ref_names.PRIVATE)}
        hidden = self.folder.hidden(service, shown) if service else ()
        return {ref: at for ref, at in shown.items() if ref not in hidden} if hidden else shown

    def symbolic(self) -> Mapping[bytes, bytes]:
        """Branches that name another branch, and that one: they are read and written through."""
        folder = self.stored.folder
        return folder.symbolic() if folder else {}

    def target_of(self, ref: bytes) -> bytes:
        """The ref that ``ref`` stands for: another one where it is symbolic."""
        return self.symbolic().get(ref, ref)

    def default_ref(self) -> bytes:
        """The branch that HEAD is advertised as: the setting, else ``main``, else ``master``, else the repository's.

        It need not exist.
        """
        if self._default_branch:
            return ref_names.branch_ref(self._default_branch)
        refs = self.snapshot()
        usual = (ref_names.branch_ref("main"), ref_names.branch_ref("master"))
        return next((ref for ref in usual if ref in refs), None) or self.stored.head() or usual[0]

    def judge(
        self,
        updates: Sequence[RefUpdate],
        new: ObjectReader | None = None,
        by: Mover = _PUSHER,
        *,
        deadline: Deadline | None = None,
        looked: Looked | None = None,
    ) -> list[Judged]:
        """The door's opinion of what ``by`` wants to be moved, in order; ``new`` holds objects not stored yet.

        ``looked``: what was read of both already. ``deadline``: when the looking must be over; CheckTimeout.
        """
        return self._judge(new, by, self._permits, deadline, looked).judge(updates)

    def hindrance(self, update: RefUpdate, new: ObjectReader | None = None) -> UpdateRefused | None:
        """Why nobody could make a move now, whatever the label is to hold: the rules, or what hangs on it."""
        return self._judge(new, _WRITER, everybody).hindrance(update)

    def _judge(
        self,
        new: ObjectReader | None,
        by: Mover,
        permits: Permits,
        deadline: Deadline | None = None,
        looked: Looked | None = None,
    ) -> Judge:
        return Judge(
            BoundedReader(Overlay(new, self.objects) if new else self.objects, deadline or self.deadline()),
            self.snapshot(),
            by.keep or self.default_ref(),
            self._rules,
            self._checks,
            by,
            self._door,
            permits,
            sizes=self._sizes,
            tip_checks=self._tip_checks,
            keeper=self._keeper,
            history_checks=self._history_checks,
            looked=looked,
        )

    @property
    def hooked_folder(self) -> GitFolder | None:
        """The folder whose hooks pushes run."""
        return self.stored.folder if self._rules.run_hooks else None

    def deadline(self) -> Deadline:
        """The end of checks that begin now; ``stop_checks`` may bring it forward."""
        deadline = Deadline(self._rules.check_seconds)
        with self._lock:
            self._deadlines.add(deadline)
        return deadline

    def stop_checks(self) -> None:
        """End the checks under way, which refuse what they look at: the process is to end."""
        with self._lock:
            for deadline in self._deadlines:
                deadline.cancel()

    def check(self, old: TreeView | None, new: TreeView) -> list[Finding]:
        """What the content checks say of a tree that comes after another."""
        return [finding for check in (*self._checks, *self._tip_checks) for finding in check(old, new)]

    def concerned(self, update: RefUpdate, old: TreeView, new: TreeView) -> Concerned:
        """Whose environments the move of a branch between two trees changes, nobody's where it is a working branch."""
        is_label = update.ref.startswith(ref_names.BRANCHES) and not ref_names.is_staged(update.ref)
        return self._concerns(old, new) if self._concerns and is_label else Concerned()

    def turn(self) -> AbstractContextManager[Turn]:
        """Stand in line to change what is there now: from reading the tip to ``update_refs``, which gets the value.

        A push takes no turn, so RefChanged remains possible.
        """
        return self.stored.turn()

    def update_refs(
        self,
        judged: Sequence[Judged],
        by: Mover,
        *,
        objects: Iterable[RawObject] = (),
        pack: ReceivedPack | None = None,
        reason: str,
        message: str = "",
        details: Mapping[str, str] | None = None,
        turn: Turn | None = None,
    ) -> JournalRecord:
        """Store what is new and move all refs or none; listeners hear of it afterwards, outside every lock.

        Answers the journal's record, as the listeners get it. Raises the first refusal (UpdateRefused), RefChanged
        where a ref moved meanwhile, AlreadyRecorded, StorageBusy, StorageFull, RepositoryReadOnly; in each case no ref
        has moved. After OutcomeUnknown they may have.
        """
        for one in judged:
            # Judged is made by judge() alone: nobody gets past the rules by making one, or by those of another door.
            if one.door is not self._door:
                raise ValueError(f"the move of {one.update.ref!r} was not judged by this door")
            if one.refusal:
                raise one.refusal
        # Within a turn it was done before the turn began, which is one transaction.
        if turn is None:
            self.remove_ended([one.update.ref for one in judged])
        updates = tuple(update for one in judged for update in (one.update, *one.along.updates))
        record = JournalRecord(updates, reason, by.who.actor, message, details or {})
        new = (*objects, *(made for one in judged for made in one.along.objects))
        stored = (turn or self.stored).update_refs(updates, objects=new, pack=pack, record=record)
        self.objects.remember(new)  # what was written is read next
        self.feed.tell(stored)
        return stored

    def remove_ended(self, labels: Collection[bytes] | None = None) -> int:
        """Remove what is over of all that hangs on some labels (None: on any), each with a record of its own; how much.

        Readers know without that; it is for the journal, for listeners, and before anything else moves there. Not
        within a turn, which is for one transaction.
        """
        ended = self._keeper.find_ended(self.snapshot(), self.objects, labels) if self._keeper else ()
        return sum(1 for one in list(ended) if self._remove(one))

    def _remove(self, ending: Ending) -> bool:
        record = JournalRecord((ending.update,), ending.reason, details=ending.details)
        try:
            stored = self.stored.update_refs(record.updates, record=record)
        except RefChanged:
            return False  # somebody else was quicker, and has journalled what became of it
        self.feed.tell(stored)
        return True

    def add_listener(self, listener: Listener, *, own: bool = False) -> None:
        """Call ``listener`` after each move, whoever made it, while ``feed`` follows; or after ``own`` ones alone."""
        self.feed.add(listener, own=own)

    def follows(self, ref: bytes) -> bool:
        """Whether the label changes in the upstream repository alone."""
        return self._rules.followed.cover(ref, self.snapshot())

    def moves(
        self, ref: bytes, *, newest_first: bool = False, limit: int | None = None, before: int | None = None
    ) -> Iterator[JournalRecord]:
        """The journal's records that moved ``ref``; ``before``: those of smaller numbers."""
        return self.stored.journal(ref=ref, newest_first=newest_first, limit=limit, before=before)

    def last_move(self, ref: bytes) -> JournalRecord | None:
        """The journal's last record that moved ``ref``, with that move alone; it is asked for at each read of a label.

        So it is kept, and a push of 10,000 refs is not held by each of them.
        """
        generation = self.generation(ask=True)
        known = self._last_moves.get(ref)
        if known and known[0] == generation:
            return known[1]
        whole = next(self.moves(ref, newest_first=True, limit=1), None)
        record = whole and replace(whole, updates=tuple(one for one in whole.updates if one.ref == ref))
        if len(self._last_moves) > _KEPT_MOVES:
            self._last_moves.clear()
        self._last_moves[ref] = generation, record
        return record

    def close(self) -> None:
        """Release the storage's files and connections."""
        self.feed.stop()
        self.stored.close()

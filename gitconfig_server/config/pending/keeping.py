"""What the door does for labels on which something hangs: refuse, build what is pending anew, remove what is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from gitconfig_server.config.names.manifest import MANIFEST, SCHEMAS
from gitconfig_server.config.running.clocks import Grant, Moment, Moments
from gitconfig_server.config.running.records import (
    FREEZES,
    PENDING,
    PINS,
    PendingRecord,
    encode_pending,
    freeze_ref,
    make_record,
    pending_ref,
    pin_ref,
    read_freeze,
    read_pending,
    read_pin,
)
from gitconfig_server.config.running.running import TIMEOUT
from gitconfig_server.errors import Conflict, FileNotFound, LabelFrozen, PendingApply, UpdateRefused
from gitconfig_server.git import ref_names
from gitconfig_server.git.objects.commits import Identity, make_commit, read_commit, tree_of
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader, Overlay
from gitconfig_server.git.objects.trees import TreeEntry, TreeView, changed_files, edit_tree
from gitconfig_server.git.rules import NOTHING_ALONG, Along, ContentCheck, Ending
from gitconfig_server.model.principals import Intent, Mover
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import RefUpdate, Snapshot
from gitconfig_server.storage.objects import RawObject

VOID = "void"


class LabelKeeper:
    """A ``Keeper``: what is pending, pinned or frozen is looked after whoever moves the label, and by whatever way."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments

    def go_along(
        self, update: RefUpdate, refs: Snapshot, reader: ObjectReader, by: Mover, check: ContentCheck
    ) -> Along:
        """As ``Keeper.go_along``."""
        # What is staged is in force for nobody, so nothing hangs on it.
        if not ref_names.label_of(update.ref) or ref_names.is_staged(update.ref):
            return NOTHING_ALONG
        now = self._moments()
        refusal = self._frozen(update, refs, reader, by, now)
        if refusal:
            return Along(refusal=refusal)
        along = self._carry_pending(update, refs, reader, by, check, now)
        if along.refusal or update.new is not None:
            return along
        brakes = (ref for ref in (pin_ref(update.ref), freeze_ref(update.ref)) if ref in refs)
        return replace(along, updates=(*along.updates, *(RefUpdate(ref, refs[ref], None) for ref in brakes)))

    def _carry_pending(
        self, update: RefUpdate, refs: Snapshot, reader: ObjectReader, by: Mover, check: ContentCheck, now: Moment
    ) -> Along:
        pending = read_pending(reader, refs, update.ref) if update.ref.startswith(ref_names.BRANCHES) else None
        if pending is None or pending_ref(update.ref) in by.settles:
            return NOTHING_ALONG
        if by.intent is Intent.UPSTREAM or not _is_live(pending, refs, update.ref, now):  # what upstream says is so
            return Along((RefUpdate(pending_ref(update.ref), pending.value, None),))
        # The label goes on beneath what is pending: readers get both, or the write is refused.
        return self._rebuild(pending, update, reader, check, now)

    def find_ended(self, refs: Snapshot, reader: ObjectReader, labels: Collection[bytes] | None) -> Iterator[Ending]:
        """As ``Keeper.find_ended``."""
        now = self._moments()
        for ref in _labels_with_records(refs) if labels is None else labels:
            pending = read_pending(reader, refs, ref) if ref.startswith(ref_names.BRANCHES) else None
            if pending and not _is_live(pending, refs, ref, now):
                reason = TIMEOUT if pending.stands_on(refs.get(ref)) else VOID
                details = {"pending": pending.id, "deadline": pending.deadline.wall.isoformat()}
                yield Ending(RefUpdate(pending_ref(ref), pending.value, None), reason, details)
            for prefix, record in ((PINS, read_pin(reader, refs, ref)), (FREEZES, read_freeze(reader, refs, ref))):
                if record and _has_passed(record.deadline, now):
                    own = prefix + ref.removeprefix(b"refs/")
                    yield Ending(RefUpdate(own, record.value, None), TIMEOUT, {})

    def _frozen(
        self, update: RefUpdate, refs: Snapshot, reader: ObjectReader, by: Mover, now: Moment
    ) -> UpdateRefused | None:
        """Why a frozen label may not move; what was in force may always come back."""
        if by.intent is Intent.UPSTREAM or by.former is not None:
            return None
        freeze = read_freeze(reader, refs, update.ref)
        if freeze is None or _has_passed(freeze.deadline, now):
            return None
        until = freeze.deadline.wall if freeze.deadline else None
        return LabelFrozen(update.ref, freeze.why, freeze.actor, until)

    def _rebuild(
        self, pending: PendingRecord, update: RefUpdate, reader: ObjectReader, check: ContentCheck, now: Moment
    ) -> Along:
        """The pending commit anew upon the label's new tip; a refusal where the two touch each other.

        They touch where a path differs on both ways, where one that all others depend on differs on either, and where
        what both give together cannot stand or cannot be read.
        """
        refused = Along(refusal=PendingApply(update.ref, pending.id, pending.deadline.wall))
        # A label that comes or goes has no tip to build upon.
        if update.old is None or update.new is None:
            return refused
        theirs = _changes(reader, pending.head.encode(), pending.commit)
        ours = _changes(reader, update.old, update.new)
        # The manifest and schemas say what every file means and may hold: a change of them touches all.
        if not theirs.keys().isdisjoint(ours) or any(map(_concerns_all, (*theirs, *ours))):
            return refused
        tip = tree_of(reader, update.new)
        try:
            tree, made = edit_tree(reader, tip, theirs)
        except (Conflict, FileNotFound):  # a file in the place of a folder
            return refused
        after = TreeView(Overlay(ObjectMap(made), reader), tree)
        if any(one.fatal for one in check(TreeView(reader, tip), after)):
            return refused
        return _renew(pending, update.new, tree, made, reader, now)


def _renew(
    pending: PendingRecord,
    head: bytes,
    tree: bytes,
    objects: Iterable[RawObject],
    reader: ObjectReader,
    now: Moment,
) -> Along:
    former = read_commit(reader, pending.commit)
    author = Identity(former.author.name, former.author.email)
    committer = Identity(former.committer.name, former.committer.email)
    parents = (head, *(former.parents[1:] or (former.id,)))  # what staged branches have for their base stays beneath it
    commit = make_commit(tree, parents, author=author, committer=committer, when=now.wall, message=former.message)
    staged = pending.staged
    if staged and staged.new.encode() == pending.commit:
        staged = replace(staged, new=commit.id.decode())
    renewed = replace(pending, head=head.decode(), stood=pending.head, staged=staged, commit=commit.id)
    # A record has what it names for parents, so that no collection of garbage takes it while it is pending.
    kept = (commit.id, staged.new.encode()) if staged and staged.new.encode() != commit.id else (commit.id,)
    record = make_record(encode_pending(renewed), kept, now.wall)
    update = RefUpdate(PENDING + pending.label.encode(), pending.value, record[-1].id)
    return Along((update,), (*objects, commit, *record))


def _is_live(pending: PendingRecord, refs: Snapshot, ref: bytes, now: Moment) -> bool:
    return pending.stands_on(refs.get(ref)) and not pending.deadline.has_passed(now)


def _has_passed(deadline: Grant | None, now: Moment) -> bool:
    return deadline is not None and deadline.has_passed(now)


def _labels_with_records(refs: Snapshot) -> set[bytes]:
    labels = {ref_names.BRANCHES + ref.removeprefix(PENDING) for ref in refs if ref.startswith(PENDING)}
    brakes = (ref.removeprefix(prefix) for prefix in (PINS, FREEZES) for ref in refs if ref.startswith(prefix))
    return labels | {b"refs/" + ref for ref in brakes}


def _changes(reader: ObjectReader, old: bytes, new: bytes) -> dict[bytes, TreeEntry | None]:
    """Path -> what stands there in the second commit, of all that differ."""
    before, after = (TreeView(reader, tree_of(reader, commit)) for commit in (old, new))
    return {path: entry for path, _, entry in changed_files(before, after)}


def _concerns_all(path: bytes) -> bool:
    return path == MANIFEST.encode() or path.startswith(f"{SCHEMAS}/".encode())

"""Carrying out what was decided about labels: taken, joined, deleted, remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gitconfig_server.config.held import read_unfit, unfit_details
from gitconfig_server.config.staging.conflicts import SideOfMerge
from gitconfig_server.config.staging.merge import Merge, merge_plainly
from gitconfig_server.errors import RefChanged, UpdateRefused
from gitconfig_server.git.graph import divergence
from gitconfig_server.git.merge import Ancestor, common_ancestor
from gitconfig_server.git.objects.commits import SERVER, make_commit, tree_of
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader, Overlay
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.receiving.quarantine import Quarantine
from gitconfig_server.git.ref_names import label_of
from gitconfig_server.git.remotes.fetching import RemoteRefs
from gitconfig_server.git.rules import Judged
from gitconfig_server.git.upstream_refs import seen_ref
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.principals import Intent, Mover, Principal
from gitconfig_server.model.replace import replace
from gitconfig_server.service.upstream.status import HELD, Trouble
from gitconfig_server.service.upstream.steps import BothRepositories, FollowedSide, SyncStep
from gitconfig_server.storage.base import Clock, RefUpdate, Turn
from gitconfig_server.storage.objects import RawObject, ReceivedPack

_FILES = 20
_CLASH = "has commits that upstream has not: set upstream.push_back to join them, or delete or rename the label"
_TAG_CLASH = "the tag stands elsewhere here and upstream: delete one of the two"


class Taking:
    """One try to agree with the remote. RefChanged, raised anywhere, means that the decisions are out of date."""

    def __init__(
        self, side: FollowedSide, remote: RemoteRefs, quarantine: Quarantine, default_label: str, clock: Clock
    ) -> None:
        self.compared = BothRepositories(side, remote, Overlay(quarantine, side.git.objects))
        self.again = False
        """Whether what was deleted made way for a label that could not be taken before."""
        self._side = side
        self._git = side.git
        self._by = Mover(Principal(side.remote), Intent.UPSTREAM)
        self._note_by = replace(self._by, intent=Intent.OWN)
        self._quarantine = quarantine
        self._clock = clock
        self._troubles: dict[bytes, Trouble] = {}
        self._head = remote.head if remote.head in self.compared.theirs and not default_label else None

    def labels(self, among: Collection[bytes] | None) -> list[bytes]:
        """Those to look at."""
        return [ref for ref in self.compared.labels() if among is None or ref in among]

    def carry_out(self, refs: Sequence[bytes]) -> dict[bytes, Trouble]:
        """Do what is to be done about each of ``refs``; what stands in the way of some."""
        steps = {ref: self._step(ref) for ref in refs}
        self._move([ref for ref, step in steps.items() if step is SyncStep.TAKE])
        self._note([ref for ref, step in steps.items() if step in (SyncStep.NOTE, SyncStep.LET_GO)])
        self._point_head()
        for ref in (ref for ref, step in steps.items() if step is SyncStep.JOIN):
            self._join(ref)
        deleted = self._delete([ref for ref, step in steps.items() if step is SyncStep.DELETE])
        self.again = deleted and any(trouble.rule == "name-conflict" for trouble in self._troubles.values())
        return self._troubles

    def _step(self, ref: bytes) -> SyncStep:
        step = self.compared.step(ref)
        if step is SyncStep.CLASH and not self._side.push_back and self._only_begun(ref):
            return SyncStep.TAKE
        if step is SyncStep.CLASH:
            self._trouble(ref, *(("conflict", _TAG_CLASH) if self._side.push_back else ("diverged", _CLASH)))
        return step

    def _only_begun(self, ref: bytes) -> bool:
        """Whether the label is as ``init`` made it: nobody has saved anything there yet."""
        return [record.reason for record in self._git.moves(ref, limit=2)] in (["template"], ["init"])

    def _move(self, refs: Sequence[bytes]) -> None:
        updates = [self._update(ref) for ref in refs]
        judged = self._accepted(self._git.judge(updates, self._quarantine, self._by))
        forced = {one.update.ref for one in judged if self.compared.forced(one.update.ref)}
        for reason, group in (
            ("upstream", [one for one in judged if one.update.ref not in forced]),
            ("upstream-forced", [one for one in judged if one.update.ref in forced]),
        ):
            self._pass(group, reason)

    def _note(self, refs: Iterable[bytes]) -> None:
        updates = [self._seen(ref, self.compared.theirs.get(ref)) for ref in refs]
        if updates:
            self._git.update_refs(self._git.judge(updates, by=self._note_by), self._note_by, reason="upstream")

    def _delete(self, refs: Sequence[bytes]) -> bool:
        updates = [self._update(ref) for ref in refs]
        keep = self._head if self._head in self._git.snapshot() else None
        judged = self._accepted(self._git.judge(updates, by=replace(self._by, keep=keep)))
        return self._pass(judged, "upstream")

    def _join(self, ref: bytes) -> None:
        """Merge theirs into ours, which stays the first parent."""
        with self._git.turn() as turn:
            ours = self._git.snapshot().get(ref)
            if ours is None or ours != self.compared.ours[ref]:
                raise RefChanged(ref, self.compared.ours[ref], ours)
            if new := self._merge(ref, ours, self.compared.theirs[ref]):
                reader = Overlay(ObjectMap(new), self._quarantine)
                judged = self._git.judge([RefUpdate(ref, ours, new[-1].id)], reader, self._by)
                self._pass(self._accepted(judged), "upstream-joined", new, turn)

    def _merge(self, ref: bytes, ours: bytes, theirs: bytes) -> list[RawObject]:
        """The objects of a merge, the commit last; none where a file that both changed stands in the way."""
        reader = Overlay(self._quarantine, self._git.objects)
        label = label_of(ref) or ""
        names = ((label, ours), (self._side.remote, theirs))
        one, two = (SideOfMerge(name, commit, tree_of(reader, commit)) for name, commit in names)
        since = divergence(reader, theirs, ours).base
        merged = Merge(reader, self._ancestor(ref, reader, ours, theirs), one, two, since).merged()
        if merged.conflicts:
            files = tuple(dict.fromkeys(one.path for one in merged.conflicts))
            nodes = tuple(map(str, merged.conflicts))
            self._trouble(ref, "conflict", "both sides have changed the same", files[:_FILES], nodes[:_FILES])
            return []
        message, when = f"Merge {label} of {self._side.remote}", self._clock()
        commit = make_commit(merged.tree, (ours, theirs), author=SERVER, committer=SERVER, when=when, message=message)
        return [*merged.objects, commit]

    def _ancestor(self, ref: bytes, reader: ObjectReader, ours: bytes, theirs: bytes) -> Ancestor | None:
        """What both grew from; where upstream was rewritten, what both agreed on last.

        Elsewhere what is remembered of that may be older than the merge base: a push is noted after it was taken.
        """
        seen = self.compared.seen.get(ref)
        if seen and self.compared.descends(seen, ours) and not self.compared.descends(seen, theirs):
            return Ancestor(TreeView(reader, tree_of(reader, seen)))
        return common_ancestor(reader, ours, theirs, merge_plainly)

    def _accepted(self, judged: Iterable[Judged]) -> list[Judged]:
        """Those that the door lets pass; the others are trouble."""
        passing = []
        for one in judged:
            fatal = [finding for finding in one.findings if finding.fatal]
            faults = tuple(map(str, fatal or self._unfit(one)))
            if one.refusal:
                self._trouble(one.update.ref, one.refusal.rule, one.refusal.reason, faults[:_FILES])
                continue
            passing.append(one)
            if faults:
                self._trouble(one.update.ref, HELD, f"{len(faults)} fault(s) in its files", faults[:_FILES])
        return passing

    def _pass(
        self, judged: Sequence[Judged], reason: str, new: Sequence[RawObject] = (), turn: Turn | None = None
    ) -> bool:
        """Through the door, with what is remembered of upstream; whether any label moved."""
        standing = list(judged)
        while standing:
            seen = [self._seen(one.update.ref, self.compared.theirs.get(one.update.ref)) for one in standing]
            noted = self._git.judge([one for one in seen if one.old != one.new], by=self._note_by)
            try:
                self._git.update_refs(
                    [*standing, *noted],
                    self._by,
                    objects=[*self._quarantine.objects, *new],
                    pack=self._pack(),
                    reason=reason,
                    details=unfit_details({one.update.ref: self._unfit(one) for one in standing}),
                    turn=turn,
                )
                return True
            except UpdateRefused as error:
                named = [one for one in standing if error.ref in (one.update.ref, seen_ref(one.update.ref))]
                for one in named or standing:
                    self._trouble(one.update.ref, error.rule, error.reason)
                standing = [one for one in standing if named and one not in named]
        return False

    def _unfit(self, judged: Judged) -> list[Finding]:
        """What keeps applications from a tip: what is wrong with it, and what was wrong and is not mended yet."""
        last = self._git.last_move(judged.update.ref)
        before = read_unfit(last, judged.update.ref) if last else {}
        found = [one for one in judged.findings if one.applications and not one.commit]
        return [
            replace(one, applications=names)
            for one in found
            if (names := one.applications if one.fatal else tuple(name for name in one.applications if name in before))
        ]

    def _pack(self) -> ReceivedPack | None:
        """What has not been moved away by an earlier transaction."""
        pack = self._quarantine.pack
        return pack if pack and pack.path.exists() else None

    def _point_head(self) -> None:
        """Let HEAD name what it names upstream, for where no setting and no usual name says what the default is."""
        if self._head and self._head in self._git.snapshot() and self._git.stored.head() != self._head:
            try:
                self._git.stored.set_head(self._head)
            except UpdateRefused as error:
                self._trouble(self._head, error.rule, error.reason)

    def _update(self, ref: bytes) -> RefUpdate:
        return RefUpdate(ref, self.compared.ours.get(ref), self.compared.theirs.get(ref))

    def _seen(self, ref: bytes, value: bytes | None) -> RefUpdate:
        return RefUpdate(seen_ref(ref), self.compared.seen.get(ref), value)

    def _trouble(
        self, ref: bytes, rule: str, reason: str, files: tuple[str, ...] = (), conflicts: tuple[str, ...] = ()
    ) -> None:
        ours, theirs = self.compared.ours.get(ref) or b"", self.compared.theirs.get(ref) or b""
        label = label_of(ref) or ""
        self._troubles[ref] = Trouble(label, rule, reason, files, ours.decode(), theirs.decode(), conflicts)

"""What the door says of moves: whether the rules allow them, and whether what they would put in force can be read."""

from __future__ import annotations

from collections.abc import Sequence

from gitconfig_server.errors import CheckTimeout, FollowedLabel, InvalidName, UpdateRefused
from gitconfig_server.git import ref_names
from gitconfig_server.git.graph import Lineage, is_ancestor, new_commits
from gitconfig_server.git.name_clashes import Names
from gitconfig_server.git.objects.commits import peel, tree_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_sets import TreeCache
from gitconfig_server.git.objects.tree_sizes import TreeSizes
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.rules import ContentCheck, HistoryCheck, Judged, Keeper, Looked, Permits, RefRules
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.principals import Intent, Mover
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import RefUpdate, Snapshot
from gitconfig_server.storage.objects import COMMIT

_MAX_OLDER = 200
"""How many older commits of one push are looked at where they can only be warned of, the newest first."""
_MAX_WARNINGS = 20
_KEPT_VIEWS = 4


class Judge:
    """Judges one batch of updates against one snapshot; ``reader`` sees stored and offered objects.

    ``looked``: what was read of them already. ``tip_checks`` look at nothing older than a tip, and never keep from
    going back to a ``former`` state.
    """

    def __init__(
        self,
        reader: ObjectReader,
        refs: Snapshot,
        default_ref: bytes,
        rules: RefRules,
        checks: Sequence[ContentCheck],
        by: Mover,
        door: object,
        permits: Permits,
        sizes: TreeSizes | None = None,
        tip_checks: Sequence[ContentCheck] = (),
        keeper: Keeper | None = None,
        history_checks: Sequence[HistoryCheck] = (),
        looked: Looked | None = None,
    ) -> None:
        self._trees = looked.trees if looked else TreeCache(reader)
        self._history_checks = history_checks
        self._keeper = keeper
        self._sizes = sizes or TreeSizes()
        self._reader = reader
        self._lineage = Lineage(reader, looked.commits if looked else None)
        self._views: dict[bytes, TreeView] = {}
        self._refs = refs
        self._default_ref = default_ref
        self._rules = _freed(rules) if by.intent is Intent.DELIBERATE else rules
        self._checks = checks
        self._by = by
        self._by_upstream = by.intent is Intent.UPSTREAM
        self._door = door
        self._permits = permits
        self._tip_checks = tip_checks
        self._arrived: set[bytes] = set()
        self._tips: set[bytes] | None = None

    def judge(self, updates: Sequence[RefUpdate]) -> list[Judged]:
        """One opinion per update, in order; branches are looked at before the tags that may point into them.

        What goes makes room, whatever its place, and of two that cannot stand beside each other the first one does.
        """
        if self._by.intent is Intent.OWN:
            return [Judged(self._door, update, _foreign(update)) for update in updates]
        after = Names(self._refs, updates)
        judged: dict[int, Judged] = {}
        for index, update in sorted(enumerate(updates), key=_turn):
            refusal = self._refusal(update, after)
            judged[index] = Judged(self._door, update, refusal) if refusal else self._keep(self._content(update))
            if judged[index].refusal is None:
                after.take(update)
        return [judged[index] for index in range(len(updates))]

    def hindrance(self, update: RefUpdate) -> UpdateRefused | None:
        """Why the rules, or what hangs on the label, keep it from moving, whatever it is to hold."""
        refusal = self._refusal(update, Names(self._refs, [update]))
        return refusal or self._keep(Judged(self._door, update)).refusal

    def _keep(self, judged: Judged) -> Judged:
        """With what must go along."""
        if judged.refusal:
            return judged
        judged = replace(judged, is_forced=self._is_forced(judged.update))
        if self._keeper is None:
            return judged
        along = self._keeper.go_along(judged.update, self._refs, self._reader, self._by, self._check_trees)
        return replace(judged, refusal=along.refusal, along=along)

    def _check_trees(self, old: TreeView | None, new: TreeView) -> list[Finding]:
        return [finding for check in (*self._checks, *self._tip_checks) for finding in check(old, new)]

    def _refusal(self, update: RefUpdate, after: Names) -> UpdateRefused | None:
        try:
            ref_names.check_writable(update.ref)
        except InvalidName as error:
            return UpdateRefused(update.ref, "name", error.reason)
        if not self._permits(self._by.who, update):
            return UpdateRefused(update.ref, "denied", f"{self._by.who.actor} may not move it")
        if not self._by_upstream and self._rules.followed.cover(update.ref, self._refs):
            return FollowedLabel(update.ref)
        rule, reason = self._deletion(update) if update.new is None else self._move(update, update.new, after)
        return UpdateRefused(update.ref, rule, reason) if rule else None

    def _deletion(self, update: RefUpdate) -> tuple[str, str]:
        if update.ref == self._default_ref:
            return "default-label", "the default label cannot be deleted"
        if self._by_upstream or ref_names.is_staged(update.ref) or self._rules.allow_deletion:
            return "", ""
        return "deletion", "labels cannot be deleted by push (setting push.allow_deletion)"

    def _move(self, update: RefUpdate, new: bytes, after: Names) -> tuple[str, str]:
        clash = after.clash(update.ref)
        if clash:
            return "name-conflict", f"{clash.decode(errors='replace')} stands in the way"
        if not self._holds_commit(update.ref, new):
            wrong = "does not lead to a commit" if update.ref.startswith(ref_names.TAGS) else "a branch holds a commit"
            return "not-a-commit", wrong
        if update.old is None or self._by_upstream or ref_names.is_staged(update.ref):
            return "", ""
        if self._rules.allow_non_fast_forward:
            return "", ""
        if update.ref.startswith(ref_names.TAGS):
            return "tag-moved", "a tag stays where it is (setting push.allow_non_fast_forward)"
        if not is_ancestor(self._lineage, update.old, new):
            return "non-fast-forward", "non-fast-forward: fetch first (setting push.allow_non_fast_forward)"
        return "", ""

    def _is_forced(self, update: RefUpdate) -> bool:
        """Whether a push takes commits away from a label; where that is not allowed it has been refused."""
        if self._by.intent is not Intent.PUSH or not self._rules.allow_non_fast_forward:
            return False
        is_label = update.ref.startswith(ref_names.BRANCHES) and not ref_names.is_staged(update.ref)
        if not is_label or update.old is None or update.new is None:
            return False
        return not is_ancestor(self._lineage, update.old, update.new)

    def _holds_commit(self, ref: bytes, new: bytes) -> bool:
        if ref.startswith(ref_names.TAGS):
            return peel(self._reader, new) is not None
        try:
            return self._reader.get_raw(new)[0] == COMMIT
        except KeyError:
            return False

    def _content(self, update: RefUpdate) -> Judged:
        """Whether the label's new tip can be read; what came in beneath it is remarked on."""
        tip = peel(self._reader, update.new) if update.new else None
        if tip is None:
            return Judged(self._door, update)
        old = peel(self._reader, update.old) if update.old else None
        known = self._known(old)
        if old is None and tip in known:
            return Judged(self._door, update)
        arrived = new_commits(self._lineage, [tip], known)
        if refusal := self._too_many(update.ref, arrived, old):
            return Judged(self._door, update, refusal)
        if ref_names.is_staged(update.ref) or not (self._checks or self._tip_checks or self._history_checks):
            return Judged(self._door, update)
        before = old or self._base(arrived)
        unreadable, of_tip = self._forgiven(self._check(before, tip), tip), self._of_tip(before, tip)
        findings = [*unreadable, *of_tip, *self._older(arrived, tip, [*unreadable, *of_tip])]
        findings += self._of_history(old, tip)
        self._arrived.update(arrived)
        taken = self._taken(unreadable, of_tip) if self._by_upstream and self._rules.take_invalid else []
        fatal = len({finding.path for finding in findings if finding.fatal and finding not in taken})
        refusal = UpdateRefused(update.ref, "invalid-content", f"{fatal} invalid file(s)") if fatal else None
        return Judged(self._door, update, refusal, tuple(findings))

    def _too_many(self, ref: bytes, arrived: Sequence[bytes], old: bytes | None) -> UpdateRefused | None:
        """Whether a new commit holds more paths than anybody would ever get through."""
        counted: dict[bytes, int] = {}
        before = tree_of(self._reader, old) if old else None
        for commit in reversed(arrived):  # the oldest first: the next ones differ in little
            tree = self._lineage.tree_of(commit)
            if self._sizes.count(self._reader, tree, counted, like=before, cache=self._trees) > self._rules.max_files:
                allowed = f"at most {self._rules.max_files:,} are allowed (setting push.max_files)"
                return UpdateRefused(ref, "too-many-files", f"{commit[:8].decode()} holds more files: {allowed}")
            before = tree
        return None

    def _forgiven(self, findings: Sequence[Finding], tip: bytes) -> list[Finding]:
        """What was in force before is no fault where it comes back, unless it cannot be read."""
        if self._by.former is None or not any(finding.fatal for finding in findings):
            return list(findings)
        held = {str(one) for old in (self._by.former, None) for one in self._check(old, tip) if one.fatal}
        return [replace(one, fatal=one.fatal and str(one) in held) for one in findings]

    def _known(self, old: bytes | None) -> set[bytes]:
        """Commits that need no second look: the label's own past, or, where it is new, every label's."""
        if old is not None:
            return self._arrived | {old}
        if self._tips is None:
            self._tips = {commit for tip in set(self._refs.values()) if (commit := peel(self._reader, tip))}
        return self._arrived | self._tips

    def _base(self, arrived: Sequence[bytes]) -> bytes | None:
        """The known commit a new label grew from: what stood there already is not held against it."""
        new = set(arrived)
        commit: bytes | None = arrived[0] if arrived else None
        while commit in new:
            parents = self._lineage[commit][0]
            commit = parents[0] if parents else None
        return commit

    def _older(self, arrived: Sequence[bytes], tip: bytes, seen: Sequence[Finding]) -> list[Finding]:
        """Findings in the commits beneath the tip; each fault is told once, where it first shows."""
        told = {(finding.path, finding.rule, finding.detail) for finding in seen}
        found: list[Finding] = []
        tip_tree = tree_of(self._reader, tip)
        for commit in arrived if self._rules.validate_all else arrived[: _MAX_OLDER + 1]:
            if commit == tip or self._lineage.tree_of(commit) == tip_tree:
                continue  # all there is in it was looked at: what is staged, where nobody else was there, is the tip's
            parents = self._lineage[commit][0]
            for finding in self._check(parents[0] if parents else None, commit):
                key = (finding.path, finding.rule, finding.detail)
                if key not in told and len(found) < _MAX_WARNINGS:
                    told.add(key)
                    fatal = finding.fatal and self._rules.validate_all
                    found.append(replace(finding, fatal=fatal, commit=commit.decode()))
        return found

    def _check(self, old: bytes | None, new: bytes) -> list[Finding]:
        return self._run(self._checks, old, new)

    def _of_tip(self, old: bytes | None, new: bytes) -> list[Finding]:
        found = self._run(self._tip_checks, old, new)
        return [replace(one, fatal=one.fatal and self._by.former is None) for one in found]

    def _taken(self, unreadable: Sequence[Finding], of_tip: Sequence[Finding]) -> list[Finding]:
        """What upstream may have all the same: what is known to concern some applications, who keep what they had."""
        return [*unreadable, *(one for one in of_tip if one.applications)]

    def _of_history(self, old: bytes | None, new: bytes) -> list[Finding]:
        """What the label's own past has to say; going back in it, and what upstream does, is nobody's fault."""
        if old is None or self._by_upstream or self._by.former is not None:
            return []
        try:
            return [finding for check in self._history_checks for finding in check(self._reader, old, new)]
        except CheckTimeout:
            return []  # what can only be warned of keeps nobody from writing

    def _run(self, checks: Sequence[ContentCheck], old: bytes | None, new: bytes) -> list[Finding]:
        before = self._view(old) if old else None
        after = self._view(new)
        return [finding for check in checks for finding in check(before, after)]

    def _view(self, commit: bytes) -> TreeView:
        """The tree of a commit; the last ones are kept, for each commit's is compared with that of the one before."""
        known = self._views.get(commit)
        if known is None:
            known = TreeView(self._reader, self._lineage.tree_of(commit))
            if len(self._views) >= _KEPT_VIEWS:
                del self._views[next(iter(self._views))]
            self._views[commit] = known
        return known


def _freed(rules: RefRules) -> RefRules:
    return replace(rules, allow_non_fast_forward=True, allow_deletion=True)


def _foreign(update: RefUpdate) -> UpdateRefused | None:
    """Why this ref is none of the server's own, if it is none."""
    if update.ref.startswith(ref_names.PRIVATE):
        return None
    return UpdateRefused(update.ref, "name", f"does not begin with {ref_names.PRIVATE.decode()}")


def _turn(numbered: tuple[int, RefUpdate]) -> tuple[bool, bool]:
    """When an update's turn is: deletions, branches, tags."""
    _, update = numbered
    return update.new is not None, update.ref.startswith(ref_names.TAGS)

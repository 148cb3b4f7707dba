"""What is staged for a label, held against the label as it is."""

from __future__ import annotations

from msgspec import Struct

from gitconfig_server.config.branches import STAGED_OF, head_for, owner_of, working_ref
from gitconfig_server.config.comparing.differences import TreeDiff
from gitconfig_server.config.comparing.effects import Effects
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.running.clocks import Moment
from gitconfig_server.config.staging.conflicts import SideOfMerge
from gitconfig_server.config.staging.holding import tell_holds
from gitconfig_server.config.staging.known_bad import tell_known_bad
from gitconfig_server.config.staging.merge import Merge, Merged, merge_plainly
from gitconfig_server.config.staging.parts import PathFilter, path_filter, taken
from gitconfig_server.config.staging.settling import Settling
from gitconfig_server.config.summaries import summarise
from gitconfig_server.config.writing.drafts import NewTree
from gitconfig_server.config.writing.writer import refusing_unreadable
from gitconfig_server.errors import Conflict, InvalidName, LabelNotFound
from gitconfig_server.git import ref_names
from gitconfig_server.git.graph import divergence
from gitconfig_server.git.merge import Ancestor, common_ancestor
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, Overlay
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.history import DiffQuery
from gitconfig_server.model.replace import replace
from gitconfig_server.model.staging import Check, Staged, StagedPart

_MAX_COMMITS = 100
"""How many staged commits are listed."""


class StagedTree(Struct, frozen=True):
    """Some of what is staged: the tree of ``ancestor``, which the commits ``bases`` come to, with that alone."""

    bases: tuple[bytes, ...]
    ancestor: Ancestor
    new: NewTree


class StagedArea:
    """A label (None: the default one) and its staged branch, where it has one, as they are now.

    ``head``: the label's; ``tip``: the staged branch's commit; ``base``: the youngest commit both descend from, None
    where they have nothing in common. ``source``: another branch that stands for the staged branch. Raises
    LabelNotFound, LabelReadOnly, and InvalidName for a staged branch.
    """

    def __init__(self, git: GitRepository, label: str | None, source: str | None = None) -> None:
        self.git = git
        self.head = head_for(git, label)
        if ref_names.is_staged(self.head.ref):
            owner = owner_of(git, self.head.ref) if self.head.tip else self.head.details.get(STAGED_OF, "")
            raise InvalidName("label", self.head.label, f"is a staged branch: name the label it belongs to, {owner}")
        if self.head.tip is None:
            raise LabelNotFound(self.head.label)
        self.commit: bytes = self.head.tip
        self.is_own = source is None
        self.ref = head_for(git, source).ref if source else working_ref(git, self.head.label)
        self.branch = ref_names.label_of(self.ref) or ""
        self.tip = git.snapshot().get(self.ref)
        if source and self.tip is None:
            raise LabelNotFound(source)
        self.parted = divergence(git.objects, self.tip or self.commit, self.commit)
        self.base = self.parted.base

    @property
    def is_ahead(self) -> bool:
        """Whether the staged branch has commits that the label has not."""
        return bool(self.parted.ahead)

    def label_side(self) -> SideOfMerge:
        """The label, to merge."""
        return SideOfMerge(self.head.label, self.commit, self.head.tree)

    def staged_side(self, tip: bytes) -> SideOfMerge:
        """The staged branch, to merge."""
        return SideOfMerge(self.branch, tip, tree_of(self.git.objects, tip))

    def merge(self, part: StagedTree | None = None) -> Merge:
        """What is staged, or a part of it, to be put onto the label."""
        tip = self.tip or self.commit
        if part is None:
            ancestor = common_ancestor(self.git.objects, tip, self.commit, merge_plainly)
            return Merge(self.git.objects, ancestor, self.label_side(), self.staged_side(tip), self.base)
        objects = Overlay(ObjectMap(part.new.objects), self.git.objects)
        theirs = SideOfMerge(self.branch, tip, part.new.tree)
        return Merge(objects, part.ancestor, self.label_side(), theirs, self.base)

    def merged(self, part: StagedTree | None, settling: Settling | None = None) -> Merged:
        """The outcome of ``merge``, with all objects that are new in it."""
        found = self.merge(part).merged(settling=settling)
        return replace(found, objects=(*part.new.objects, *found.objects)) if part else found

    def part(self, asked: StagedPart, options: ResolveOptions) -> StagedTree | None:
        """What ``asked`` means of what is staged; None for all of it.

        Raises InvalidName, and ContentRefused where the wrong thing might be taken for what is meant.
        """
        wanted = self.wanted(asked, options)
        if wanted is None or self.tip is None:
            return None
        if self.base is None:
            raise Conflict(f"{self.branch} has nothing in common with {self.head.label}: apply all of it")
        found = common_ancestor(self.git.objects, self.tip, self.commit, merge_plainly) or Ancestor(
            self.view(self.base)
        )
        new = taken(found.view, self.view(self.tip), found.view, wanted, asked.keys)
        # What merge bases disagree about is open where it is asked for; all else stays as it was.
        ancestor = replace(found, unknown=frozenset(filter(wanted, found.unknown)))
        bases = tuple(self.parted.bases)
        return StagedTree(bases, ancestor, replace(new, objects=(*found.made, *new.objects)))

    def wanted(self, part: StagedPart, options: ResolveOptions) -> PathFilter | None:
        """Which paths ``part`` means, None for all; ContentRefused where a broken manifest leaves it open."""
        with refusing_unreadable():
            return path_filter(part, [self.view(one) for one in (self.base, self.tip) if one], self.head.label, options)

    def findings(self, merged: Merged) -> tuple[Finding, ...]:
        """What the checks say of a merged tree, and what an apply would be refused of it as known to be bad.

        Where there is none, what they say of the staged branch as it is.
        """
        if merged.conflicts and self.tip:
            old = self.view(self.base) if self.base else None
            return tuple(self.git.check(old, self.view(self.tip)))
        new = TreeView(Overlay(ObjectMap(merged.objects), self.git.objects), merged.tree)
        old = self.view(self.commit)
        return (*self.git.check(old, new), *tell_known_bad(new.objects, self.commit, old, new, fatal=True))

    def view(self, commit: bytes) -> TreeView:
        """The tree of a commit."""
        return TreeView(self.git.objects, tree_of(self.git.objects, commit))


def read_staged(git: GitRepository, label: str | None, options: ResolveOptions, read: ReadDocuments) -> Staged:
    """What is staged for a label. Raises as StagedArea, and TooLarge."""
    area = StagedArea(git, label)
    head, commit = area.head.label, area.commit.decode()
    if area.tip is None:
        return Staged(head, commit, area.branch)
    merge = area.merge()
    left = {path.decode(errors="replace") for path, _, _ in merge.changes()}
    merged = merge.merged()
    before = merge.grown_from if area.base else area.view(area.commit)
    found = TreeDiff(before, area.view(area.tip), options, read).compare(DiffQuery())
    ahead = area.parted.ahead
    return Staged(
        label=head,
        commit=commit,
        branch=area.branch,
        tip=area.tip.decode(),
        base=area.base.decode() if area.base else None,
        commits=tuple(summarise(git, one) for one in ahead[:_MAX_COMMITS]),
        truncated=len(ahead) > _MAX_COMMITS,
        behind=len(area.parted.behind),
        changes=tuple(one for one in found.changes if one.path in left),
        files=tuple(one for one in found.files if one.path in left),
        conflicts=merged.conflicts,
        findings=area.findings(merged),
    )


def check_staged(git: GitRepository, label: str | None, part: StagedPart, effects: Effects, now: Moment) -> Check:
    """What an apply would meet; nothing is changed. Raises as StagedArea, and ContentRefused as ``wanted``."""
    area = StagedArea(git, label, part.source)
    merged = area.merged(area.part(part, effects.options))
    tip = area.tip.decode() if area.tip else None
    findings = area.findings(merged)
    if area.tip and (merged.conflicts or merged.tree != area.head.tree):
        parents = (area.commit, area.tip)
        findings = (*tell_holds(git, area.head.ref, parents, merged.tree, merged.objects, now), *findings)
    new = TreeView(Overlay(ObjectMap(merged.objects), git.objects), merged.tree)
    affected = effects.affected(TreeView(new.objects, area.head.tree), new)
    return Check(
        label=area.head.label,
        commit=area.commit.decode(),
        tip=tip,
        paths=merged.paths,
        conflicts=merged.conflicts,
        findings=findings,
        affected=affected,
    )

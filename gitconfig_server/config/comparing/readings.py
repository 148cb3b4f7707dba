"""What differs between two readings of a repository."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from gitconfig_server.config.comparing.differences import TreeDiff, effective_changes
from gitconfig_server.config.comparing.effects import Effects
from gitconfig_server.config.labels import Heads, Located, label_ref
from gitconfig_server.config.names.file_names import (
    APPLICATION,
    DEFAULT_PROFILE,
    check_applications,
    check_profiles,
)
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.running.running import live_pending
from gitconfig_server.errors import Conflict, PendingNotFound
from gitconfig_server.git.graph import divergence
from gitconfig_server.git.lookup import find_ref
from gitconfig_server.git.objects.commits import parents_of, tree_of
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeView
from gitconfig_server.git.ref_names import label_of
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.environments import Environment
from gitconfig_server.model.history import Comparison, DiffQuery, KeyChange, Side
from gitconfig_server.model.pending import PENDING_NAME
from gitconfig_server.model.reads import Reading


class ReadingDiffs(Struct, frozen=True):
    """Compares readings as one server reads them; ``environment`` is how it resolves those of clients."""

    git: GitRepository
    heads: Heads
    options: ResolveOptions
    read: ReadDocuments
    effects: Effects
    environment: Callable[[tuple[str, ...], tuple[str, ...], Reading], Environment]

    def compare(self, old: Reading | None, new: Reading, query: DiffQuery) -> Comparison:
        """What differs between the two; ``old`` None: the first parent of ``new``, where it has one."""
        old, new = self._apart(old, new)
        after = self._side(new, query)
        before = self._side(old, query) if old is not None else None
        # An unborn history has no parent: then everything is new, against the empty tree.
        parent = None if before else next(iter(parents_of(self.git.objects, after.commit)[0]), None)
        commit = before.commit if before else parent
        found = TreeDiff(self._tree(commit), self._tree(after.commit), self.options, self.read).compare(query)
        new_side = Side(new.revision or after.label or after.commit.decode(), after.commit.decode())
        name = (old.revision or before.label if old and before else None) or f"{new_side.revision}~1"
        changes = self._effective(commit, after.commit, query) if query.effective else found.changes
        return Comparison(
            old=Side(name, commit.decode() if commit else ""),
            new=new_side,
            changes=changes,
            files=found.files,
            told=found.told,
        )

    def _apart(self, old: Reading | None, new: Reading) -> tuple[Reading | None, Reading]:
        """``A...B`` in place of the earlier revision: from where both parted to the later of them."""
        one, dots, two = ((old.revision if old else None) or "").partition("...")
        if not dots:
            return old, new
        later = Reading(two) if two else new
        commits = (self.heads.locate(side).commit for side in (Reading(one) if one else Reading(), later))
        base = divergence(self.git.objects, *commits).base
        if base is None:
            raise Conflict(f"{one} and {two} have nothing in common: compare them by two revisions")
        return Reading(base.decode()), later

    def _side(self, reading: Reading, query: DiffQuery) -> Located:
        """Where a side of a comparison leads: ``pending`` is what is pending for the query's label."""
        # A label of that name goes first, where the repository has one.
        if reading.revision != PENDING_NAME or reading.at or find_ref(self.git, PENDING_NAME):
            return self.heads.locate(reading)
        ref = label_ref(self.git, query.label)
        found = live_pending(self.git, ref, self.heads.moments())
        if found is None:
            raise PendingNotFound(label_of(ref) or "", "")
        return Located(found.commit, None)

    def _effective(self, old: bytes | None, new: bytes, query: DiffQuery) -> tuple[KeyChange, ...]:
        """What differs in what clients of one application and its profiles get; without one, of any."""
        if query.application is None:
            return self.effects.changes(self._tree(old), self._tree(new))
        application, profile = query.application or APPLICATION, query.profile or DEFAULT_PROFILE
        names = check_applications(application), check_profiles(profile)
        sides = [self.environment(*names, Reading(commit.decode())).sources if commit else () for commit in (old, new)]
        return effective_changes(application, profile, *sides)

    def _tree(self, commit: bytes | None) -> TreeView:
        return TreeView(self.git.objects, tree_of(self.git.objects, commit) if commit else EMPTY_TREE)

"""Merging what one side has done since a commit onto another, file by file, and naming what does not go together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise

from gitconfig_server.config.writing.drafts import NewTree, edited
from gitconfig_server.git.graph import first_parents
from gitconfig_server.git.merge import UNKNOWN, Ancestor, PathChange, combine
from gitconfig_server.git.objects.commits import read_commit, tree_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeView
from gitconfig_server.model.findings import ConflictSide, FileConflict

MAX_CONFLICTS = 100
"""How many are named."""
MAX_STEPS = 200
"""How far back to look for the commit that changed a file; beyond, the side's tip stands for it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a merge: how people know it, its commit, and the tree that it wants."""

    revision: str
    commit: bytes
    tree: bytes


@dataclass(frozen=True, slots=True)
class Merged(NewTree):
    """It came from ours; where there are ``conflicts``, it is ours."""

    conflicts: tuple[FileConflict, ...] = ()


class Merge:
    """What differs between ``ancestor`` and ``theirs``, to be put onto ``ours``.

    Without an ancestor the two have nothing in common: every file that differs is a conflict. ``since``: the commit
    where to stop looking for who changed something.
    """

    def __init__(
        self, objects: ObjectReader, ancestor: Ancestor | None, ours: Side, theirs: Side, since: bytes | None
    ) -> None:
        self._objects = objects
        self._ancestor = ancestor or Ancestor(TreeView(objects, EMPTY_TREE))
        self._is_related = ancestor is not None
        self._since = since
        self._ours = ours
        self._theirs = theirs
        self._mine, self._new = TreeView(objects, ours.tree), TreeView(objects, theirs.tree)

    def changes(self) -> Iterator[PathChange]:
        """All that they have changed, and we have not in the same way."""
        for path, before, after in self._ancestor.changes(self._new):
            if self._mine.entry(path) != after:
                yield path, before if self._is_related else UNKNOWN, after

    def merged(
        self, wanted: Callable[[bytes], bool] | None = None, take_theirs: Mapping[bytes, bool] | None = None
    ) -> Merged:
        """Put those of their changes that are ``wanted`` onto ours.

        ``take_theirs`` says of files, should they conflict, whether theirs is right, or ours.
        """
        chosen = (one for one in self.changes() if wanted is None or wanted(one[0]))
        changes, conflicts = combine(self._mine, self._decided(chosen, take_theirs or {}))
        if conflicts:
            return Merged(self._mine.tree, conflicts=self._named(conflicts[:MAX_CONFLICTS]))
        new = edited(self._objects, self._mine.tree, changes)
        return Merged(new.tree, new.objects, new.paths)

    def _decided(self, changes: Iterable[PathChange], take_theirs: Mapping[bytes, bool]) -> Iterator[PathChange]:
        for path, before, after in changes:
            here = self._mine.entry(path)
            if path not in take_theirs or here == before:
                yield path, before, after
            elif take_theirs[path]:
                yield path, here, after

    def _named(self, paths: Collection[bytes]) -> tuple[FileConflict, ...]:
        mine, new = (
            self._shown(side, tree, paths) for side, tree in ((self._ours, self._mine), (self._theirs, self._new))
        )
        return tuple(
            FileConflict(path.decode(errors="replace"), _blob(self._ancestor.view, path), (mine[path], new[path]))
            for path in paths
        )

    def _shown(self, side: Side, tree: TreeView, paths: Collection[bytes]) -> dict[bytes, ConflictSide]:
        """What a side has made of each file, with the commit that did it."""
        found = {}
        for path, origin in _origins(self._objects, side.commit, self._since, paths).items():
            commit = read_commit(self._objects, origin)
            found[path] = ConflictSide(
                side.revision, origin.decode(), commit.author.name, commit.subject, _blob(tree, path)
            )
        return found


def _origins(objects: ObjectReader, tip: bytes, base: bytes | None, paths: Collection[bytes]) -> dict[bytes, bytes]:
    """The commit, on the way from ``tip`` back to ``base``, that last changed each path; else ``tip``."""
    found = dict.fromkeys(paths, tip)
    wanted = set(paths)
    for commit, parent in pairwise(islice(first_parents(objects, tip), MAX_STEPS)):
        if not wanted or commit == base:
            break
        after, before = _view(objects, commit), _view(objects, parent)
        changed = {path for path in wanted if after.entry(path) != before.entry(path)}
        found.update(dict.fromkeys(changed, commit))
        wanted -= changed
    return found


def _view(objects: ObjectReader, commit: bytes) -> TreeView:
    return TreeView(objects, tree_of(objects, commit))


def _blob(tree: TreeView, path: bytes) -> str | None:
    entry = tree.entry(path)
    return entry.id.decode() if entry and not entry.is_folder else None

"""Merging trees file by file: what one side changed since the base is put onto the other side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gitconfig_server.git.graph import divergence
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader, Overlay
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeEntry, TreeView, changed_files, edit_tree
from gitconfig_server.storage.base import RawObject

MAX_BASES = 8
"""Merge bases of two commits that are merged first, and how deep that goes; beyond, what differs counts as unknown."""

UNKNOWN = TreeEntry(0, b"")
"""What stood somewhere before, where nobody can say it: equal to nothing."""

PathChange = tuple[bytes, TreeEntry | None, TreeEntry | None]
"""A path, what stood there before, and what is to stand there."""


@dataclass(frozen=True, slots=True)
class Ancestor:
    """What two sides grew from. Of ``unknown`` paths several merge bases say different things."""

    view: TreeView
    unknown: frozenset[bytes] = frozenset()

    def changes(self, side: TreeView) -> Iterator[PathChange]:
        """What a side has made of it."""
        for path, before, after in changed_files(self.view, side):
            if path not in self.unknown:
                yield path, before, after
        for path in sorted(self.unknown):
            yield path, UNKNOWN, side.entry(path)


@dataclass(frozen=True, slots=True)
class FileMerge:
    """A merged tree with the trees to store for it; where ``conflicts`` names paths, the tree is ours."""

    tree: bytes
    objects: tuple[RawObject, ...] = ()
    conflicts: tuple[str, ...] = ()


def common_ancestor(objects: ObjectReader, one: bytes, two: bytes) -> Ancestor | None:
    """What both commits grew from; None where they have nothing in common.

    Several merge bases are merged first, as Git's recursive strategy does; where they conflict, it is unknown.
    """
    return _ancestor(objects, one, two, MAX_BASES)


def _ancestor(objects: ObjectReader, one: bytes, two: bytes, depth: int) -> Ancestor | None:
    bases = divergence(objects, one, two).bases[:MAX_BASES]
    if not bases:
        return None
    found = Ancestor(_view(objects, bases[0]))
    for other in bases[1:]:
        below = _ancestor(objects, bases[0], other, depth - 1) if depth else None
        found = _joined(objects, found, below, _view(objects, other))
    return found


def _joined(objects: ObjectReader, found: Ancestor, below: Ancestor | None, other: TreeView) -> Ancestor:
    """One tree of two merge bases, which themselves grew from ``below``."""
    changes, conflicts = combine(found.view, (below or _nothing(objects)).changes(other))
    tree, trees = edit_tree(objects, found.view.tree, changes)
    view = TreeView(Overlay(ObjectMap(trees), found.view.objects), tree)
    return Ancestor(view, found.unknown.union(conflicts))


def _nothing(objects: ObjectReader) -> Ancestor:
    return Ancestor(TreeView(objects, EMPTY_TREE))


def _view(objects: ObjectReader, commit: bytes) -> TreeView:
    return TreeView(objects, tree_of(objects, commit))


def merge_files(objects: ObjectReader, base: Ancestor | None, ours: bytes, theirs: bytes) -> FileMerge:
    """Put what differs between ``base`` (None: nothing in common) and the tree ``theirs`` onto the tree ``ours``.

    A path that both sides changed differently is a conflict; so are a file and a folder of one name.
    """
    mine, other = TreeView(objects, ours), TreeView(objects, theirs)
    changes, conflicts = combine(mine, (base or _nothing(objects)).changes(other))
    if conflicts:
        return FileMerge(ours, conflicts=tuple(path.decode(errors="replace") for path in conflicts))
    tree, trees = edit_tree(objects, ours, changes)
    return FileMerge(tree, tuple(trees))


def combine(mine: TreeView, theirs: Iterable[PathChange]) -> tuple[dict[bytes, TreeEntry | None], list[bytes]]:
    """Which of their changes are to be made to ``mine``, and the paths, sorted, that conflict."""
    changes: dict[bytes, TreeEntry | None] = {}
    conflicts: set[bytes] = set()
    folders: dict[bytes, TreeEntry | None] = {}
    for path, before, after in theirs:
        here = mine.entry(path)
        if here == after:
            continue
        if here == before:
            changes[path] = after
        elif here and here.is_folder and before is None:
            folders[path] = after
        else:
            conflicts.add(path)
    for path, after in folders.items():
        if all(changes.get(one, entry) is None for one, entry in mine.walk(path)):
            changes[path] = after  # everything in the folder goes: the file may take its place
        else:
            conflicts.add(path)
    conflicts |= {path for path, entry in changes.items() if entry and _obstructed(mine, path, changes)}
    return {path: entry for path, entry in changes.items() if path not in conflicts}, sorted(conflicts)


def _obstructed(tree: TreeView, path: bytes, changes: Mapping[bytes, TreeEntry | None]) -> bool:
    """Whether a file of ours, which stays, stands where ``path`` needs a folder."""
    parts = path.split(b"/")
    above = (b"/".join(parts[:length]) for length in range(1, len(parts)))
    return any((entry := tree.entry(one)) and not entry.is_folder and changes.get(one, entry) for one in above)

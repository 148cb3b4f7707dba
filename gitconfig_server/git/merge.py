"""What two commits grew from, where several merge bases may have to be merged first."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitconfig_server.git.combining import UNKNOWN, MergeContent, PathChange, combine
from gitconfig_server.git.graph import divergence
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader, Overlay
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeView, changed_files, edit_tree
from gitconfig_server.storage.objects import RawObject

_MAX_BASES = 8
"""Merge bases of two commits that are merged first, and how deep that goes; beyond, what differs counts as unknown."""


class Ancestor(Struct, frozen=True):
    """What two sides grew from. Of ``unknown`` paths several merge bases say different things.

    ``made``: what is new in it, where several were merged.
    """

    view: TreeView
    unknown: frozenset[bytes] = frozenset()
    made: tuple[RawObject, ...] = ()

    def changes(self, side: TreeView) -> Iterator[PathChange]:
        """What a side has made of it."""
        for path, before, after in changed_files(self.view, side):
            if path not in self.unknown:
                yield path, before, after
        for path in sorted(self.unknown):
            yield path, UNKNOWN, side.entry(path)


def common_ancestor(
    objects: ObjectReader, one: bytes, two: bytes, content: MergeContent | None = None
) -> Ancestor | None:
    """What both commits grew from; None where they have nothing in common.

    Several merge bases are merged first, as Git's recursive strategy does; where they conflict, it is unknown.
    """
    return _ancestor(objects, one, two, content, _MAX_BASES)


def _ancestor(
    objects: ObjectReader, one: bytes, two: bytes, content: MergeContent | None, depth: int
) -> Ancestor | None:
    bases = divergence(objects, one, two).bases[:_MAX_BASES]
    if not bases:
        return None
    found = Ancestor(_view(objects, bases[0]))
    for other in bases[1:]:
        # Bases may have several bases themselves; whoever makes such histories on purpose must not make this deep.
        below = _ancestor(objects, bases[0], other, content, depth - 1) if depth else None
        found = _joined(found, below or _nothing(objects), _view(objects, other), content)
    return found


def _joined(found: Ancestor, below: Ancestor, other: TreeView, content: MergeContent | None) -> Ancestor:
    """One tree of two merge bases, which themselves grew from ``below``."""
    combined = combine(below.view, found.view, below.changes(other), other, content)
    tree, trees = edit_tree(found.view.objects, found.view.tree, combined.changes)
    made = (*combined.blobs, *trees)
    view = TreeView(Overlay(ObjectMap(made), found.view.objects), tree)
    # A conflict between bases is no conflict of the two sides yet: only where one of them touched the path.
    return Ancestor(view, found.unknown.union(combined.conflicts), (*found.made, *made))


def _nothing(objects: ObjectReader) -> Ancestor:
    return Ancestor(TreeView(objects, EMPTY_TREE))


def _view(objects: ObjectReader, commit: bytes) -> TreeView:
    return TreeView(objects, tree_of(objects, commit))

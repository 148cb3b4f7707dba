"""Merging whole trees, as those do who want no more than the files."""

from __future__ import annotations

from dataclasses import dataclass

from gitconfig_server.git.combining import DecideFile, MergeContent, combine, nobody_decides
from gitconfig_server.git.merge import Ancestor
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeView, edit_tree
from gitconfig_server.storage.objects import RawObject


@dataclass(frozen=True, slots=True)
class FileMerge:
    """A merged tree with the trees to store for it; where ``conflicts`` names paths, the tree is ours."""

    tree: bytes
    objects: tuple[RawObject, ...] = ()
    conflicts: tuple[str, ...] = ()


def merge_files(
    objects: ObjectReader,
    base: Ancestor | None,
    ours: bytes,
    theirs: bytes,
    content: MergeContent | None = None,
    decide: DecideFile = nobody_decides,
) -> FileMerge:
    """Put what differs between ``base`` (None: nothing in common) and the tree ``theirs`` onto the tree ``ours``."""
    mine, other = TreeView(objects, ours), TreeView(objects, theirs)
    ancestor = base or Ancestor(TreeView(objects, EMPTY_TREE))
    combined = combine(ancestor.view, mine, ancestor.changes(other), other, content, decide)
    if combined.conflicts:
        return FileMerge(ours, conflicts=tuple(path.decode() for path in combined.conflicts))
    tree, trees = edit_tree(objects, ours, combined.changes)
    return FileMerge(tree, (*combined.blobs, *trees))

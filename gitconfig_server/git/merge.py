"""Merging trees file by file: what one side changed since the base is put onto the other side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gitconfig_server.git.graph import divergence
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeEntry, TreeView, changed_files, edit_tree
from gitconfig_server.storage.base import RawObject


@dataclass(frozen=True, slots=True)
class FileMerge:
    """A merged tree with the trees to store for it; where ``conflicts`` names paths, the tree is ours."""

    tree: bytes
    objects: tuple[RawObject, ...] = ()
    conflicts: tuple[str, ...] = ()


def merge_files(objects: ObjectReader, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    """Put what differs between the trees ``base`` (None: nothing in common) and ``theirs`` onto ``ours``.

    A path that both sides changed differently is a conflict; so are a file and a folder of one name.
    """
    old, mine, other = TreeView(objects, base or EMPTY_TREE), TreeView(objects, ours), TreeView(objects, theirs)
    changes, conflicts = combine(mine, changed_files(old, other))
    if conflicts:
        return FileMerge(ours, conflicts=tuple(path.decode(errors="replace") for path in conflicts))
    tree, trees = edit_tree(objects, ours, changes)
    return FileMerge(tree, tuple(trees))


def combine(
    mine: TreeView, theirs: Iterable[tuple[bytes, TreeEntry | None, TreeEntry | None]]
) -> tuple[dict[bytes, TreeEntry | None], list[bytes]]:
    """Which of their changes (path, before, after) are to be made to ``mine``, and the paths, sorted, that conflict."""
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
    return changes, sorted(conflicts)


def merge_base(objects: ObjectReader, one: bytes, two: bytes) -> bytes | None:
    """A commit that both descend from, as young as any; None where their histories have nothing in common."""
    return divergence(objects, one, two).base


def _obstructed(tree: TreeView, path: bytes, changes: Mapping[bytes, TreeEntry | None]) -> bool:
    """Whether a file of ours, which stays, stands where ``path`` needs a folder."""
    parts = path.split(b"/")
    above = (b"/".join(parts[:length]) for length in range(1, len(parts)))
    return any((entry := tree.entry(one)) and not entry.is_folder and changes.get(one, entry) for one in above)

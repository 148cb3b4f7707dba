"""Merging trees: what one side changed since the base is put onto the other side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gitconfig_server.git.graph import divergence
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader, Overlay, make_blob
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeEntry, TreeView, changed_files, edit_tree
from gitconfig_server.storage.objects import RawObject

_MAX_BASES = 8
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


MergeContent = Callable[[bytes, bytes, bytes, bytes], bytes | None]
"""Path, base (empty where there was no file), ours, theirs -> what becomes of them; None where they conflict."""


@dataclass(slots=True)
class Combined:
    """``changes`` to be made to ours, with the ``blobs`` they need; the paths, sorted, that conflict."""

    changes: dict[bytes, TreeEntry | None] = field(default_factory=dict)
    conflicts: list[bytes] = field(default_factory=list)
    blobs: list[RawObject] = field(default_factory=list)


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
    view = TreeView(Overlay(ObjectMap([*combined.blobs, *trees]), found.view.objects), tree)
    # A conflict between bases is no conflict of the two sides yet: only where one of them touched the path.
    return Ancestor(view, found.unknown.union(combined.conflicts))


def _nothing(objects: ObjectReader) -> Ancestor:
    return Ancestor(TreeView(objects, EMPTY_TREE))


def _view(objects: ObjectReader, commit: bytes) -> TreeView:
    return TreeView(objects, tree_of(objects, commit))


def combine(
    base: TreeView,
    mine: TreeView,
    changes: Iterable[PathChange],
    other: TreeView,
    content: MergeContent | None = None,
) -> Combined:
    """What is to be made to ``mine`` of the changes that lead from ``base`` to ``other``.

    A file that one side moved as it was is followed to its new place, if there is only one such.
    """
    return _Combining(base, mine, other, content).combined(list(changes))


class _Combining:
    def __init__(self, base: TreeView, mine: TreeView, other: TreeView, content: MergeContent | None) -> None:
        self._base = base
        self._mine = mine
        self._other = other
        self._content = content
        self._found = Combined()
        self._conflicts: set[bytes] = set()
        self._made: dict[bytes, TreeEntry | None] = {}

    def combined(self, theirs: list[PathChange]) -> Combined:
        """The whole of it."""
        changes = self._found.changes
        folders: dict[bytes, TreeEntry | None] = {}
        for path, before, after in theirs:
            here = self._mine.entry(path)
            if here == after:
                continue
            if here == before:
                changes[path] = after
            # Judged at the end: whether the folder goes is only known when all changes are.
            elif here and here.is_folder and before is None:
                folders[path] = after
            elif not self._merge(path, before, here, after) and not self._follow(path, before, here, after, theirs):
                self._conflicts.add(path)
        changes.update(self._made)
        for path, after in folders.items():
            if all(changes.get(one, entry) is None for one, entry in self._mine.walk(path)):
                changes[path] = after  # everything in the folder goes: the file may take its place
            else:
                self._conflicts.add(path)
        self._conflicts |= {path for path, entry in changes.items() if entry and _obstructed(self._mine, path, changes)}
        self._found.changes = {path: entry for path, entry in changes.items() if path not in self._conflicts}
        self._found.conflicts = sorted(self._conflicts)
        return self._found

    def _merge(
        self,
        path: bytes,
        before: TreeEntry | None,
        here: TreeEntry | None,
        after: TreeEntry | None,
        place: bytes | None = None,
    ) -> bool:
        """Make one file of both, to stand at ``place``; False where that cannot be."""
        if self._content is None or before == UNKNOWN or not (here and after and here.is_file and after.is_file):
            return False
        if before is not None and not before.is_file:
            return False
        base = self._base.read(before.id) if before else b""
        made = self._content(place or path, base, self._mine.read(here.id), self._other.read(after.id))
        if made is None:
            return False
        blob = make_blob(made)
        self._found.blobs.append(blob)
        # The bit that makes a file executable is merged as its text is: who changed it wins.
        mode = after.mode if before and here.mode == before.mode else here.mode
        self._made[place or path] = TreeEntry(mode, blob.id)
        return True

    def _follow(
        self,
        path: bytes,
        before: TreeEntry | None,
        here: TreeEntry | None,
        after: TreeEntry | None,
        theirs: list[PathChange],
    ) -> bool:
        """Bring a change to where the other side has moved the file; False where it has not, or may have twice."""
        if before is None or before == UNKNOWN or (here is None) is (after is None):
            return False
        if after is None:
            places = [one for one, old, new in theirs if old is None and new == before]
            if len(places) != 1 or not self._merge(path, before, here, before, places[0]):
                return False
            self._made[path] = None
            return True
        places = [one for one, old, new in changed_files(self._base, self._mine) if old is None and new == before]
        return len(places) == 1 and self._merge(path, before, before, after, places[0])


def _obstructed(tree: TreeView, path: bytes, changes: Mapping[bytes, TreeEntry | None]) -> bool:
    """Whether a file of ours, which stays, stands where ``path`` needs a folder."""
    parts = path.split(b"/")
    above = (b"/".join(parts[:length]) for length in range(1, len(parts)))
    return any((entry := tree.entry(one)) and not entry.is_folder and changes.get(one, entry) for one in above)

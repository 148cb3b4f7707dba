"""What was asked of a tree: where another tree answers all of it the same, what was made of the answers is still right.

A question is a path (which entry is there?) or a folder with a suffix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_bytes import TreeBytesEntry, differences, is_folder
from gitconfig_server.git.objects.trees import TreeEntry, TreeView
from gitconfig_server.lru import Recent

IS_FOLDER, FOLDERS, ALL = b"/", b"//", b"///"
"""Whether it is a folder, which folders it holds, everything it holds. No path ends like these."""

_KEPT = 1 << 20
"""Bytes of memory that differing questions take which are kept, over all pairs of trees."""

_PAIR, _QUESTION = 600, 100
"""Bytes that CPython takes for each beside its characters."""


class TracedTree(TreeView):
    """A view that remembers what it was asked; its contents need no question, their ids name them."""

    def __init__(self, tree: TreeView) -> None:
        super().__init__(tree.objects, tree.tree)
        self._inner = tree
        self.asked: set[bytes] = set()

    def entry(self, path: bytes) -> TreeEntry | None:
        """What stands at ``path``, None where nothing does."""
        self.asked.add(path)
        return self._inner.entry(path)

    def has_folder(self, path: bytes) -> bool:
        """Whether there is a folder at ``path``."""
        self.asked.add(path + IS_FOLDER)
        return self._inner.has_folder(path)

    def folders(self, folder: bytes) -> tuple[bytes, ...]:
        """The names of the folders in ``folder``, sorted."""
        self.asked.add(folder + FOLDERS)
        return self._inner.folders(folder)

    def entries(self, folder: bytes) -> Mapping[bytes, TreeEntry]:
        """Name -> entry in Git's order; empty where there is no such folder."""
        self.asked.add(folder + ALL)
        return self._inner.entries(folder)

    def raw(self, folder: bytes) -> bytes:
        """A folder as Git stores it; no bytes where there is no such folder."""
        self.asked.add(folder + ALL)
        return self._inner.raw(folder)


class KeptDifferences:
    """The questions that pairs of trees answer differently, the last pairs kept. Safe to use from any thread."""

    def __init__(self, objects: ObjectReader, kept: int = _KEPT) -> None:
        self._objects = objects
        self._known: Recent[tuple[bytes, bytes], frozenset[bytes]] = Recent(kept)

    def spare(self, asked: Set[bytes], old: bytes, new: bytes) -> bool:
        """Whether the trees of these ids answer all that was asked the same."""
        if old == new:
            return True
        differing = self._known.get((old, new))
        if differing is None:
            try:
                differing = frozenset(differing_questions(self._objects, old, new))
            except CorruptRepository:
                return False  # nobody keeps an old tree from being pruned
            self._known.put((old, new), differing, _PAIR + _QUESTION * len(differing) + sum(map(len, differing)))
        return differing.isdisjoint(asked)


def differing_questions(objects: ObjectReader, old: bytes, new: bytes) -> Iterator[bytes]:
    """What the trees of two ids answer differently; CorruptRepository where one of them is not there any more."""
    return _differing(objects, _raw(objects, old), _raw(objects, new), b"")


def _differing(objects: ObjectReader, old: bytes, new: bytes, folder: bytes) -> Iterator[bytes]:
    for name, before, after in differences(old, new):
        path = folder + b"/" + name if folder else name
        was, now = _folder(objects, before), _folder(objects, after)
        yield path
        yield folder + ALL
        if was is not None or now is not None:
            yield from _differing(objects, was or b"", now or b"", path)
        if (was is None) != (now is None):
            yield path + IS_FOLDER
            yield folder + FOLDERS


def _folder(objects: ObjectReader, entry: TreeBytesEntry | None) -> bytes | None:
    """The content of a folder, None where the entry is none."""
    if entry is None or not is_folder(entry[0]):
        return None
    return _raw(objects, entry[2].hex().encode())


def _raw(objects: ObjectReader, tree: bytes) -> bytes:
    return TreeView(objects, tree).raw(b"")

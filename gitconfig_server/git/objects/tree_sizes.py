"""How many paths a tree holds: each distinct tree is looked at once, however often it is named."""

from __future__ import annotations

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_sets import FOLDER_MODES, TreeCache
from gitconfig_server.lru import Recent

_ENTRY_BYTES = 150
_KEPT_BYTES = 4 << 20
_LIKE_LEVELS = 32
"""So many levels are compared with the tree before; deeper ones, which nobody has, are counted whole."""


class TreeSizes:
    """Counts files and folders. Trees never change, so counts are kept in ``bound`` bytes; safe in any thread."""

    def __init__(self, bound: int = _KEPT_BYTES) -> None:
        self._known: Recent[bytes, int] = Recent(bound)
        self._last: bytes | None = None

    def count(
        self,
        objects: ObjectReader,
        tree: bytes,
        counted: dict[bytes, int] | None = None,
        *,
        like: bytes | None = None,
        cache: TreeCache | None = None,
    ) -> int:
        """The paths beneath ``tree`` (hex). Trees that name one another make numbers far greater than the pack.

        ``counted`` holds what was counted for trees alike, and gets what is counted here. With ``like``, a tree (hex)
        that is much the same, only what differs from it is looked at. ``cache``: the trees of ``objects``
        as far as they were read. CorruptRepository where a tree is missing or malformed.
        """
        found = {} if counted is None else counted
        trees = cache or TreeCache(objects)
        base = bytes.fromhex(like.decode()) if like else None
        if base is not None and self._find(base, found) is None:
            self._count_strange(trees, base, found)
        self._last = root = bytes.fromhex(tree.decode())
        return self._count(trees, root, base, found, 0)

    def _count_strange(self, trees: TreeCache, tree: bytes, found: dict[bytes, int]) -> None:
        """Count a tree that somebody else has made, most likely of the one that was counted last here."""
        try:
            self._count(trees, tree, self._last, found, 0)
        except CorruptRepository:  # that one was refused, and is nowhere
            self._count_whole(trees, tree, found)

    def _count(self, trees: TreeCache, tree: bytes, like: bytes | None, found: dict[bytes, int], level: int) -> int:
        if (known := self._find(tree, found)) is not None:
            return known
        if like is None or level == _LIKE_LEVELS or (count := self._find(like, found)) is None:
            return self._count_whole(trees, tree, found)
        changes = trees.folder_changes(like, tree)
        count += changes.more
        for at in changes.gone.values():
            count -= self._count(trees, at, None, found, level + 1)
        for name, at in changes.come.items():
            count += self._count(trees, at, changes.gone.get(name), found, level + 1)
        self._keep(tree, count, found)
        return count

    def _count_whole(self, trees: TreeCache, root: bytes, found: dict[bytes, int]) -> int:
        stack = [root]
        folders: dict[bytes, tuple[int, list[bytes]]] = {}
        while stack:
            at = stack[-1]
            if self._find(at, found) is not None:
                stack.pop()
                continue
            entries, below = folders.get(at) or folders.setdefault(at, _shape(trees, at))
            if waiting := [one for one in below if one not in found]:
                stack += waiting
                continue
            self._keep(at, entries + sum(map(found.__getitem__, below)), found)
            stack.pop()
        return found[root]

    def _find(self, tree: bytes, found: dict[bytes, int]) -> int | None:
        if tree not in found and (known := self._known.get(tree)) is not None:
            found[tree] = known
        return found.get(tree)

    def _keep(self, tree: bytes, count: int, found: dict[bytes, int]) -> None:
        found[tree] = count
        self._known.put(tree, count, _ENTRY_BYTES)


def _shape(trees: TreeCache, tree: bytes) -> tuple[int, list[bytes]]:
    """How many entries a tree has, and the ids of the folders among them."""
    entries = trees.read(tree)
    return len(entries), [entry[-20:] for entry in entries if entry.startswith(FOLDER_MODES)]

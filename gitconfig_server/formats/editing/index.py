"""What stands where in a tree, by flat keys; and what must be unfolded before a change may be made."""

from __future__ import annotations

from gitconfig_server.formats.editing.keys import SortedKeys, parents
from gitconfig_server.formats.editing.nodes import Alias, Branch, Child, Leaf, Node, places
from gitconfig_server.formats.editing.plan import Change, Drop


class Index:
    """The living children of a tree by their flat keys. Several may share one: spelled twice, or in parts."""

    def __init__(self, root: Branch) -> None:
        self._at: dict[str, list[Child]] = {}
        self._keys: SortedKeys | None = None
        self._enter(root, "")
        self._keys = SortedKeys(self._at)

    def at(self, key: str) -> list[Child]:
        """The children at this very key, in the order of the text."""
        return list(self._at.get(key, ()))

    def reaches(self, key: str) -> bool:
        """Whether anything stands at the key or beneath it."""
        return key in self._at or self._sorted.any_beneath(key)

    def topmost(self, key: str) -> list[Child]:
        """Those at the key or beneath it whose parents are not."""
        inside = (key + ".", key + "[")
        found = (child for one in (key, *self._sorted.beneath(key)) for child in self._at.get(one, ()))
        return [child for child in found if child.parent.path != key and not child.parent.path.startswith(inside)]

    def enter(self, child: Child, path: str) -> None:
        """Take in a child at ``path`` and all beneath it."""
        child.path = path
        if path not in self._at:
            self._at[path] = []
            if self._keys is not None:
                self._keys.add(path)
        self._at[path].append(child)
        self.enter_beneath(child)

    def enter_beneath(self, child: Child) -> None:
        """Take in all beneath a child that is known."""
        if isinstance(child.value, Branch):
            child.value.holder = child
            self._enter(child.value, child.path)

    def leave(self, child: Child) -> None:
        """Let one child go; what is beneath it stays known."""
        self._at[child.path].remove(child)
        if not self._at[child.path]:
            del self._at[child.path]
            self._sorted.remove(child.path)

    def leave_beneath(self, key: str) -> None:
        """Let all go that is beneath the key."""
        for one in self._sorted.beneath(key):
            del self._at[one]
        self._sorted.remove_beneath(key)

    @property
    def _sorted(self) -> SortedKeys:
        assert self._keys is not None, "sorted once everything is entered"
        return self._keys

    def _enter(self, branch: Branch, path: str) -> None:
        branch.path = path
        for key, child in places(branch, path):
            self.enter(child, key)


class Unfolding:
    """Puts copies in place of aliases and merges: an edit beneath one must not reach what others share."""

    def __init__(self, index: Index, repeated: frozenset[str]) -> None:
        self._index = index
        self._repeated = repeated
        self._done: set[tuple[str, bool]] = set()

    def make_way(self, change: Change) -> None:
        """Unfold what is above the key; and the ``<<`` that brings what has to go."""
        is_drop = isinstance(change, Drop)
        if (change.key, is_drop) in self._done:
            return
        self._done.add((change.key, is_drop))
        for parent in parents(change.key):
            for child in self._index.at(parent):
                if isinstance(child.value, Alias):
                    self._unfold(child)
        for child in self._index.topmost(change.key):
            if (child.ghost or child.hides) and (is_drop or child.path != change.key):
                self._unmerge(child.parent)

    def _unfold(self, child: Child) -> None:
        assert isinstance(child.value, Alias), "only an alias is unfolded"
        child.value = self._copy(child.value.target)
        child.ghost = False
        self._index.enter_beneath(child)

    def _unmerge(self, branch: Branch) -> None:
        for child in branch.living():
            if child.ghost:
                self._unfold(child)
            child.removed = child.merge

    def _copy(self, node: Node) -> Node:
        if isinstance(node, Alias):
            unique = node.name and node.name not in self._repeated
            return Alias(node.name, node.target) if unique else self._copy(node.target)
        if isinstance(node, Leaf):
            return Leaf(node.value, node.style)
        copy = Branch(node.is_list)
        children = [child for _, child in places(node, "")]
        copy.children = [Child(copy, child.segment, self._copy(child.value)) for child in children]
        return copy

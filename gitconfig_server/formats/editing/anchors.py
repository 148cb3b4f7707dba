"""Which aliases a document still has, and whether what they stand for is still there."""

from __future__ import annotations

from itertools import islice

from gitconfig_server.errors import SharedAnchor
from gitconfig_server.formats.editing.nodes import Alias, Branch, Child, Node, flat

MAX_KEYS = 10
"""Keys that an error names."""


class Anchors:
    """Looks through a changed document. ``aliases``: flat key -> anchor, of those that are left."""

    def __init__(self, path: str, root: Branch) -> None:
        self.aliases: dict[str, str] = {}
        self._gone: set[Node] = set()
        self._left: list[tuple[str, Alias]] = []
        self._keep(root, "")
        for key, alias in self._left:
            if alias.target in self._gone:
                keys = tuple(islice((one for one, _ in flat(alias, key)), MAX_KEYS))
                raise SharedAnchor(path, alias.name, keys or (key,))
            self.aliases[key] = alias.name

    def _keep(self, node: Node, key: str) -> None:
        if isinstance(node, Alias) and node.name:
            self._left.append((key, node))
        if not isinstance(node, Branch):
            return
        for child in node.standing:
            if child.removed:
                self._lose_child(child)
            elif child.value is not child.was:
                self._lose(child.was)
        for child in node.living():
            if child.merge:
                self._keep_merge(node, child.value)
            elif not child.ghost:
                self._keep(child.value, child.path)
                if isinstance(child.key, Alias):
                    self._left.append((child.path, child.key))

    def _keep_merge(self, branch: Branch, node: Node) -> None:
        """What ``<<`` brings stands beneath the map it stands in."""
        for alias in [child.value for child in node.children] if isinstance(node, Branch) else [node]:
            if isinstance(alias, Alias):
                self._left.append((branch.path, alias))

    def _lose_child(self, child: Child) -> None:
        self._lose(child.key)
        self._lose(child.was)

    def _lose(self, node: Node | None) -> None:
        if node is None:
            return
        self._gone.add(node)
        if isinstance(node, Branch):
            for child in node.standing:
                self._lose_child(child)
        elif isinstance(node, Alias) and not node.name:
            self._lose(node.target)

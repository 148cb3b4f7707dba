"""Whether what the aliases of a changed document stand for is still there."""

from __future__ import annotations

from gitconfig_server.errors import SharedAnchor
from gitconfig_server.formats.editing.nodes import Alias, BranchMark, Child, NodeMark
from gitconfig_server.formats.values import join_index, join_key


def check_anchors(path: str, root: BranchMark) -> None:
    """Raise SharedAnchor where an alias is left whose anchor has gone."""
    _Anchors().check(path, root)


class _Anchors:
    """Looks through a changed document."""

    def __init__(self) -> None:
        self._gone: set[NodeMark] = set()
        self._left: list[tuple[str, Alias]] = []

    def check(self, path: str, root: BranchMark) -> None:
        self._keep(root, "")
        for key, alias in self._left:
            if alias.target in self._gone:
                raise SharedAnchor(path, alias.name, (key,))

    def _keep(self, mark: NodeMark, key: str) -> None:
        if isinstance(mark, Alias) and mark.name:
            self._left.append((key, mark))
        if not isinstance(mark, BranchMark):
            return
        moved = {child.origin for child in mark.children if child.origin is not None}
        for child in mark.standing:
            if child.removed and child not in moved:
                self._lose_child(child)
            elif not child.removed and child.value is not child.was:
                self._lose(child.was)
        for index, child in enumerate(mark.living()):
            below = join_index(key, index) if mark.is_list else join_key(key, child.segment)
            if child.merge:
                self._keep_merge(key, child.value)
            elif not child.ghost:
                self._keep(child.value, below)
                if isinstance(child.key, Alias):
                    self._left.append((below, child.key))

    def _keep_merge(self, key: str, mark: NodeMark) -> None:
        """What ``<<`` brings stands beneath the map it stands in."""
        for alias in [child.value for child in mark.children] if isinstance(mark, BranchMark) else [mark]:
            if isinstance(alias, Alias):
                self._left.append((key, alias))

    def _lose_child(self, child: Child) -> None:
        self._lose(child.key)
        self._lose(child.was)

    def _lose(self, mark: NodeMark | None) -> None:
        if mark is None:
            return
        self._gone.add(mark)
        if isinstance(mark, BranchMark):
            for child in mark.standing:
                self._lose_child(child)
        elif isinstance(mark, Alias) and not mark.name:
            self._lose(mark.target)

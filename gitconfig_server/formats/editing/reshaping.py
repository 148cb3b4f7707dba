"""From the tree that a document is to have to what its marks are to become: what stays, changes, comes or moves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gitconfig_server.formats.editing.alignment import place_items
from gitconfig_server.formats.editing.lines import Lines
from gitconfig_server.formats.editing.nodes import Alias, BranchMark, Child, Leaf, NodeMark
from gitconfig_server.formats.editing.stored import StoredDocument, key_at
from gitconfig_server.formats.editing.tree import AliasNode, Key, ListNode, MapNode, Node, ScalarNode, same
from gitconfig_server.formats.editing.yaml.writer import BLOCKS

_BREAK = re.compile("\r\n|[\r\n]")
_PROPERTY = ("&", "!", "*")

Brought = Mapping[int, tuple[NodeMark, Lines]]
"""Nodes of other texts by their ``id``: where in which text each stands."""


class Reshaping:
    """Brings the marks of one document to a wanted tree.

    ``nodes``: those that were read, in the order of ``stored.nodes``; they may be of another reading of the same text.
    With ``keep_text`` a node that was read and stands elsewhere now, or anew, brings its text with it; and so does one
    of ``brought``, which was read from another text.
    """

    def __init__(
        self,
        lines: Lines,
        stored: StoredDocument,
        nodes: Sequence[Node],
        *,
        keep_text: bool,
        brought: Brought | None = None,
    ) -> None:
        self._lines = lines
        self._brought = brought or {}
        marks = [stored.marks[id(node)] for node in stored.nodes]
        self._known = {id(node): mark for node, mark in zip(nodes, marks, strict=True)}
        self._nodes = {id(mark): node for node, mark in zip(nodes, marks, strict=True)}
        self._repeated = stored.repeated
        self._keep_text = keep_text

    def map(self, branch: BranchMark, wanted: MapNode) -> None:
        """Let a standing map become ``wanted``."""
        if wanted.is_unmerged or (branch.children and not wanted.brought and not wanted.hiding):
            self._unmerge(branch)
        standing = [child for child in branch.standing if not child.merge]
        chosen = self._chosen(standing, wanted)
        made: dict[Key, Child] = {}
        for key, node in wanted.entries.items():
            child = chosen.get(key)
            if child is None:
                made[key] = Child(branch.is_list, key.segment, self._fresh(node), key=_key_leaf(key))
                continue
            if key_at(child) != key:
                child.rename = _key_leaf(key)
            self._value(branch, child, node)
        left = set(chosen.values())
        for child in standing:
            child.removed = child not in left
        self._place(branch, wanted, {key_at(child): child for child in standing} | chosen, made)

    def _unmerge(self, branch: BranchMark) -> None:
        branch.children = [child for child in branch.children if not child.ghost]
        for child in branch.children:
            child.removed = child.merge

    def _chosen(self, standing: list[Child], wanted: MapNode) -> dict[Key, Child]:
        """The standing children that become the wanted keys: those that hold the very node, else those of the key."""
        by_mark = {id(_base(child.was)): child for child in standing}
        by_key = {key_at(child): child for child in standing}
        chosen: dict[Key, Child] = {}
        taken: set[Child] = set()
        for key, node in wanted.entries.items():
            child = by_mark.get(id(self._known.get(id(_origin(node)))))
            if child is not None and child not in taken and _may_become(child, key, node, wanted):
                chosen[key] = child
                taken.add(child)
        for key in wanted.entries:
            child = by_key.get(key)
            if key not in chosen and child is not None and child not in taken:
                chosen[key] = child
                taken.add(child)
        return chosen

    def _place(self, branch: BranchMark, wanted: MapNode, standing: dict[Key, Child], made: dict[Key, Child]) -> None:
        """Put new children at the end, or behind those they follow."""
        leaders: dict[Child, Child] = {}
        followers: dict[Child, list[Child]] = {}
        for key, child in made.items():
            leader_key = wanted.follows.get(key)
            leader = made.get(leader_key) or standing.get(leader_key) if leader_key is not None else None
            if leader is not None and leader is not child:
                first = leaders.get(leader, leader)
                leaders[child] = first
                followers.setdefault(first, []).append(child)
        last = [child for child in made.values() if child not in leaders]
        branch.children = [one for child in [*branch.children, *last] for one in (child, *followers.get(child, ()))]

    def list(self, branch: BranchMark, wanted: ListNode) -> None:
        """Let a standing list become ``wanted``."""
        old = [self._node_at(child.was) for child in branch.standing]
        children: list[Child] = []
        kept: set[Child] = set()
        for item, placed in zip(wanted.items, place_items(old, wanted.items), strict=True):
            if placed.old is None:
                children.append(Child(branch.is_list, "", self._fresh(item)))
                continue
            child = branch.standing[placed.old]
            node = old[placed.old] if same(item, old[placed.old]) else item
            if placed.moved:
                children.append(self._moved(branch, child, node))
                continue
            self._value(branch, child, node)
            kept.add(child)
            children.append(child)
        for child in branch.standing:
            child.removed = child not in kept
        branch.children = children

    def _moved(self, branch: BranchMark, child: Child, node: Node) -> Child:
        """The item as a new one, with its text and comments if it is the same; a changed one is written anew."""
        made = Child(branch.is_list, "", self._fresh(node))
        if self._keep_text and not branch.flow and self._known.get(id(node)) is _base(child.was):
            made.origin = child
        return made

    def _value(self, branch: BranchMark, child: Child, node: Node) -> None:
        """Let the value of a standing child of ``branch`` become ``node``."""
        was = child.was
        assert was is not None, "it stands"
        mark = self._known.get(id(_origin(node)))
        if self._known.get(id(node)) is _base(was):
            return
        if isinstance(node, ScalarNode) and same(node, self._node_at(was)):
            return
        is_own = mark is None or mark is was
        if isinstance(was, BranchMark):
            was.is_flush = was.is_list and not branch.is_list and branch.column == was.column
        if isinstance(node, MapNode) and is_own and isinstance(was, BranchMark) and not was.is_list:
            self.map(was, node)
        elif isinstance(node, ListNode) and is_own and isinstance(was, BranchMark) and was.is_list:
            self.list(was, node)
        else:
            child.value = self._fresh(node)

    def _fresh(self, node: Node) -> NodeMark:
        """Marks of what is new at its place."""
        if isinstance(node, AliasNode):
            target = self._known.get(id(node.target))
            if target is not None and node.name not in self._repeated:
                return Alias(node.name, target)
            return self._fresh(node.target)
        mark, lines = self._known.get(id(node)) if self._keep_text else None, self._lines
        if mark is None and self._keep_text:
            mark, lines = self._brought.get(id(node), (None, lines))
        if isinstance(node, ScalarNode):
            style = mark.style if isinstance(mark, Leaf) else ""
            return Leaf(node.value, style, text=_inline_text(lines, mark) if isinstance(mark, Leaf) else None)
        branch = BranchMark(isinstance(node, ListNode))
        if isinstance(mark, BranchMark):
            _bring_text(lines, branch, mark)
        if isinstance(node, ListNode):
            branch.children = [Child(branch.is_list, "", self._fresh(item)) for item in node.items]
        else:
            branch.children = [
                Child(branch.is_list, key.segment, self._fresh(child), key=_key_leaf(key))
                for key, child in node.items()
            ]
        return branch

    def _node_at(self, mark: NodeMark | None) -> Node:
        assert mark is not None, "it stands"
        return self._nodes[id(_base(mark))]


def _inline_text(lines: Lines, mark: NodeMark) -> str | None:
    """The text of what stands on one line and defines nothing that others name."""
    text = lines.text[mark.start : mark.end]
    is_block = isinstance(mark, Leaf) and mark.style in BLOCKS
    return None if is_block or "\n" in text or "\r" in text or text[:1] in _PROPERTY else text


def _bring_text(lines: Lines, branch: BranchMark, mark: BranchMark) -> None:
    """Let new marks of a collection that was read be written as it stood."""
    start, end = mark.start, mark.end
    if not mark.standing or mark.closed:
        return
    if mark.flow:
        column = len(lines.indent(start))
    else:
        start, column = mark.standing[0].start, mark.column
        end = lines.end(mark.end)
    text = lines.text[start:end]
    if "&" not in text and "*" not in text:
        first, *more = _BREAK.split(text)
        branch.text = (first, *(_dedented(line, column) for line in more))
        branch.flow_text = mark.flow


def _base(mark: NodeMark | None) -> NodeMark | None:
    """What bears the node: of a tagged collection its target."""
    return mark.target if isinstance(mark, Alias) and not mark.name else mark


def _origin(node: Node) -> Node:
    """The node that was read and of which this is a changed copy; else itself."""
    return node.origin or node if isinstance(node, ListNode | MapNode) else node


def _may_become(child: Child, key: Key, node: Node, wanted: MapNode) -> bool:
    """Whether the child that holds a node may be renamed to ``key``: not where the node stays under its own too."""
    own = key_at(child)
    return own == key or wanted.entries.get(own) is not node


def _key_leaf(key: Key) -> Leaf:
    return Leaf(key.value, text=None if isinstance(key.value, str) else key.written)


def _dedented(line: str, column: int) -> str:
    return line[column:] if not line[:column].strip(" ") else line.lstrip(" ")

"""From YAML text to the nodes of an edit: what `yaml_nodes` reads, with where everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from gitconfig_server.formats.editing.lines import BREAKS, Lines
from gitconfig_server.formats.editing.nodes import Alias, BranchMark, Child, Leaf, NodeMark, places, resolve
from gitconfig_server.formats.editing.yaml.writer import BLOCKS
from gitconfig_server.formats.reading.yaml_events import open_events
from gitconfig_server.formats.reading.yaml_nodes import MERGE, OMAP, SET, span
from gitconfig_server.formats.reading.yaml_scalars import plain_scalar, tagged_scalar
from gitconfig_server.formats.values import Scalar, key_segment, leaf_value


class StandingNodes:
    """The documents of a text that is known to be readable. ``repeated``: anchors that one document gives twice.

    ``is_ended`` tells whether the last document seen ends with ``...``.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._text = lines.text
        self._next: Any = open_events(lines.text)
        self._anchors: dict[str, NodeMark] = {}
        self.repeated: set[str] = set()
        self.is_ended = False

    def documents(self) -> Iterator[NodeMark]:
        """The root of each document."""
        self._next()
        while not isinstance(self._next(), StreamEndEvent):
            self._anchors.clear()
            self.repeated.clear()
            yield self._node(self._next())
            self.is_ended = bool(self._next().explicit)

    def _node(self, event: Any) -> NodeMark:
        if isinstance(event, AliasEvent):
            return Alias(str(event.anchor), self._anchors[str(event.anchor)], *span(event))
        node: NodeMark
        if isinstance(event, ScalarEvent):
            node = self._leaf(event)
        elif isinstance(event, MappingStartEvent):
            node = self._mapping(event)
        else:
            node = self._sequence(event)
        if event.anchor:
            if event.anchor in self._anchors:
                self.repeated.add(event.anchor)
            self._anchors[event.anchor] = node
        return node

    def _leaf(self, event: ScalarEvent) -> Leaf:
        start, end = span(event)
        end = self._last(start, end) if event.style in BLOCKS else end
        return Leaf(_scalar(event), event.style or "", start, end, str(event.value) if event.implicit[0] else "")

    def _last(self, start: int, end: int) -> int:
        """The end of a block of text, in front of the last break that belongs to it: libyaml looks further."""
        end = start + len(self._text[start:end].rstrip(" ")) if self._text[end - 1 : end] == " " else end
        header = self._text[start : self._lines.end(start)].partition("#")[0]
        if "+" in header:
            return self._lines.end(end - 1)
        return start + len(self._text[start:end].rstrip(BREAKS))

    def _mapping(self, event: CollectionStartEvent) -> NodeMark:
        start, inner = span(event)
        branch = BranchMark(False, bool(event.flow_style), start=start, inner=inner)
        children: dict[str, Child] = {}
        merges: list[Child] = []
        at = inner
        while not isinstance(key := self._next(), MappingEndEvent):
            child = self._pair(branch, key, at)
            at = child.end
            if child.merge:
                merges.append(child)
                self._bring(branch, child, children)
            else:
                child.hides = child.segment in children
                children[child.segment] = child
        standing = [child for child in children.values() if not child.ghost]
        ghosts = [child for child in children.values() if child.ghost]
        branch.children = [*sorted([*standing, *merges], key=lambda child: child.start), *ghosts]
        self._close(branch, at, key)
        return _as_list(branch) if event.tag == SET else branch

    def _pair(self, branch: BranchMark, event: Any, at: int) -> Child:
        start = self._begin(at, branch.flow)
        key = self._node(event)
        assert not isinstance(key, BranchMark), "a readable key is a single value"
        is_merge = isinstance(event, ScalarEvent) and event.value == MERGE and event.tag is None and event.implicit[0]
        colon = self._lines.skip(key.end)
        socket = colon + 1 if self._text[colon : colon + 1] == ":" else key.end
        child = Child(
            branch.is_list, _segment(key), self._value(socket), start=start, socket=socket, key=key, merge=is_merge
        )
        child.was = child.value
        return child

    def _value(self, socket: int) -> NodeMark:
        """The next node; one that is not there begins and ends at its socket."""
        node = self._node(self._next())
        if node.start == node.end:
            node.start = node.end = socket
        return node

    def _bring(self, branch: BranchMark, merge: Child, children: dict[str, Child]) -> None:
        """The ghosts of what ``<<`` brings and no key before it has; an own key behind it takes the ghost's place."""
        brought = resolve(merge.value)
        assert isinstance(brought, BranchMark), "a readable << takes a map or a list of maps"
        for one in [resolve(child.value) for child in brought.children] if brought.is_list else [brought]:
            assert isinstance(one, BranchMark), "as above"
            for child in places(one):
                if child.segment in children:
                    children[child.segment].hides = True
                else:
                    ghost = Child(branch.is_list, child.segment, Alias("", child.value), key=child.key, ghost=True)
                    children[child.segment] = ghost

    def _sequence(self, event: CollectionStartEvent) -> NodeMark:
        start, inner = span(event)
        branch = BranchMark(True, bool(event.flow_style), start=start, inner=inner)
        at = inner if event.flow_style or self._text[inner : inner + 1] == "-" else inner - 1
        while not isinstance(item := self._next(), SequenceEndEvent):
            begin = self._begin(at, branch.flow)
            socket = begin if branch.flow else begin + 1
            node = self._node(item)
            if node.start == node.end:
                node.start = node.end = socket
            branch.children.append(Child(branch.is_list, "", node, start=begin, socket=socket, was=node))
            at = branch.children[-1].end
        self._close(branch, at, item)
        return _as_map(branch) if event.tag == OMAP else branch

    def _begin(self, at: int, flow: bool) -> int:
        """Where the next child begins."""
        at = self._lines.skip(at)
        return self._lines.skip(at + 1) if flow and self._text[at : at + 1] == "," else at

    def _close(self, branch: BranchMark, at: int, event: Event) -> None:
        branch.standing = tuple(child for child in branch.children if not child.ghost)
        has_bracket = branch.flow and branch.inner > branch.start
        branch.end = span(event)[1] if has_bracket else at
        if not branch.flow:
            branch.column = self._lines.column(branch.standing[0].start)


def _scalar(event: ScalarEvent) -> Scalar:
    plain, quoted = event.implicit
    if plain:
        return plain_scalar(event.value)
    return str(event.value) if quoted else tagged_scalar(event.value, event.tag or "")


def _segment(key: Leaf | Alias) -> str:
    target = resolve(key)
    assert isinstance(target, Leaf), "a readable key is a single value"
    return key_segment(target.value if isinstance(key, Leaf) else leaf_value(target.value))


def _as_list(branch: BranchMark) -> Alias:
    """A ``!!set``, which reads as a list of its keys."""
    target = BranchMark(True)
    keys = [child.key for child in branch.children if child.key]
    target.children = [Child(target.is_list, "", key) for key in keys]
    return Alias("", target, branch.start, branch.end)


def _as_map(branch: BranchMark) -> Alias:
    """An ``!!omap``, which reads as the map of its pairs."""
    target = BranchMark(False)
    pairs = [resolve(child.value) for child in branch.children]
    found = [child for pair in pairs if isinstance(pair, BranchMark) for child in places(pair)]
    pairs_by_key = {one.segment: one for one in found}
    target.children = [Child(target.is_list, one.segment, one.value, key=one.key) for one in pairs_by_key.values()]
    return Alias("", target, branch.start, branch.end)

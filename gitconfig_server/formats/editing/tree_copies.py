"""Copies of a tree that may be changed: what was read stays as it is, and shares all that does not change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from gitconfig_server.errors import InvalidEdit
from gitconfig_server.formats.editing.places import AskedNames, step_into
from gitconfig_server.formats.editing.tree import (
    GONE,
    NOWHERE,
    Key,
    ListNode,
    MapNode,
    Node,
    Path,
    ScalarNode,
    resolved,
)
from gitconfig_server.formats.editing.walking import at

INDEXED = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)

CLOSED = "the document is no map but one value or list, which has the key 'document'"

CopyPosition = tuple[int, int]


class TreeCopies:
    """A tree that is being copied where it changes; ``root`` is what it has become. Errors name the file's ``path``."""

    def __init__(self, path: str, root: MapNode) -> None:
        self.root = root
        self.touched: list[Path] = []
        self._path = path
        self._own: dict[int, Node] = {}
        self._holed: list[ListNode] = []
        self._shrunk: dict[tuple[Path, str], set[int]] = {}
        self._latest: dict[tuple[int, str], Key] = {}

    def owned(self, path: Path) -> MapNode | ListNode:
        """The map or list at a path, as a copy of its own with all above it."""
        node = self.root = self._owned_map(self.root)
        current: MapNode | ListNode = node
        for step in path:
            child = at(current, (step,))
            inner = resolved(child)
            assert not isinstance(inner, ScalarNode), "a container is asked for"
            is_shared = inner is not child or (isinstance(current, MapNode) and step in current.brought)
            copy = self._copy(inner, is_shared=is_shared)
            if copy is not child:
                _put(current, step, copy)
            current = copy
        return current

    def take(self, path: Path, *, at_once: bool = False) -> Node:
        """Remove what stands at a path; in a list a hole is left until ``settle``, unless ``at_once``."""
        node = at(self.root, path)
        container = self.owned(path[:-1])
        step = path[-1]
        if isinstance(container, MapNode) and isinstance(step, Key):
            container.drop(step)
            self._note_gone(path[:-1], step.text)
        elif isinstance(container, ListNode) and isinstance(step, int) and at_once and len(container.items) > 1:
            del container.items[step]
        elif isinstance(container, ListNode) and isinstance(step, int):
            container.items[step] = GONE
            self._holed.append(container)
        return node

    def groups(self, request: AskedNames) -> Iterator[tuple[Path, str]]:
        """The maps in which longer keys spell out what is beneath a place, with what those keys begin with."""
        for position, path, node in self._ways(request):
            text = request.rest(position)
            if isinstance(node, MapNode) and node.any_beneath(text):
                yield path, text

    def drop_group(self, path: Path, text: str) -> None:
        """Remove the keys that go on after ``text``."""
        container = self.owned(path)
        assert isinstance(container, MapNode), "a group stands in a map"
        container.drop_all(container.beneath(text))
        self._note_gone(path, text)

    def _owned_map(self, node: MapNode) -> MapNode:
        copy = self._copy(node, is_shared=False)
        assert isinstance(copy, MapNode), "the copy of a map is one"
        return copy

    def _copy(self, node: MapNode | ListNode, *, is_shared: bool) -> MapNode | ListNode:
        """A copy that may be changed; ``is_shared``: what it was read from belongs to another place."""
        if id(node) in self._own and not is_shared:
            return node
        copy: MapNode | ListNode
        if isinstance(node, ListNode):
            copy = ListNode(list(node.items))
        else:
            copy = MapNode(
                dict(node.entries), node.brought, hiding=node.hiding, is_flat=node.is_flat, is_closed=node.is_closed
            )
            copy.follows, copy.gone = dict(node.follows), set(node.gone)
            if is_shared:
                copy.entries.update(copy.brought)
                copy.brought, copy.hiding = {}, set()
        copy.origin = None if is_shared else node.origin
        copy.start = NOWHERE if is_shared else node.start
        self._own[id(copy)] = copy
        return copy

    def _store(self, path: Path, value: Node) -> None:
        _put(self.owned(path[:-1]), path[-1], respelled(value, at(self.root, path)))

    def _ways(self, request: AskedNames) -> Iterator[tuple[CopyPosition, Path, Node]]:
        """All that stands on the way to a place, with the position reached; scalars are no way on."""
        seen: set[tuple[int, CopyPosition]] = set()
        waiting: list[tuple[Node, Path, CopyPosition]] = [(self.root, (), (0, 0))]
        while waiting:
            node, path, position = waiting.pop()
            inner = resolved(node)
            if (id(inner), position) in seen:
                continue
            seen.add((id(inner), position))
            yield position, path, inner
            if isinstance(inner, ScalarNode):
                continue
            for text, behind in request.cuts(position):
                step, child = step_into(inner, text)
                if step is not None and child is not None and not request.is_done(behind):
                    waiting.append((child, (*path, step), behind))

    def _note_gone(self, path: Path, text: str) -> None:
        found = INDEXED.fullmatch(text)
        if found:
            self._shrunk.setdefault((path, found[1]), set()).add(int(found[2]))

    def _refuse(self, key: str, reason: str) -> NoReturn:
        raise InvalidEdit(self._path, key, reason)


def respelled(value: Node, standing: Node) -> Node:
    """A new value with the keys of what it takes the place of: to JSON ``443`` and ``on`` are text."""
    standing = resolved(standing)
    if isinstance(value, MapNode) and isinstance(standing, MapNode) and value.origin is None:
        found = ((standing.named(key.text) or key if isinstance(key.value, str) else key, key) for key in value.entries)
        pairs = ((new, value.entries[key]) for new, key in found)
        return MapNode({key: respelled(child, standing.get(key) or child) for key, child in pairs})
    return value


def _put(container: MapNode | ListNode, step: object, node: Node) -> None:
    if isinstance(container, MapNode) and isinstance(step, Key):
        container.put(step, node)
    elif isinstance(container, ListNode) and isinstance(step, int):
        container.items[step] = node

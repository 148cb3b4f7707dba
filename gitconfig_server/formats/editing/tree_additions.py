"""New keys in a tree that is being changed: where they go, and how they are spelled."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gitconfig_server.formats.editing.groups import group_items
from gitconfig_server.formats.editing.keys import is_index, other_spellings, split_key
from gitconfig_server.formats.editing.places import AskedNames
from gitconfig_server.formats.editing.tree import (
    GONE,
    Key,
    ListNode,
    MapNode,
    Node,
    Path,
    ScalarNode,
    resolved,
)
from gitconfig_server.formats.editing.tree_copies import CLOSED, INDEXED, CopyPosition
from gitconfig_server.formats.editing.tree_groups import TreeGroups
from gitconfig_server.formats.editing.walking import key_of

_NEXT = re.compile(r"\[([0-9]{1,9})\]\.?")


class TreeAdditions(TreeGroups):
    """A tree that new keys are put into. Raises InvalidEdit for those that what stands there cannot take."""

    def add(self, request: AskedNames, value: Node, *, as_was: bool) -> None:
        """Put a value where nothing stands."""
        ways = [way for way in self._ways(request) if not isinstance(way[2], ScalarNode) or way[2].value is None]
        position, path, found = max(ways, key=lambda way: way[0])
        node = resolved(found)
        if isinstance(node, MapNode) and not as_was:
            self._check_new(request, position, node)
            self.drop_items(path, node, request.rest(position), value)
        if isinstance(node, ScalarNode):
            self.touched.append(path)
            self._store(path, self._chain(request, position, value))
        elif isinstance(node, ListNode) and self.root.is_flat:
            self._append_flat(path, node, request.rest(position), request.rest((0, 0)), value)
        elif isinstance(node, ListNode):
            self._append(path, node, request, position, value)
        elif node.is_flat:
            self._add_flat(path, request.rest(position), value)
        else:
            self._add_to_map(path, node, request, position, value)

    def drop_items(self, path: Path, node: MapNode, text: str, value: Node) -> None:
        """Let a single value take the place of a list that is spelled by indexes: nothing is both."""
        if not isinstance(resolved(value), ScalarNode) or group_items(node, text) is None:
            return
        container = self.owned(path)
        assert isinstance(container, MapNode), "as it is"
        for key in container.beneath(text):
            if key.text[len(text)] == "[":
                container.follows.setdefault(Key(text), key)
                container.drop(key)

    def _append(self, path: Path, node: ListNode, request: AskedNames, position: CopyPosition, value: Node) -> None:
        key, rest = key_of(path), request.rest(position)
        found = _NEXT.match(rest)
        if found is None:
            self._refuse(request.rest((0, 0)), f"{key} is a list: its items are {key}[0] and so on")
        if int(found[1]) != len(node.items):
            self._refuse(request.rest((0, 0)), f"{key} has {len(node.items)} items: the next is [{len(node.items)}]")
        parts = split_key(rest[found.end() :]) if found.end() < len(rest) else []
        container = self.owned(path)
        assert isinstance(container, ListNode), "as it is"
        container.items.append(self._nest(request, parts, value))
        self.touched.append((*path, len(container.items) - 1))

    def _add_to_map(self, path: Path, node: MapNode, request: AskedNames, position: CopyPosition, value: Node) -> None:
        key = request.rest((0, 0))
        if node.is_closed:
            self._refuse(key, CLOSED)
        rest = request.rest(position)
        cuts = [text for text, _ in request.cuts(position) if text != rest]
        sibling = next((text for text in cuts if node.any_beneath(text)), None)
        in_the_way = next((text for text in cuts if node.named(text) is not None), None)
        if in_the_way and isinstance(resolved(node.get(node.named(in_the_way) or Key("")) or GONE), ListNode):
            self._refuse(key, f"{in_the_way} is a list: its items are {in_the_way}[0] and so on")
        is_dotted = position[0] == 0 and len(request.cuts(position)) > len(request.names)
        as_one = sibling or in_the_way or (is_dotted and ((path and not len(node)) or _has_dotted_keys(node)))
        container = self.owned(path)
        assert isinstance(container, MapNode), "as it is"
        if as_one:
            split_key(rest)
            self._check_first(request, rest, sibling, node)
            new = Key(rest)
            container.put(new, value)
            self._follow_sibling(container, rest)
        else:
            new = self._put_chain(container, path, request, position, value)
        self.touched.append((*path, new))

    def _put_chain(
        self, container: MapNode, path: Path, request: AskedNames, position: CopyPosition, value: Node
    ) -> Key:
        first, *parts = self._parts(request, position)
        if is_index(first):
            numbers = [
                key for key, _ in container.items() if isinstance(key.value, int) and not isinstance(key.value, bool)
            ]
            if not numbers and not any(key.segment.startswith("[") for key, _ in container.items()):
                self._refuse(request.rest((0, 0)), f"{key_of(path) or 'the document'} is a map, it has no items")
            new = Key(int(first[1:-1])) if numbers else Key(first)
        else:
            new = Key(first)
        container.put(new, self._nest(request, parts, value))
        return new

    def _parts(self, request: AskedNames, position: CopyPosition) -> list[str]:
        """The keys that are still to be made, one inside the other."""
        number, used = position
        if number:
            return list(request.names[number:])
        first = request.names[0][used:]
        return [*(split_key(first) if first else [first]), *request.names[1:]]

    def _chain(self, request: AskedNames, position: CopyPosition, value: Node) -> Node:
        return self._nest(request, self._parts(request, position), value)

    def _nest(self, request: AskedNames, parts: Sequence[str], value: Node) -> Node:
        """New maps and lists, one inside the other, and the value in the innermost."""
        for part in reversed(parts):
            if part != "[0]" and part[:1] == "[" and part[1:-1].isdigit():
                self._refuse(request.rest((0, 0)), "the first item of a new list is [0]")
            value = ListNode([value]) if is_index(part) else MapNode({Key(part): value})
        return value

    def _check_new(self, request: AskedNames, position: CopyPosition, node: MapNode) -> None:
        """Refuse a key that stands there in another spelling, or is an item of what is a single value."""
        key, rest = request.rest((0, 0)), request.rest(position)
        for text, other in other_spellings(rest):
            if _stands(node, other) and not _stands(node, text):
                self._refuse(key, f"{text} stands there spelled {other}: use that spelling")
        for text, _ in request.cuts(position):
            is_item = node.named(text) is not None and _NEXT.match(rest, len(text)) is not None
            if is_item and not any(one.text[len(text)] == "[" for one in node.beneath(text)):
                self._refuse(key, f"{text} is a single value, it has no items: set {text} to a list")

    def _check_first(self, request: AskedNames, rest: str, sibling: str | None, node: MapNode) -> None:
        """Refuse an item past the end of a list that is spelled by indexes."""
        found = INDEXED.fullmatch(rest)
        before = f"{found[1]}[{int(found[2]) - 1}]" if found and int(found[2]) else ""
        if found and before and not node.any_beneath(before) and node.named(before) is None:
            self._refuse(request.rest((0, 0)), f"{found[1]} has no item before [{found[2]}]: add them in order")


def _stands(node: MapNode, text: str) -> bool:
    """Whether a map has a key that is ``text`` or goes on after it."""
    return node.get(Key(text)) is not None or node.any_beneath(text)


def _has_dotted_keys(node: MapNode) -> bool:
    """Whether a map spells its keys with dots rather than to nest them."""
    if any(isinstance(resolved(child), MapNode) for child in node.entries.values()):
        return False
    return any("." in key.segment and not key.segment.startswith("[") for key in node.entries)

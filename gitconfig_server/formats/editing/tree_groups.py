"""Changing keys that spell out what others nest: those of ``.properties``, ``db.url`` and ``hosts[0]`` elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from gitconfig_server.formats.editing.alignment import align
from gitconfig_server.formats.editing.groups import group_items, members_beneath
from gitconfig_server.formats.editing.keys import split_key
from gitconfig_server.formats.editing.tree import GONE, Key, ListNode, MapNode, Node, Path, ScalarNode, resolved, same
from gitconfig_server.formats.editing.tree_copies import CLOSED, TreeCopies
from gitconfig_server.formats.editing.walking import at, key_of
from gitconfig_server.formats.values import scalar_text


class TreeGroups(TreeCopies):
    """A tree whose keys may spell out maps and lists."""

    def settle(self) -> None:
        """Close up the places of items that went."""
        for items in self._holed:
            items.items[:] = [item for item in items.items if item is not GONE]
        if self._holed and self.root.is_flat:  # a list without items is none
            empty = [key for key, node in self.root.entries.items() if isinstance(node, ListNode) and not node.items]
            for key in empty:
                self.root.drop(key)
        for (path, prefix), gone in self._shrunk.items():
            self._renumber(path, prefix, gone)
        self._holed.clear()
        self._shrunk.clear()

    def set_group(self, path: Path, text: str, value: Node) -> None:
        """Let keys that go on after ``text`` spell out a map or list, in place of what they do; others stay."""
        container = self.owned(path)
        assert isinstance(container, MapNode), "a group stands in a map"
        value = resolved(value)
        if (
            self.root.is_flat
            and not isinstance(value, ScalarNode)
            and not (value.items if isinstance(value, ListNode) else len(value))
        ):
            self._refuse_empty(text)
        if isinstance(value, ListNode):
            value = self._aligned(container, text, value)
        self._exchange_group(path, container, text, dict(members_beneath(text, value)))

    def put_key(self, path: Path, name: str, value: Node) -> None:
        """Put a value at a new key, which is spelled so, of the map at a path."""
        container = self.owned(path)
        assert isinstance(container, MapNode), "a key stands in a map"
        if container.is_closed:
            self._refuse(name, CLOSED)
        if container.is_flat:
            self._add_flat(path, name, value)
            return
        container.put(Key(name), value)
        self._follow_sibling(container, name)

    def insert_in_group(self, path: Path, text: str, index: int, value: Node) -> None:
        """Let an item of a list that is spelled by indexes stand at ``index``; those behind it move up."""
        container = self.owned(path)
        assert isinstance(container, MapNode), "a group stands in a map"
        items = group_items(container, text) or []
        if index == len(items):
            for name, node in members_beneath(f"{text}[{index}]", value):
                self.put_key(path, name, node)
            return
        listed: list[dict[str, Node]] = [*items[:index], dict(members_beneath("", value)), *items[index:]]
        wanted = {f"{text}[{number}]{rest}": node for number, item in enumerate(listed) for rest, node in item.items()}
        self._exchange_group(path, container, text, wanted)

    def _aligned(self, container: MapNode, text: str, value: ListNode) -> ListNode:
        """The items, with the very nodes of those that stand in the group already."""
        items = group_items(container, text)
        if items is None:
            return value
        old = [_nested(item) for item in items]
        found = align(old, value.items, as_text=self.root.is_flat)
        return ListNode([old[at] if at is not None else item for item, at in zip(value.items, found, strict=True)])

    def _exchange_group(self, path: Path, container: MapNode, text: str, wanted: dict[str, Node]) -> None:
        before = container.beneath(text)
        leader, stood = before[-1] if before else None, set(before)
        container.drop_all(before)
        for name, node in wanted.items():
            key = Key(name)
            container.put(key, self._text(name, node) if self.root.is_flat else node)
            if leader is not None and key not in stood:
                container.follows[key] = leader
            self.touched.append((*path, key))

    def _renumber(self, path: Path, prefix: str, gone: set[int]) -> None:
        """Close up a list that is spelled by indexes, if it was one without gaps."""
        container = resolved(at(self.root, path))
        assert isinstance(container, MapNode), "a group stands in a map"
        items = group_items(container, prefix, gone)
        if items is None:
            return
        wanted = {f"{prefix}[{number}]{rest}": node for number, item in enumerate(items) for rest, node in item.items()}
        others = [key for key in container.beneath(prefix) if not key.text.startswith(f"{prefix}[")]
        wanted |= {key.text: node for key in others if (node := container.get(key)) is not None}
        touched = len(self.touched)
        self._exchange_group(path, container, prefix, wanted)
        del self.touched[touched:]

    def _text(self, name: str, node: Node) -> Node:
        node = resolved(node)
        if not isinstance(node, ScalarNode) or node.value is None:
            self._refuse_empty(name)
        return node if isinstance(node.value, str) else ScalarNode(scalar_text(node.value))

    def _refuse_empty(self, key: str) -> NoReturn:
        self._refuse(key, "this format holds text alone: null, {} and [] cannot be stored in it")

    def _replace_flat(self, path: Path, value: Node) -> None:
        standing, value = resolved(at(self.root, path)), resolved(value)
        if isinstance(standing, ListNode) and isinstance(value, ListNode) and _are_texts(value):
            items = [self._text(key_of(path), item) for item in value.items]
            found = align(standing.items, items)
            items = [standing.items[one] if one is not None else item for one, item in zip(found, items, strict=True)]
            if items != standing.items:
                self._store(path, ListNode(items))
            return
        if isinstance(value, ScalarNode):
            text = self._text(key_of(path), value)
            if not same(standing, text):
                self._store(path, text)
            return
        key = path[0]
        assert isinstance(key, Key), "a flat document is a map"
        if len(path) > 1:
            spelled = Key(key_of(path))
            self._spread(key)
            self.take((spelled,))
            path = (spelled,)
        else:
            self.take(path)
        self.touched.pop()
        self.set_group((), path[-1].text if isinstance(path[-1], Key) else "", value)

    def _spread(self, key: Key) -> None:
        """Give each item of ``name[]=a,b`` a key of its own."""
        node = resolved(at(self.root, (key,)))
        self.take((key,))
        self.set_group((), key.text, node)

    def _add_flat(self, path: Path, text: str, value: Node) -> None:
        split_key(text)
        value = resolved(value)
        if not isinstance(value, ScalarNode):
            self.set_group(path, text, value)
            return
        container = self.owned(path)
        assert isinstance(container, MapNode), "as it is"
        container.put(Key(text), self._text(text, value))
        self.touched.append((*path, Key(text)))
        self._follow_sibling(container, text)

    def _append_flat(self, path: Path, node: ListNode, rest: str, key: str, value: Node) -> None:
        """Add to ``name[]=a,b``; what is no text, or lies further on, gets a key of its own."""
        if rest != f"[{len(node.items)}]" or not isinstance(resolved(value), ScalarNode):
            self._add_flat((), key, value)
            return
        container = self.owned(path)
        assert isinstance(container, ListNode), "as it is"
        container.items.append(self._text(key, value))
        self.touched.append((*path, len(container.items) - 1))

    def _follow_sibling(self, container: MapNode, text: str) -> None:
        """Let a new key stand behind the last of those that share most with it."""
        new, above = Key(text), list(_parents(text))
        for parent in above:
            leader = self._latest.get((id(container), parent))
            if leader is None or leader not in container.entries:
                found = [key for key in container.beneath(parent) if key != new and key in container.entries]
                found = found or [key for key in (container.named(parent),) if key in container.entries]
                leader = max(found, key=lambda key: container.entries[key].start, default=None)
            if leader is not None:
                container.follows[new] = leader
                break
        self._latest.update(dict.fromkeys(((id(container), parent) for parent in above), new))


def _nested(item: dict[str, Node]) -> Node:
    """An item that keys spell out: its only node, or a map of what they go on with."""
    if list(item) == [""]:
        return item[""]
    return MapNode({Key(rest.removeprefix(".")): node for rest, node in item.items()})


def _are_texts(node: ListNode) -> bool:
    return bool(node.items) and all(isinstance(item, ScalarNode) and item.value is not None for item in node.items)


def _parents(text: str) -> Iterator[str]:
    """What a dotted key begins with, the longest first."""
    while text:
        text = text[: max(text.rfind("."), text.rfind("["), 0)]
        if text:
            yield text

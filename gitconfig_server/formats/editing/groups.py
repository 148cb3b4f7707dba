"""Keys that spell out with dots and indexes what other files nest: ``hosts[0].name`` and ``hosts[1].name``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from gitconfig_server.formats.editing.tree import Key, ListNode, MapNode, Node, resolved
from gitconfig_server.formats.values import join_index, join_key

_ITEM = re.compile(r"\[(0|[1-9][0-9]{0,8})\]")
_PART = re.compile(r"\.?(\[(?:0|[1-9][0-9]{0,8})\]|[^.\[]+|.)", re.DOTALL)


def members_beneath(text: str, value: Node) -> Iterator[tuple[str, Node]]:
    """The keys, beginning with ``text``, that spell out a value: one for each scalar, ``{}`` and ``[]`` in it."""
    node = resolved(value)
    if isinstance(node, ListNode) and node.items:
        for index, item in enumerate(node.items):
            yield from members_beneath(join_index(text, index), item)
    elif isinstance(node, MapNode) and len(node):
        for key, child in node.items():
            yield from members_beneath(join_key(text, key.segment) if text else f".{key.segment}", child)
    else:
        yield text, value


def spelled_out(root: MapNode) -> MapNode:
    """A flat document as readers have it: items of ``name[]=a,b`` are keys; itself where some key stands twice so."""
    found = [member for key, node in root.items() for member in members_beneath(key.text, node)]
    entries = {Key(name): node for name, node in found}
    return MapNode(entries) if len(entries) == len(found) else root


def group_items(container: MapNode, text: str, gone: Collection[int] = ()) -> list[dict[str, Node]] | None:
    """The items of the list that the keys after ``text`` spell out, each by what its keys go on with.

    None where they are no list: indexes have gaps, others than those of items that are ``gone``.
    """
    items: dict[int, dict[str, Node]] = {}
    for key in container.beneath(text):
        found = _ITEM.match(key.text, len(text))
        node = container.get(key)
        if found and node is not None:
            items.setdefault(int(found[1]), {})[key.text[found.end() :]] = node
    indexes = set(items) | set(gone)
    if not indexes or len(indexes) <= max(indexes) or set(items) & set(gone):
        return None
    return [items[index] for index in sorted(items)]


def group_value(container: MapNode, text: str) -> Node:
    """What the keys after ``text`` spell out, nested, with the very nodes that stand there."""
    root: dict[str, object] = {}
    for key in container.beneath(text):
        node = container.get(key)
        parts = [found[1] for found in _PART.finditer(key.text, len(text))]
        inner = root
        for part in parts[:-1]:
            deeper = inner.setdefault(part, {})
            if not isinstance(deeper, dict):  # a value with longer keys beside it: those stay one key
                break
            inner = deeper
        else:
            inner.setdefault(parts[-1], node)
            continue
        inner[key.text[len(text) :].lstrip(".")] = node
    return _as_node(root)


def _as_node(found: object) -> Node:
    if not isinstance(found, dict):
        assert isinstance(found, Node), "what is no folder of names is a node"
        return found
    if found and list(found) and all(_ITEM.fullmatch(part) for part in found):
        numbers = sorted(int(part[1:-1]) for part in found)
        if numbers == list(range(len(numbers))):
            return ListNode([_as_node(found[f"[{number}]"]) for number in numbers])
    return MapNode({Key(part): _as_node(child) for part, child in found.items()})

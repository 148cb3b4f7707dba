"""Where two trees differ."""

from __future__ import annotations

from collections.abc import Iterator

from gitconfig_server.formats.editing.tree import AliasNode, ListNode, MapNode, Node, Path, ScalarNode, resolved, same
from gitconfig_server.formats.editing.walking import key_of, leaves

TreeDifference = tuple[Path, Node | None, Node | None]
"""A place, with what stands there in either tree; None where nothing does."""


def differences(before: MapNode, after: MapNode, *, whole_lists: bool = False) -> Iterator[TreeDifference]:
    """The innermost places that differ; of lists their items, or, with ``whole_lists``, they themselves.

    What both trees share is not looked at.
    """
    yield from _between(before, after, (), set(), whole_lists)


def _between(
    one: Node | None, other: Node | None, path: Path, seen: set[tuple[int, int]], whole_lists: bool
) -> Iterator[TreeDifference]:
    first = resolved(one) if one is not None else None
    second = resolved(other) if other is not None else None
    if first is second or (id(first), id(second)) in seen:
        return
    if first is None or second is None:
        yield path, one, other
        return
    if isinstance(first, MapNode) and isinstance(second, MapNode):
        seen.add((id(first), id(second)))
        keys = dict.fromkeys([*(key for key, _ in first.items()), *(key for key, _ in second.items())])
        for key in keys:
            yield from _between(first.get(key), second.get(key), (*path, key), seen, whole_lists)
    elif isinstance(first, ListNode) and isinstance(second, ListNode) and not whole_lists:
        seen.add((id(first), id(second)))
        for index in range(max(len(first.items), len(second.items))):
            pair = [node.items[index] if index < len(node.items) else None for node in (first, second)]
            yield from _between(pair[0], pair[1], (*path, index), seen, whole_lists)
    elif isinstance(first, ScalarNode) is not isinstance(second, ScalarNode) or not same(first, second):
        yield path, one, other


def alias_above(root: MapNode, path: Path) -> str:
    """The anchor of the alias, or ``<<``, that a place is reached through; ``""`` where there is none."""
    node: Node = root
    for step in path:
        inner = resolved(node)
        found: Node | None = None
        if isinstance(inner, MapNode) and not isinstance(step, int):
            if step in inner.brought:
                return "<<"
            found = inner.get(step)
        elif isinstance(inner, ListNode) and isinstance(step, int) and step < len(inner.items):
            found = inner.items[step]
        if found is None:
            return ""
        if isinstance(found, AliasNode):
            return found.name
        node = found
    return ""


def changed_keys(before: MapNode, after: MapNode) -> tuple[list[str], list[str]]:
    """The flat keys that are new or hold something else, and those that are there no more."""
    put: list[str] = []
    gone: list[str] = []
    for path, old, new in differences(before, after):
        key = key_of(path)
        old_keys = [one for one, _ in leaves(old, key)] if old is not None else []
        new_keys = [one for one, _ in leaves(new, key)] if new is not None else []
        put += new_keys
        kept = set(new_keys)
        gone += [one for one in old_keys if one not in kept]
    return put, gone

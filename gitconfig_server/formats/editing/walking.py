"""Going through the tree of a document: to what stands at a path, and past all its leaves."""

from __future__ import annotations

from collections.abc import Iterator

from gitconfig_server.formats.editing.tree import Key, ListNode, MapNode, Node, Path, ScalarNode, resolved
from gitconfig_server.formats.values import join_index, join_key


def leaves(root: Node, path: str = "") -> Iterator[tuple[str, ScalarNode | ListNode | MapNode]]:
    """The flat key and node of each scalar, and of each empty map and list; the empty document has none.

    Aliases are followed: readers have a bound on what they expand to.
    """
    node = resolved(root)
    if isinstance(node, ScalarNode) or (path and not (node.items if isinstance(node, ListNode) else len(node))):
        yield path, node
    elif isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from leaves(item, join_index(path, index))
    else:
        for key, child in node.items():
            yield from leaves(child, join_key(path, key.segment))


def at(root: Node, path: Path) -> Node:
    """The node at a path, which must be there; an alias at its end is given as such."""
    node = find_at(root, path)
    if node is None:
        raise LookupError(f"nothing stands at {path!r}")
    return node


def find_at(root: Node, path: Path) -> Node | None:
    """As ``at``; None where nothing stands there."""
    node: Node | None = root
    for step in path:
        inner = resolved(node) if node is not None else None
        if isinstance(inner, MapNode) and isinstance(step, Key):
            node = inner.get(step)
        else:
            node = inner.items[step] if isinstance(inner, ListNode) and isinstance(step, int) else None
    return node


def key_of(path: Path) -> str:
    """The flat key of what stands at a path."""
    key = ""
    for step in path:
        key = join_index(key, step) if isinstance(step, int) else join_key(key, step.segment)
    return key

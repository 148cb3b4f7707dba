"""Writing the changes of a merge into our text: what they do not concern stays byte for byte."""

from __future__ import annotations

from collections.abc import Mapping

from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree import Key, MapNode, Node
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.merging.outcomes import KeyMoves, Outcome
from gitconfig_server.formats.merging.units import UnitPlace, Units


def write_changes(path: str, content: bytes, number: int, outcome: Outcome, theirs: Units) -> bytes:
    """A file with the changes to its ``number``-th document. Raises SharedAnchor, InvalidEdit, TooLarge."""
    text = EditedText(path, content, number)
    edit = TreeEdit(path, text.root)
    for change in outcome.changes:
        if change.nodes:
            _put(edit, change, theirs)
    for change in outcome.changes:
        if not change.nodes:
            _drop(edit, change.path, outcome, theirs)
    return text.written(edit.root)


def _put(edit: TreeEdit, change: KeyMoves, theirs: Units) -> None:
    """Set a unit; maps that are not there yet come with it."""
    if edit.root.is_flat:
        _drop_flat(edit, change.path[0].text, keep=change.nodes)
    depth = _standing(edit.root, change.path)
    container = edit.owned(change.path[:depth])
    assert isinstance(container, MapNode), "the path leads through maps"
    for name, node in change.nodes.items():
        key, value = name, node
        for above in reversed(change.path[depth + 1 :]):
            value = MapNode({above: value})
            key = change.path[depth]
        if len(change.path) > depth + 1:
            key = change.path[depth]
        if container.get(key) is None:
            _follow(container, change.path[:depth], key, theirs)
        container.put(key, value)


def _standing(root: MapNode, path: UnitPlace) -> int:
    """How many names of a path lead through maps that are there."""
    node = root
    for depth, key in enumerate(path[:-1]):
        child = node.entries.get(key)
        if not isinstance(child, MapNode):
            return depth
        node = child
    return len(path) - 1


def _follow(container: MapNode, above: UnitPlace, key: Key, theirs: Units) -> None:
    """Let a new key stand behind the one that it follows on their side, if we have that."""
    node = theirs.root
    for step in above:
        child = node.entries.get(step)
        if not isinstance(child, MapNode):
            return
        node = child
    before = None
    for one in node.entries:
        if one == key:
            break
        before = one if one in container.entries else before
    if before is not None:
        container.follows[key] = before


def _drop(edit: TreeEdit, path: UnitPlace, outcome: Outcome, theirs: Units) -> None:
    """Remove a unit, and the maps that it leaves empty where they have none there."""
    if edit.root.is_flat:
        _drop_flat(edit, path[0].text, keep={})
        return
    while path and path not in outcome.values:
        depth = _standing(edit.root, path)
        if depth < len(path) - 1:
            return
        container = edit.owned(path[:-1])
        if not isinstance(container, MapNode) or container.entries.get(path[-1]) is None:
            return
        standing = container.entries[path[-1]]
        if isinstance(standing, MapNode) and len(standing):
            return
        container.drop(path[-1])
        path = path[:-1]
        if not path or len(container) or path in theirs.maps:
            return


def _drop_flat(edit: TreeEdit, key: str, keep: Mapping[Key, Node]) -> None:
    container = edit.owned(())
    assert isinstance(container, MapNode), "the root is a map"
    for name in list(container.entries):
        text = name.text
        if name not in keep and (text == key or (text.startswith(f"{key}[") and text.endswith("]"))):
            container.drop(name)

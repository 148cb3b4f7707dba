"""JSON Patch (RFC 6902) on the tree of a document.

A pointer's names are keys as they stand. Where nothing stands so, they also mean what dotted keys spell out:
``/db/url`` finds ``db.url``, and a list that is spelled ``hosts[0]``, ``hosts[1]`` is a list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from gitconfig_server.errors import Conflict, InvalidChange
from gitconfig_server.formats.editing.groups import group_items, group_value
from gitconfig_server.formats.editing.places import AskedNames, find_names
from gitconfig_server.formats.editing.tree import (
    ListNode,
    MapNode,
    Node,
    Path,
    ScalarNode,
    Step,
    node_of,
    plain,
    resolved,
)
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.editing.walking import at
from gitconfig_server.formats.values import join_key
from gitconfig_server.wire.json_pointer import token

_MAX_COPIED = 200_000
"""Values that all operations of one patch may copy or compare: copies of copies grow fast."""

_MAX_LOOKED = 2_000_000
"""Keys that all operations of one patch may look at, or rename, where a list is spelled by indexes."""
_RENAMING = 10

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_NEEDS = {"add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from", "remove": ""}


def apply_operations(changes: TreeEdit, operations: Sequence[Mapping[str, Any]]) -> None:
    """Let a tree be what all operations make of it.

    Raises InvalidChange, pointing at the operation, for one that is malformed or leads nowhere, and Conflict where a
    ``test`` finds something else.
    """
    patching = _Patching(changes)
    for number, operation in enumerate(operations):
        try:
            patching.apply(operation)
        except InvalidChange as error:
            raise InvalidChange(error.reason, f"/{number}{error.pointer}") from error


class _Place(Struct, frozen=True):
    """What a pointer leads to: a node at ``path``; or, in the map there, the keys that go on after ``text``."""

    path: Path
    text: str | None = None


class _Patching:
    """A tree while it is being patched."""

    def __init__(self, changes: TreeEdit) -> None:
        self._changes = changes
        self._copied = 0
        self._looked = 0

    def apply(self, operation: Mapping[str, Any]) -> None:
        """One operation."""
        if not isinstance(operation, Mapping):
            raise InvalidChange("an operation is an object")
        kind = operation.get("op")
        need = _NEEDS.get(kind) if isinstance(kind, str) else None
        if need is None:
            raise InvalidChange(f"{kind!r} is none of {', '.join(_NEEDS)}", "/op")
        path = _parse(operation, "path")
        if need == "value" and "value" not in operation:
            raise InvalidChange("a value is needed", "/value")
        if kind == "test":
            self._test(path, operation["value"])
        elif need == "value":
            self._count(operation["value"])
            self._put(path, node_of(operation["value"]), replace=kind == "replace")
        elif need == "from":
            self._transfer(_parse(operation, "from"), path, keep=kind == "copy")
        else:
            self._take(path, "/path")
        self._changes.settle()

    def _transfer(self, source: list[str], path: list[str], *, keep: bool) -> None:
        if keep:
            value = plain(self._at(source, "/from"))
            self._count(value)
            self._put(path, node_of(value), replace=False)
            return
        if path[: len(source)] == source:
            if path == source:
                self._at(source, "/from")
                return
            raise InvalidChange("nothing can be moved into itself", "/path")
        value = self._take(source, "/from")
        self._changes.settle()
        self._put(path, value, replace=False)

    def _test(self, path: list[str], wanted: Any) -> None:
        found = plain(self._at(path, "/path"))
        self._count([found, wanted])
        if not _same_json(found, wanted):
            raise Conflict(f"the test of {_shown(path)} fails: something else stands there")

    def _find(self, names: list[str]) -> _Place | None:
        """The place that a pointer means: as it stands; else as dotted keys spell it; else what they spell beneath."""
        exact = self._exactly(names)
        if exact is not None:
            return _Place(exact)
        root = self._changes.root
        asked = [tuple(names), tuple(f"[{name}]" if _INDEX.fullmatch(name) else name for name in names)]
        for one in asked:
            if found := find_names(root, AskedNames(one)):
                return _Place(found[-1])
        for one in asked:
            if group := next(self._changes.groups(AskedNames(one)), None):
                return _Place(*group)
        return None

    def _exactly(self, names: list[str]) -> Path | None:
        path: list[Step] = []
        node: Node = self._changes.root
        for name in names:
            inner = resolved(node)
            step: Step | None = None
            if isinstance(inner, MapNode):
                step = inner.named(name)
            elif isinstance(inner, ListNode) and _INDEX.fullmatch(name) and int(name) < len(inner.items):
                step = int(name)
            if step is None:
                return None
            path.append(step)
            node = at(inner, (step,))
        return tuple(path)

    def _at(self, names: list[str], place: str) -> Node:
        found = self._find(names)
        if found is None:
            raise self._nothing(names, place)
        if found.text is None:
            return at(self._changes.root, found.path)
        container = resolved(at(self._changes.root, found.path))
        assert isinstance(container, MapNode), "keys stand in a map"
        return group_value(container, found.text)

    def _nothing(self, names: list[str], place: str) -> InvalidChange:
        parent = self._find(names[:-1])
        node = resolved(at(self._changes.root, parent.path)) if parent and parent.text is None else None
        if isinstance(node, ListNode):
            return InvalidChange(f"{_shown(names)} is past the end of the list, or no index of it", place)
        return InvalidChange(f"there is nothing at {_shown(names)}", place)

    def _put(self, names: list[str], value: Node, *, replace: bool) -> None:
        if not names:
            if not isinstance(resolved(value), MapNode):
                raise InvalidChange("properties are a map: the patch leaves something else")
            self._changes.replace_root(value)
            return
        if replace:
            self._replace(names, value)
            return
        parent = self._find(names[:-1])
        if parent is None:
            raise InvalidChange(f"there is nothing at {_shown(names[:-1])}", "/path")
        if parent.text is not None:
            self._put_in_group(parent.path, parent.text, names, value)
            return
        node = resolved(at(self._changes.root, parent.path))
        if isinstance(node, ListNode):
            self._insert(parent.path, node, names, value)
        elif isinstance(node, MapNode):
            self._put_in_map(parent.path, node, names[-1], value)
        elif self._changes.root.is_flat:
            self._put_in_group((), ".".join(names[:-1]), names, value)
        else:
            raise InvalidChange(f"{_shown(names[:-1])} is a single value, so nothing can stand beneath it", "/path")

    def _replace(self, names: list[str], value: Node) -> None:
        found = self._find(names)
        if found is None:
            raise self._nothing(names, "/path")
        if found.text is None:
            self._changes.replace(found.path, value)
        elif isinstance(value, ScalarNode):
            self._changes.drop_group(found.path, found.text)
            self._changes.put_key(found.path, found.text, value)
        else:
            self._changes.set_group(found.path, found.text, value)

    def _put_in_map(self, path: Path, node: MapNode, name: str, value: Node) -> None:
        key = node.named(name)
        if key is not None:
            self._changes.replace((*path, key), value)
        elif node.any_beneath(name) and not isinstance(value, ScalarNode):
            self._changes.set_group(path, name, value)
        else:
            self._changes.drop_items(path, node, name, value)
            self._changes.put_key(path, name, value)

    def _put_in_group(self, path: Path, text: str, names: list[str], value: Node) -> None:
        container = resolved(at(self._changes.root, path))
        assert isinstance(container, MapNode), "keys stand in a map"
        self._looked += len(container)
        if names[-1] != "-":
            self._look_through(path, names)
        items = group_items(container, text)
        if items is None:
            self._put_in_map(path, container, join_key(text, names[-1]), value)
            return
        self._changes.insert_in_group(path, text, self._index(names, len(items)), value)

    def _insert(self, path: Path, node: ListNode, names: list[str], value: Node) -> None:
        index = self._index(names, len(node.items))
        container = self._changes.owned(path)
        assert isinstance(container, ListNode), "it is one"
        container.items.insert(index, value)

    def _index(self, names: list[str], length: int) -> int:
        if names[-1] == "-":
            return length
        if not _INDEX.fullmatch(names[-1]) or int(names[-1]) > length:
            raise InvalidChange(f"{_shown(names)} is past the end of the list, or no index of it", "/path")
        return int(names[-1])

    def _take(self, names: list[str], place: str) -> Node:
        if not names:
            root = self._changes.root
            self._changes.replace_root(MapNode({}))
            return root
        value = self._at(names, place)
        found = self._find(names)
        assert found is not None, "it was found just now"
        if found.text is None:
            self._look_through(found.path[:-1], names)
            self._changes.take(found.path, at_once=True)
        else:
            self._look_through(found.path, names)
            self._changes.drop_group(found.path, found.text)
        return value

    def _look_through(self, path: Path, names: list[str]) -> None:
        """Count what it costs that items of a list are spelled by indexes: all behind one get another key."""
        container = resolved(at(self._changes.root, path))
        if isinstance(container, MapNode) and _INDEX.fullmatch(names[-1]):
            self._looked += _RENAMING * len(container)
        if self._looked > _MAX_LOOKED:
            raise InvalidChange("the patch moves too many items of lists that are spelled by indexes: send it in parts")

    def _count(self, value: Any) -> None:
        self._copied += _size(value, _MAX_COPIED - self._copied)
        if self._copied >= _MAX_COPIED:
            raise InvalidChange(f"the patch adds or copies more than {_MAX_COPIED} values")


def _same_json(one: Any, two: Any) -> bool:
    """Whether two values are the same JSON: ``1`` is ``1.0``, but not ``true``."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_same_json(value, two[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same_json, one, two))
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    return bool(one == two)


def _parse(operation: Mapping[str, Any], member: str) -> list[str]:
    """A pointer's names."""
    text = operation.get(member)
    if not isinstance(text, str) or (text and not text.startswith("/")) or _BAD_ESCAPE.search(text):
        raise InvalidChange(f"{text!r} is no JSON pointer such as /db/pool", f"/{member}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _size(value: Any, bound: int) -> int:
    """How many values there are in ``value``; ``bound`` is enough."""
    waiting, count = [value], 0
    while waiting and count < bound:
        node = waiting.pop()
        count += 1
        waiting.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    return count


def _shown(path: list[str]) -> str:
    return "".join(f"/{token(name)}" for name in path)[:200]

"""What a document consists of for a merge: each stored scalar, list, alias, empty map and ``<<``, by its place.

A place is the path of names as they are stored; the flat key is how readers, and other spellings, know it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec import Struct

from gitconfig_server.formats.editing.tree import AliasNode, Key, ListNode, MapNode, Node, Path, ScalarNode, resolved
from gitconfig_server.formats.values import Scalar, join_key

MERGE = Key("<<", "<<")
"""Stands for what ``<<`` brings to a map: no key of its own can be one with it, as that has been read as ``<<`` too."""

UnitPlace = tuple[Key, ...]

UnitValue = tuple[object, ...]
"""What a node says, by type and value, whatever its spelling; an alias says where it leads."""


class Unit(Struct, frozen=True):
    """One of them. ``nodes``: key -> node as its map has them, several where keys ``a[0]``, ``a[1]`` spell out a list.

    What ``<<`` brings has none.
    """

    path: UnitPlace
    key: str
    value: UnitValue
    nodes: dict[Key, Node]

    @property
    def start(self) -> int:
        """Where in the text it begins, -1 where it has no text of its own."""
        return min((node.start for node in self.nodes.values()), default=-1)


class Units:
    """Those of one document. ``maps``: the paths of maps that hold something, the root's ``()`` among them.

    ``brought``: the flat keys of what ``<<`` gives to them.
    """

    def __init__(self, root: MapNode) -> None:
        self.root = root
        self.by_path: dict[UnitPlace, Unit] = {}
        self.by_key: dict[str, list[Unit]] = {}
        self.maps: set[UnitPlace] = {()}
        self.brought: list[str] = []
        self._places: dict[int, Path] | None = None
        if root.is_flat:
            self._add_flat()
        else:
            self._add((), "", root)

    def at(self, path: UnitPlace) -> UnitValue | None:
        """What stands at a path; None where nothing does."""
        unit = self.by_path.get(path)
        return unit.value if unit else None

    def spelled(self, key: str) -> list[Unit]:
        """The units that readers know by one key."""
        return self.by_key.get(key, [])

    def beneath(self, path: UnitPlace) -> list[Unit]:
        """The units beneath a path."""
        if path not in self.maps:
            return []
        return [unit for other, unit in self.by_path.items() if len(other) > len(path) and other[: len(path)] == path]

    def _add(self, path: UnitPlace, key: str, node: MapNode) -> None:
        self.maps.add(path)
        for name, child in node.entries.items():
            below, flat = (*path, name), join_key(key, name.segment)
            if isinstance(child, MapNode) and (child.entries or child.brought):
                self._add(below, flat, child)
            else:
                self._put(Unit(below, flat, self._said(child), {name: child}))
        if node.brought:
            self.brought += [join_key(key, name.segment) for name in node.brought]
            sources = tuple(sorted({str(self._place(child)[:-1]) for child in node.brought.values()}))
            self._put(Unit((*path, MERGE), join_key(key, "<<"), ("<<", sources), {}))

    def _add_flat(self) -> None:
        """Keys of one list are one unit, as a list is."""
        groups: dict[str, dict[Key, Node]] = {}
        for name, node in self.root.entries.items():
            text = name.text
            groups.setdefault(text.partition("[")[0] if text.endswith("]") else text, {})[name] = node
        for key, nodes in groups.items():
            said = tuple(sorted((name.text, self._said(node)) for name, node in nodes.items()))
            self._put(Unit((Key(key),), key, ("flat", said), nodes))

    def _put(self, unit: Unit) -> None:
        self.by_path[unit.path] = unit
        self.by_key.setdefault(unit.key, []).append(unit)

    def _said(self, node: Node) -> UnitValue:
        if isinstance(node, ScalarNode):
            return _scalar(node.value)
        if isinstance(node, AliasNode):
            return ("alias", self._place(resolved(node)))
        if isinstance(node, ListNode):
            return ("list", tuple(self._said(item) for item in node.items))
        names = sorted(((repr(key), self._said(child)) for key, child in node.entries.items()), key=lambda one: one[0])
        brought = sorted({str(self._place(child)[:-1]) for child in node.brought.values()})
        return ("map", tuple(names), tuple(brought))

    def _place(self, node: Node) -> Path:
        """Where a node that others refer to stands."""
        if self._places is None:
            self._places = {}
            for path, one in _all(self.root, ()):
                self._places.setdefault(id(one), path)
        return self._places.get(id(resolved(node)), ())


def _all(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    yield path, node
    if isinstance(node, MapNode):
        for key, child in node.entries.items():
            yield from _all(child, (*path, key))
    elif isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from _all(item, (*path, index))


def _scalar(value: Scalar) -> UnitValue:
    if isinstance(value, float) and math.isnan(value):
        return ("float", "nan")
    return (type(value).__name__, value)


def value_of(node: Node) -> UnitValue:
    """What a list or single value says that stands nowhere yet."""
    key = Key("value")
    return Units(MapNode({key: node})).by_path[(key,)].value

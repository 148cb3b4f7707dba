"""The nodes: Object, List and Property, named as aioconfig names them.

Subclasses of Property may override ``get`` and ``set``: None from ``get`` means that it may not be read. ``delete`` is
called when the node really leaves the configuration, not when the service stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitconfig_server.manager.errors import ChildExists, LookupFailed, Misfit, NoSuchChild, Problem
from gitconfig_server.manager.nodes.paths import Segments, join_path, list_index, split_path
from gitconfig_server.manager.nodes.values import MISSING, Data, checked


class Node:
    """What stands at a path. ``parent`` is None at the root, and while the node stands nowhere."""

    __slots__ = ("_name", "_parent")

    def __init__(self, name: str, parent: Node | None = None) -> None:
        self._name = name
        self._parent = parent

    def get_name(self) -> str:
        """The name beneath its parent; of a list's element its index."""
        return self._name

    def get_parent(self) -> Node | None:
        """The node that holds this one."""
        return self._parent

    def set_parent(self, parent: Node | None) -> None:
        """Say who holds this node; ``add_child`` does."""
        self._parent = parent

    def is_leaf(self) -> bool:
        """Whether it is a Property."""
        return False

    def delete(self) -> None:
        """Called when the node has left the configuration."""

    def get_child(self, name: str) -> Node | None:
        """The child of this name, None if there is none."""
        return None

    def path(self) -> Segments:
        """The names from the root to here."""
        names: list[str] = []
        node: Node | None = self
        while node is not None and node._parent is not None:
            names.append(node._name)
            node = node._parent
        return tuple(reversed(names))


class Object(Node):
    """Named children, in the order in which they came."""

    __slots__ = ("_children",)

    def __init__(self, name: str, parent: Node | None = None) -> None:
        super().__init__(name, parent)
        self._children: dict[str, Node] = {}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], name: str = "") -> Object:
        """The tree that holds ``data``. Raises Misfit naming what no configuration can hold."""
        node = make_node(name, checked(data))
        if not isinstance(node, Object):
            raise Misfit([Problem(name, f"expected a map, got {type(data).__name__}")])
        return node

    def to_dict(self) -> dict[str, Data]:
        """The values of the tree; what may not be read is left out."""
        found = ((name, to_data(child)) for name, child in self.items())
        return {name: value for name, value in found if value is not MISSING}

    def add_child(self, node: Node) -> Node:
        """Take ``node`` as the last child and give it back; ChildExists."""
        name = node.get_name()
        if not name:
            raise Misfit([Problem(join_path(self.path()), "an empty text cannot be a name")])
        if self.has_child(name):
            raise ChildExists(name)
        self._children[name] = node
        node.set_parent(self)
        return node

    def remove_child(self, name: str) -> Node:
        """Let the child go and give it back; NoSuchChild. Its ``delete`` is the caller's to call."""
        if name not in self._children:
            raise NoSuchChild(name)
        node = self._children.pop(name)
        node.set_parent(None)
        return node

    def has_child(self, name: str) -> bool:
        """Whether there is a child of this name."""
        return self.get_child(name) is not None

    def get_child(self, name: str) -> Node | None:
        """The child of this name, None if there is none."""
        return self._children.get(name)

    def items(self) -> list[tuple[str, Node]]:
        """Names and children, in order; a copy."""
        return list(self._children.items())

    def keys(self) -> list[str]:
        """The names of the children."""
        return [name for name, _ in self.items()]

    def values(self) -> list[Node]:
        """The children."""
        return [node for _, node in self.items()]

    def put_child(self, name: str, node: Node | None) -> None:
        """Let ``node`` stand where the child of this name stood, or last; None takes the child out. Nobody is told."""
        if (present := self._children.get(name)) is not None:
            present.set_parent(None)
        if node is None:
            self._children.pop(name, None)
        else:
            self._children[name] = node
            node.set_parent(self)

    def delete(self) -> None:
        """Tell the children, the last first."""
        for child in reversed(self.values()):
            child.delete()


class List(Node):
    """Children in order, known by their index."""

    __slots__ = ("_items",)

    def __init__(self, name: str, parent: Node | None = None) -> None:
        super().__init__(name, parent)
        self._items: list[Node] = []

    def to_list(self) -> list[Data]:
        """The values of the elements; what may not be read is null, so that indexes stay right."""
        found = (to_data(child) for child in self._items)
        return [None if value is MISSING else value for value in found]

    def append_child(self, node: Node) -> Node:
        """Take ``node`` as the last element and give it back."""
        return self.insert_child(len(self._items), node)

    def insert_child(self, index: int, node: Node) -> Node:
        """Take ``node`` before ``index``; the elements after it get the next indexes."""
        self._items.insert(index, node)
        node.set_parent(self)
        self._number()
        return node

    def remove_child(self, index: int | str) -> Node:
        """Let an element go and give it back; NoSuchChild."""
        place = index if isinstance(index, int) else list_index(index)
        if place is None or not 0 <= place < len(self._items):
            raise NoSuchChild(str(index))
        node = self._items.pop(place)
        node.set_parent(None)
        self._number()
        return node

    def get_child(self, name: str | int) -> Node | None:
        """The element at an index, None if there is none."""
        place = name if isinstance(name, int) else list_index(name)
        return self._items[place] if place is not None and 0 <= place < len(self._items) else None

    def values(self) -> list[Node]:
        """The elements; a copy."""
        return list(self._items)

    def delete(self) -> None:
        """Tell the elements, the last first."""
        for child in reversed(self._items):
            child.delete()

    def __len__(self) -> int:
        return len(self._items)

    def _number(self) -> None:
        for index, node in enumerate(self._items):
            node._name = str(index)


class Property(Node):
    """A leaf with a value, which may be null."""

    __slots__ = ("_value",)

    def __init__(self, name: str, parent: Node | None = None, value: Any = None) -> None:
        super().__init__(name, parent)
        self._value = value

    def is_leaf(self) -> bool:
        """A Property is one."""
        return True

    def get(self) -> Any:
        """The value."""
        return self._value

    def set(self, value: Any) -> Any:
        """Take a value and give it back; None where it may not be written."""
        self._value = value
        return value


def make_node(name: str, data: Data) -> Node:
    """Nodes that hold plain data."""
    if isinstance(data, dict):
        node = Object(name)
        for inner, value in data.items():
            child = make_node(inner, value)
            node._children[inner] = child
            child.set_parent(node)
        return node
    if isinstance(data, list):
        found = List(name)
        found._items = [make_node(str(index), value) for index, value in enumerate(data)]
        for child in found._items:
            child.set_parent(found)
        return found
    return Property(name, None, data)


def to_data(node: Node) -> Data:
    """The values beneath a node; MISSING for a Property that may not be read."""
    if isinstance(node, Object):
        return node.to_dict()
    if isinstance(node, List):
        return node.to_list()
    if not isinstance(node, Property):
        return MISSING
    value = node.get()
    return MISSING if value is None and type(node).get is not Property.get else value


def find_node(root: Node, path: str | Segments) -> Node:
    """The node at ``path``, whose leading slash may be left out; LookupFailed names the segment that fails."""
    segments = split_path(path) if isinstance(path, str) else path
    node = root
    for segment in segments:
        found = node.get_child(segment)
        if found is None:
            raise LookupFailed(segment, join_path(segments))
        node = found
    return node


def walk(node: Node) -> Iterator[Node]:
    """``node`` and all nodes beneath it, parents first."""
    yield node
    children = node.values() if isinstance(node, Object | List) else ()
    for child in children:
        yield from walk(child)

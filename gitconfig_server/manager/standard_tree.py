"""The standard root: ``config/{running,staged,saved}`` and ``status``, as nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitconfig_server.manager.applying.running import RunningTree
from gitconfig_server.manager.errors import ChildExists
from gitconfig_server.manager.nodes.paths import Segments
from gitconfig_server.manager.nodes.tree import List, Node, Object, Property, make_node
from gitconfig_server.manager.nodes.values import Data

Set = Callable[[Segments, Any], Any]

_SHOWN = 20
"""Saved configurations whose nodes are at hand; all others are asked of the store."""


class _RunningRoot(Object):
    """``config/running``: the nodes that were put in by hand, and views of everything else that is running."""

    __slots__ = ("_running", "_set_value")

    def __init__(self, parent: Node, running: RunningTree, set_value: Set) -> None:
        super().__init__("running", parent)
        self._running = running
        self._set_value = set_value

    def add_child(self, node: Node) -> Node:
        """Take a node of the service's own."""
        if self.get_child(node.get_name()) is not None:
            raise ChildExists(node.get_name())
        self._running.nodes.add_child(node)
        node.set_parent(self)
        return node

    def remove_child(self, name: str) -> Node:
        """Let a node go that was put in."""
        return self._running.nodes.remove_child(name)

    def get_child(self, name: str) -> Node | None:
        """The node that was put in, else a view."""
        own = self._running.nodes.get_child(name)
        if own is not None or name not in self._running.known:
            return own
        return _view(name, self, (name,), self._running.known[name], self._set_value)

    def items(self) -> list[tuple[str, Node]]:
        """Names and nodes."""
        names = dict.fromkeys([*self._running.known, *self._running.nodes.keys()])
        return [(name, node) for name in names if (node := self.get_child(name)) is not None]


class _LiveProperty(Property):
    """A running value; ``set`` begins the change and gives the task that ends with it."""

    __slots__ = ("_place", "_set_value")

    def __init__(self, name: str, parent: Node, place: Segments, value: Data, set_value: Set) -> None:
        super().__init__(name, parent, value)
        self._place = place
        self._set_value = set_value

    def set(self, value: Any) -> Any:
        """Change it, as ``manager.set`` does."""
        return self._set_value(self._place, value)


class _SavedNode(Object):
    """A saved configuration, whose nodes are made when somebody looks."""

    __slots__ = ("_data",)

    def __init__(self, name: str, data: dict[str, Data]) -> None:
        super().__init__(name)
        self._data: dict[str, Data] | None = data

    def get_child(self, name: str) -> Node | None:
        """The child of this name."""
        self._make()
        return super().get_child(name)

    def items(self) -> list[tuple[str, Node]]:
        """Names and children."""
        self._make()
        return super().items()

    def _make(self) -> None:
        data, self._data = self._data, None
        for name, value in (data or {}).items():
            self.put_child(name, make_node(name, value))


class StandardTree:
    """The root with its four parts."""

    def __init__(self, running: RunningTree, set_value: Set) -> None:
        self.root = Object("")
        config = self.root.add_child(Object("config"))
        assert isinstance(config, Object)
        self.running = _RunningRoot(config, running, set_value)
        config.put_child("running", self.running)
        self.staged = Object("staged")
        self.saved = Object("saved")
        config.add_child(self.saved)
        config.add_child(self.staged)
        self.status = Object("status")
        self.root.add_child(self.status)

    def show_saved(self, name: str, data: dict[str, Data]) -> None:
        """Let a saved configuration stand at ``config/saved/<name>``."""
        self.saved.put_child(name, _SavedNode(name, data))
        for older in self.saved.keys()[:-_SHOWN]:
            self.saved.put_child(older, None)

    def show_status(self, data: dict[str, Data]) -> None:
        """Let ``status`` hold what the Manager says of itself."""
        self.status.put_child("manager", make_node("manager", data))


def _view(name: str, parent: Node, place: Segments, data: Data, set_value: Set) -> Node:
    if isinstance(data, dict):
        node = Object(name, parent)
        for inner, value in data.items():
            node.put_child(inner, _view(inner, node, (*place, inner), value, set_value))
        return node
    if isinstance(data, list):
        found = List(name, parent)
        for index, value in enumerate(data):
            found.append_child(_view(str(index), found, (*place, str(index)), value, set_value))
        return found
    return _LiveProperty(name, parent, place, data, set_value)

"""What has to be done so that the service holds another configuration. Nothing is called here.

Order: what is made, parents first; what is set; what is deleted, children first. Where the kind of a thing changes,
its deletion comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any

from msgspec import Struct

from gitconfig_server.manager.bindings.bindings import Bindings
from gitconfig_server.manager.bindings.branches import Site
from gitconfig_server.manager.bindings.types import Adapter, scalar_adapter, to_value
from gitconfig_server.manager.errors import Misfit, Problem
from gitconfig_server.manager.nodes.differences import matched_items
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.tree import List, Node, Object, Property, make_node
from gitconfig_server.manager.nodes.values import MISSING, Data, is_same, replaced

_NO_INDEX = "-"
"""No element stands there, so that only the class of the elements speaks."""


class Do(Enum):
    """What is done at a path."""

    CREATE = auto()
    SET = auto()
    DELETE = auto()
    PUT_NODE = auto()
    SET_NODE = auto()


class PlanStep(Struct, frozen=True):
    """One thing to do. ``old`` and ``new`` are plain data, ``value`` is ``new`` as the accessor's type wants it.

    ``node``: the parent of a node that is put, or the node that is set; ``index``: an element of a list is meant.
    """

    do: Do
    path: Segments
    old: Data = MISSING
    new: Data = MISSING
    value: Any = None
    node: Node | None = None
    index: bool = False


class Plan(Struct):
    """The steps of one change by kind, and what stands against it."""

    early: list[PlanStep] = []
    creates: list[PlanStep] = []
    sets: list[PlanStep] = []
    deletes: list[PlanStep] = []
    problems: list[Problem] = []

    def steps(self) -> list[PlanStep]:
        """All of them in the order in which they are done."""
        return [*self.early, *self.creates, *self.sets, *self.deletes]


class Planner:
    """Plans a change of what ``bindings`` reach and of the nodes beneath ``nodes``.

    ``free``: any name can be set. ``text``: a text may mean a value of any type. ``others``: names that somebody else
    plans, for messages.
    """

    def __init__(
        self, bindings: Bindings, nodes: Object, *, free: bool, text: bool = False, others: Sequence[str] = ()
    ) -> None:
        self._bindings = bindings
        self._nodes = nodes
        self._free = free
        self._text = text
        self._others = others
        self._plan = Plan()
        self._asked: Segments = ()

    def plan(self, path: Segments, old: Data, new: Data) -> Plan:
        """The way from ``old`` to ``new`` at ``path``; all problems are collected."""
        self._asked = path
        if not path:
            self._root(old if isinstance(old, dict) else {}, new)
        else:
            self._child(self._bindings.site(path[:-1]), path, old, new)
        return self._plan

    def _root(self, old: dict[str, Data], new: Data) -> None:
        if not isinstance(new, dict):
            return self._refuse((), f"expected a map, got {_kind(new)}")
        root = self._bindings.root()
        for name in [*new, *(name for name in old if name not in new)]:
            self._child(root, (name,), old.get(name, MISSING), new.get(name, MISSING))
        return None

    def _child(self, parent: Site, path: Segments, old: Data, new: Data) -> None:
        if (old is not MISSING or new is MISSING) and is_same(old, new):
            return
        if self._is_node(path):
            self._node(path, old, new)
        elif new is MISSING:
            self._gone(self._bindings.below(parent, path[-1]), path, old)
        else:
            self._place(self._bindings.below(parent, path[-1]), path, old, new)

    def _place(self, site: Site, path: Segments, old: Data, new: Data) -> None:
        if old is not MISSING and is_same(old, new):
            return
        if site.is_leaf:
            self._leaf(site, path, old, new)
        elif not site.exists:
            self._refuse(path, self.unknown(path), "unknown")
        elif isinstance(new, dict):
            self._object(site, path, old, new)
        elif isinstance(new, list) and site.is_collection:
            self._list(site, path, old, new)
        else:
            self._refuse(path, f"expected a map{' or a list' if site.is_collection else ''}, got {_kind(new)}")

    def _leaf(self, site: Site, path: Segments, old: Data, new: Data) -> None:
        setter = site.find("set", unmade=True)
        if setter is None:
            return self._refuse(path, "is read-only", "read-only")
        try:
            value = to_value(new, setter.accessor.adapter or self._guess(site, old), path, text=self._text)
        except Misfit as error:
            self._plan.problems += error.problems
            return None
        self._plan.sets.append(PlanStep(Do.SET, path, old, new, value))
        return None

    def _guess(self, site: Site, old: Data) -> Adapter | None:
        """What a setter that does not say its type takes: what its getter gives, or the kind of the present value."""
        getter = site.find("get", unmade=True)
        return getter.accessor.adapter if getter and getter.accessor.adapter else scalar_adapter(old.__class__)

    def _object(self, site: Site, path: Segments, old: Data, new: dict[str, Data]) -> None:
        if isinstance(old, list):
            self._empty(site, path, old)
            old = {}
        if old is MISSING and not self._make(site, path, new):
            return
        olds = old if isinstance(old, dict) else {}
        for name, value in new.items():
            self._child(site, (*path, name), olds.get(name, MISSING), value)
        for name, value in reversed(olds.items()):
            if name not in new:
                self._child(site, (*path, name), value, MISSING)

    def _make(self, site: Site, path: Segments, new: Data) -> bool:
        """Plan to make what stands at ``path``; False where nobody can."""
        named = any(path[-1] in layer.branch.named for layer in site.parent_layers)
        if site.creator() is not None or site.find("create", unmade=True) or site.find("element", unmade=True):
            self._plan.creates.append(PlanStep(Do.CREATE, path, MISSING, new))
            return True
        if named or all(layer.branch.each is None for layer in site.parent_layers):
            return True
        self._refuse(path, "nothing here makes new children (no create_child)", "fixed")
        return False

    def _list(self, site: Site, path: Segments, old: Data, new: list[Data]) -> None:
        if isinstance(old, dict):
            self._empty(site, path, old)
        olds = old if isinstance(old, list) else []
        place, gone = 0, []
        for tag, low, high, start, end in matched_items(olds, new):
            if tag == "equal":
                place += high - low
                continue
            common = min(high - low, end - start)
            for offset in range(common):
                element = self._bindings.below(site, str(low + offset))
                self._place(element, (*path, str(place)), olds[low + offset], new[start + offset])
                place += 1
            gone += [(place + offset, low + common + offset) for offset in range(high - low - common)]
            place += high - low - common
            for value in new[start + common : end]:
                self._element(site, (*path, str(place)), value)
                place += 1
        for combined, index in reversed(gone):
            self._element_gone(self._bindings.below(site, str(index)), (*path, str(combined)), olds[index])

    def _element(self, site: Site, path: Segments, value: Data) -> None:
        unmade = self._bindings.below(site, _NO_INDEX)
        if unmade.find("element", unmade=True) is None:
            return self._refuse(path, "nothing here makes new elements (no create_element)", "fixed")
        self._plan.creates.append(PlanStep(Do.CREATE, path, MISSING, value, index=True))
        for name, inner in value.items() if isinstance(value, dict) else ():
            self._child(unmade, (*path, name), MISSING, inner)
        return None

    def _element_gone(self, site: Site, path: Segments, old: Data) -> None:
        if site.find("delete", unmade=True) is None and site.find("element", unmade=True) is None:
            return self._refuse(path, "cannot be deleted: nothing deletes elements here", "fixed")
        self._plan.deletes.append(PlanStep(Do.DELETE, path, old, index=True))
        return None

    def _gone(self, site: Site, path: Segments, old: Data) -> None:
        if site.is_leaf:
            self._leaf_gone(site, path, old)
            return None
        element = site.creator() is not None or path in self._bindings.objects
        if isinstance(old, dict):
            for name, value in reversed(old.items()):
                inner = self._bindings.below(site, name)
                if not element or (not inner.is_leaf and inner.find("delete") is not None):
                    self._child(site, (*path, name), value, MISSING)
        if site.find("delete") is not None:
            self._plan.deletes.append(PlanStep(Do.DELETE, path, old))
        elif element:
            if site.find("element") is None or site.find("create") is not None:
                return self._refuse(path, "cannot be deleted: nothing deletes it (no delete)", "fixed")
            self._plan.deletes.append(PlanStep(Do.DELETE, path, old))  # the Manager made it, and lets it go
        elif isinstance(old, list):
            self._list(site, path, old, [])
        return None

    def _leaf_gone(self, site: Site, path: Segments, old: Data) -> None:
        default = MISSING if path == self._asked else self._bindings.default_of(path)
        if site.find("delete") is not None:
            self._plan.deletes.append(PlanStep(Do.DELETE, path, old))
        elif default is not MISSING and site.find("set") is not None:
            self._place(site, path, old, default)
        elif path == self._asked:
            self._refuse(path, "cannot be deleted: it always has a value", "fixed")

    def _empty(self, site: Site, path: Segments, old: Data) -> None:
        """The collection becomes one of the other kind: what it holds goes before anything is made."""
        inner = Planner(self._bindings, self._nodes, free=self._free)
        if isinstance(old, list):
            inner._list(site, path, old, [])
        else:
            inner._object(site, path, old, {})
        self._plan.early += inner._plan.steps()
        self._plan.problems += inner._plan.problems

    def _is_node(self, path: Segments) -> bool:
        return self._nodes.has_child(path[0]) or (self._free and not self._bindings.site(path[:1]).exists)

    def _node(self, path: Segments, old: Data, new: Data) -> None:
        parent: Node | None = self._nodes
        for segment in path[:-1]:
            parent = parent.get_child(segment) if parent is not None else None
        if not isinstance(parent, Object):
            if isinstance(parent, List):
                return self._node(path[:-1], MISSING, _with_item(parent, path[-1], new))
            return self._refuse(path, "its parent does not exist")
        self._node_beneath(parent, path, old, new)
        return None

    def _node_beneath(self, parent: Object, path: Segments, old: Data, new: Data) -> None:
        node = parent.get_child(path[-1])
        if isinstance(node, Object) and isinstance(new, dict):
            for name in [*new, *(name for name, _ in node.items() if name not in new)]:
                self._node_beneath(node, (*path, name), MISSING, new.get(name, MISSING))
        elif isinstance(node, Property) and new is not MISSING and (_is_own(node) or not isinstance(new, dict | list)):
            before = node.get()
            if not is_same(before, new):
                self._plan.sets.append(PlanStep(Do.SET_NODE, path, before, new, new, node))
        elif node is None and new is not MISSING and type(parent) is not Object and not self._free:
            self._refuse(path, "nothing here makes new children", "fixed")
        elif node is not None or new is not MISSING:
            fresh = None if new is MISSING else make_node(path[-1], new)
            bucket = self._plan.deletes if fresh is None else self._plan.creates
            bucket.append(PlanStep(Do.PUT_NODE, path, old, new, fresh, parent))

    def unknown(self, path: Segments) -> str:
        """Why nothing can stand at a path, and what could."""
        if self._bindings.is_empty and not self._others:
            return f"no such path: no accessors were found ({self._bindings.looked_at}"
        parent = self._bindings.site(path[:-1])
        maker = parent.find("create", unmade=True) or parent.find("element", unmade=True)
        if maker is not None and parent.makes() is None:
            return f"no such path: {maker.accessor.name} does not say what it makes: annotate what it returns"
        names = [*parent.names(), *(self._others if len(path) == 1 else ())]
        return "no such path" + (f": expected one of {', '.join(names[:8])}" if names else "")

    def _refuse(self, path: Segments, reason: str, kind: str = "") -> None:
        self._plan.problems.append(Problem(join_path(path), reason, kind))


def _is_own(node: Property) -> bool:
    """Whether the node's class has its own idea of a value."""
    return type(node).set is not Property.set


def _with_item(parent: List, segment: str, new: Data) -> Data:
    return replaced(parent.to_list(), (segment,), new)


def _kind(data: Data) -> str:
    names = {dict: "a map", list: "a list", type(None): "null", bool: "a boolean", str: "text"}
    return names.get(type(data), "a number")

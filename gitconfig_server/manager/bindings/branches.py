"""Which accessors stand where: a tree of patterns for each class, and what they say of one path."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from gitconfig_server.manager.bindings.accessors import Accessor, accessor
from gitconfig_server.manager.bindings.marks import BindingMark, marks_of
from gitconfig_server.manager.nodes.paths import Segments
from gitconfig_server.model.replace import replace

_EACH = "*"


class PatternBranch:
    """One place of the patterns: what stands there, at named places beneath it, and at each other name."""

    __slots__ = ("accessors", "each", "named")

    def __init__(self) -> None:
        self.accessors: dict[str, Accessor] = {}
        self.named: dict[str, PatternBranch] = {}
        self.each: PatternBranch | None = None

    def grow(self, pattern: Segments) -> PatternBranch:
        """The branch at ``pattern``, made where it does not exist."""
        branch = self
        for segment in pattern:
            if segment != _EACH:
                branch = branch.named.setdefault(segment, PatternBranch())
            else:
                branch.each = branch.each or PatternBranch()
                branch = branch.each
        return branch

    def add(self, one: Accessor) -> None:
        """Let the accessor stand at its pattern; one of the same verb there gives way."""
        self.grow(one.pattern).accessors[one.verb] = one

    def beneath(self) -> Iterator[PatternBranch]:
        """This branch and all beneath it."""
        yield self
        for branch in (*self.named.values(), *([self.each] if self.each else [])):
            yield from branch.beneath()


class Layer(NamedTuple):
    """A branch as one object sees it; ``names``: what ``*`` has matched beneath the object.

    ``owner`` is None for functions that were bound by hand, and for an object that is still to be made.
    """

    branch: PatternBranch
    owner: object | None
    names: tuple[str, ...] = ()

    def step(self, segment: str) -> list[Layer]:
        """What stands one segment down, the more specific first."""
        found = []
        if (named := self.branch.named.get(segment)) is not None:
            found.append(Layer(named, self.owner, self.names))
        if self.branch.each is not None:
            found.append(Layer(self.branch.each, self.owner, (*self.names, segment)))
        return found


class BoundAccessor(NamedTuple):
    """An accessor with the object to call it on and the names to call it with."""

    accessor: Accessor
    owner: object | None
    names: tuple[str, ...]


class Site:
    """A path, and the layers that say something of it, the most specific first. What was found is remembered."""

    __slots__ = ("_found", "_names", "is_collection", "is_fixed", "is_leaf", "layers", "parent_layers", "path")

    def __init__(self, path: Segments, layers: tuple[Layer, ...], parent: Site | None = None) -> None:
        self.path = path
        self.layers: tuple[Layer, ...] = layers
        self.parent_layers: tuple[Layer, ...] = parent.layers if parent is not None else ()
        self.is_leaf: bool = any("get" in one.branch.accessors or "set" in one.branch.accessors for one in layers)
        """Whether one value stands here."""
        self.is_collection: bool = any(one.branch.each is not None for one in layers)
        """Whether names beneath it are free."""
        self.is_fixed: bool = parent is None or (parent.is_fixed and not parent.is_leaf and path[-1] in parent.names())
        """Whether it always stands: names that were declared lead here, and no value is on the way."""
        self._found: dict[tuple[str, bool], BoundAccessor | None] = {}
        self._names: list[str] | None = None

    def find(self, verb: str, *, unmade: bool = False) -> BoundAccessor | None:
        """The most specific accessor of the verb; ``unmade``: one of an object that is still to be made as well."""
        key = (verb, unmade)
        if key not in self._found:
            self._found[key] = self._looked_for(verb, unmade)
        return self._found[key]

    def creator(self) -> BoundAccessor | None:
        """What makes the object that stands here: a method of its owner, else its class."""
        return self.find("create") or self.find("element") or self.find("object")

    @property
    def exists(self) -> bool:
        """Whether any pattern leads here or on from here."""
        return bool(self.layers)

    @property
    def is_list(self) -> bool:
        """Whether a method makes what stands beneath it, by index, and nothing makes or lists it by name."""
        each = [one.branch.each.accessors for one in self.layers if one.branch.each is not None]
        makers = [found["element"] for found in each if "element" in found]
        is_named = any("create" in found for found in each) or self.find("children", unmade=True) is not None
        return bool(makers) and not is_named and not any(isinstance(one.function, type) for one in makers)

    def names(self) -> list[str]:
        """The fixed names beneath it, in the order in which they were declared."""
        if self._names is None:
            found: dict[str, None] = {}
            for layer in self.layers:
                found |= dict.fromkeys(name for name, one in layer.branch.named.items() if _is_configuration(one))
            self._names = list(found)
        return self._names

    def step(self, segment: str, extra: Sequence[Layer] = ()) -> Site:
        """The site one segment down; ``extra``: what the object that stands there says."""
        found = [one for layer in self.layers for one in layer.step(segment)]
        return Site((*self.path, segment), (*extra, *found), self)

    def makes(self) -> type | None:
        """The class of the objects that stand here, where creators tell it."""
        for verb in ("create", "element", "object"):
            if (found := self.find(verb, unmade=True)) is not None and found.accessor.makes is not None:
                return found.accessor.makes
        return None

    def _looked_for(self, verb: str, unmade: bool) -> BoundAccessor | None:
        for layer in self.layers:
            one = layer.branch.accessors.get(verb)
            if one is not None and (unmade or one.bound or layer.owner is not None):
                return BoundAccessor(one, layer.owner, layer.names)
        return None


class Scans:
    """The patterns of classes, each looked through once."""

    def __init__(self) -> None:
        self._known: dict[type, PatternBranch] = {}

    @property
    def names(self) -> list[str]:
        """The classes that were looked through."""
        return [kind.__qualname__ for kind in self._known]

    def branch(self, kind: type) -> PatternBranch:
        """What a class says of itself, from the root on."""
        if kind not in self._known:
            self._known[kind] = _scan(kind)
        return self._known[kind]

    def layers(self, kind: type, owner: object | None, path: Segments) -> list[Layer]:
        """What a class says of itself where an object of it stands: its own patterns, as far as the path leads."""
        layers = [Layer(self.branch(kind), owner)]
        for segment in path:
            layers = [inner for one in layers for inner in one.step(segment)]
        return [Layer(one.branch, owner) for one in layers]


def _scan(kind: type) -> PatternBranch:
    """The patterns of a class, its bases' included. Marks are looked for in the class, never through an object."""
    root = PatternBranch()
    for function in _functions(kind):
        for mark in marks_of(function):
            if not _is_constructor(function, mark):
                one = accessor(mark, function)
                if mark.verb in ("create", "element") and one.makes is None:
                    one = replace(one, makes=_made_at(one.pattern, kind))
                root.add(one)
    return root


def _made_at(pattern: Segments, kind: type) -> type | None:
    """The only class beside ``kind`` that has something to say beneath the pattern: a creator makes objects of it."""
    module = sys.modules.get(kind.__module__)
    found = {
        one
        for one in (vars(module).values() if module else ())
        if isinstance(one, type) and one is not kind and _speaks_beneath(one, pattern)
    }
    return found.pop() if len(found) == 1 else None


def _speaks_beneath(kind: type, pattern: Segments) -> bool:
    marks = (mark for function in _functions(kind) for mark in marks_of(function))
    return any(len(one.pattern) > len(pattern) and one.pattern[: len(pattern)] == pattern for one in marks)


def constructors(kind: type) -> Iterator[Accessor]:
    """Where objects of the class stand, as marks on its ``__init__`` say."""
    for function in _functions(kind):
        for mark in marks_of(function):
            if _is_constructor(function, mark):
                one = accessor(mark, function)
                yield replace(one, function=kind, makes=kind, bound=True)


def neighbours(kind: type) -> list[type]:
    """The classes of the module of ``kind`` whose ``__init__`` is marked: the Manager makes their objects itself."""
    module = sys.modules.get(kind.__module__)
    found = [one for one in vars(module).values() if isinstance(one, type)] if module else []
    return [one for one in found if one is not kind and marks_of(vars(one).get("__init__"))]


def _functions(kind: type) -> Iterator[Callable[..., Any]]:
    """The functions of a class in the order of their definition, bases first; what a subclass replaced is left out."""
    seen: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        for name, member in vars(base).items():
            seen[name] = member
    for member in seen.values():
        functions = (member.fget, member.fset, member.fdel) if isinstance(member, property) else (member,)
        for function in functions:
            if isinstance(function, staticmethod | classmethod):
                function = function.__func__
            if callable(function) and marks_of(function):
                yield function


def _is_constructor(function: Callable[..., Any], mark: BindingMark) -> bool:
    return function.__name__ == "__init__" and mark.verb in ("element", "object")


def _is_configuration(branch: PatternBranch) -> bool:
    """Whether anything but status stands at or beneath a branch."""
    return any(one.accessors.keys() - {"status"} for one in branch.beneath())

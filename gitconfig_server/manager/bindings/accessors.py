"""One decorated method as the Manager knows it: what it takes and how it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any

from msgspec import Struct

from gitconfig_server.errors import InvalidInput
from gitconfig_server.manager.bindings.marks import DEFAULT_TIMEOUT, BindingMark
from gitconfig_server.manager.bindings.types import Adapter, adapter_of, annotation_of
from gitconfig_server.manager.nodes.paths import Segments, join_path


class Style(Enum):
    """How a function runs. One of the two kinds of generators prepares before its ``yield`` and swaps after it."""

    PLAIN = auto()
    COROUTINE = auto()
    GENERATOR = auto()
    ASYNC_GENERATOR = auto()

    @property
    def prepares(self) -> bool:
        """Whether it has two phases."""
        return self in (Style.GENERATOR, Style.ASYNC_GENERATOR)


class Accessor(Struct, frozen=True):
    """A function that stands at ``pattern``. ``takes``: arguments it needs without the object, None: any number.

    ``adapter`` checks and dumps its value; ``makes`` is the class of what a creator gives, where that is known.
    """

    verb: str
    pattern: Segments
    function: Callable[..., Any]
    style: Style
    takes: int | None
    timeout: float = DEFAULT_TIMEOUT
    thread: bool = False
    adapter: Adapter | None = None
    makes: type | None = None
    bound: bool = False

    @property
    def name(self) -> str:
        """As messages call it."""
        return getattr(self.function, "__qualname__", repr(self.function))

    def call(self, owner: object, arguments: Sequence[Any]) -> Any:
        """What the function gives for its object; ``bound`` functions have theirs already."""
        return self.function(*arguments) if self.bound else self.function(owner, *arguments)

    def takes_two(self, names: int) -> bool:
        """Whether, after the names, it wants the old value and the new one."""
        return self.takes is not None and self.takes >= names + 2


def accessor(mark: BindingMark, function: Callable[..., Any], *, bound: bool = False, kind: Any = None) -> Accessor:
    """The accessor that a mark on a function makes. ``kind``: the type of its value, instead of the annotation."""
    parameters = _parameters(function, bound)
    needed = [one for one in parameters if one.default is one.empty] or parameters
    value_name = needed[-1].name if needed else ""
    annotation = kind
    if annotation is None:
        annotation = annotation_of(function, "return" if mark.verb in ("get", "status") else value_name)
    takes = None if any(one.kind is one.VAR_POSITIONAL for one in parameters) else _needed(parameters)
    pattern = _checked_pattern(mark, takes, function)
    makes = annotation_of(function, "return") if mark.verb in ("create", "element") else None
    return Accessor(
        mark.verb,
        pattern,
        function,
        _style_of(function),
        takes,
        mark.timeout,
        mark.thread,
        adapter_of(annotation) if mark.verb in ("get", "set", "status") else None,
        makes if isinstance(makes, type) else None,
        bound,
    )


_VALUES = {"set": 2, "element": 2, "applies": 2}
"""How many arguments follow the names; one, the value alone, is enough."""


def _checked_pattern(mark: BindingMark, takes: int | None, function: Callable[..., Any]) -> Segments:
    """The pattern, and of what takes one name more than it has ``*`` (``delete("sessions")``) the children's."""
    stars = mark.pattern.count("*")
    if mark.verb == "delete" and takes == stars + 1:
        return (*mark.pattern, "*")
    if takes is not None and takes > stars + _VALUES.get(mark.verb, 0):
        name = getattr(function, "__qualname__", repr(function))
        given = f"{stars} for its *" + (" and the value" if mark.verb in _VALUES else "")
        raise InvalidInput(f"{name} needs {takes} arguments; {mark.verb} of {join_path(mark.pattern)!r} gives {given}")
    return mark.pattern


def _parameters(function: Callable[..., Any], bound: bool) -> list[inspect.Parameter]:
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    kept = [one for one in found if one.kind in positional or one.kind is inspect.Parameter.VAR_POSITIONAL]
    return kept if bound else kept[1:]


def _needed(parameters: Sequence[inspect.Parameter]) -> int:
    """Parameters without a default: one with a default is often only a value that a lambda carries."""
    return sum(one.default is one.empty for one in parameters)


def _style_of(function: Callable[..., Any]) -> Style:
    if inspect.isasyncgenfunction(function):
        return Style.ASYNC_GENERATOR
    if inspect.isgeneratorfunction(function):
        return Style.GENERATOR
    return Style.COROUTINE if inspect.iscoroutinefunction(function) else Style.PLAIN

"""The decorators. Each leaves a mark on the function; who scans the class finds it.

Paths may hold ``*``, which stands for any one name. The decorated function gets the names that its ``*`` matched
beneath its own object, then the value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import Struct

from gitconfig_server.manager.nodes.paths import Segments, split_path

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE: Final = "__gitconfig__"
"""Where the marks of a function stand: a tuple of Mark."""
DEFAULT_TIMEOUT: Final = 10.0

FUNCS: dict[str, dict[str, Callable[..., Any]]] = {}
"""Every decorated function of the process: path -> verb -> function, the last one where several share both."""


class BindingMark(Struct, frozen=True):
    """What a decorator said. ``timeout`` in seconds; ``thread``: call it in a worker thread."""

    verb: str
    pattern: Segments
    timeout: float = DEFAULT_TIMEOUT
    thread: bool = False


def get(path: str, *, timeout: float = DEFAULT_TIMEOUT, thread: bool = False) -> Callable[[F], F]:
    """The method gives the value at ``path``."""
    return _marking("get", path, timeout, thread)


def set(path: str, *, timeout: float = DEFAULT_TIMEOUT, thread: bool = False) -> Callable[[F], F]:
    """The method takes the value at ``path``; it refuses by ValueError or TypeError, before it has changed anything."""
    return _marking("set", path, timeout, thread)


def delete(path: str, *, timeout: float = DEFAULT_TIMEOUT, thread: bool = False) -> Callable[[F], F]:
    """The method is called when what stands at ``path`` leaves the configuration."""
    return _marking("delete", path, timeout, thread)


def create_child(path: str, *, timeout: float = DEFAULT_TIMEOUT, thread: bool = False) -> Callable[[F], F]:
    """The method makes a child with a name: of ``sessions/*``, or, the same, of the owner ``sessions``."""
    segments = split_path(path)
    pattern = segments if segments and segments[-1] == "*" else (*segments, "*")
    return _marking("create", path, timeout, thread, pattern)


def create_element(path: str, *, timeout: float = DEFAULT_TIMEOUT, thread: bool = False) -> Callable[[F], F]:
    """On ``__init__``: the class's objects stand at ``path``. On a method: it makes an element of a list there."""
    segments = split_path(path)
    pattern = segments if segments and segments[-1] == "*" else (*segments, "*")
    return _marking("element", path, timeout, thread, pattern)


def create_object(path: str) -> Callable[[F], F]:
    """On ``__init__``: an object of the class stands at ``path``."""
    return _marking("object", path, DEFAULT_TIMEOUT, False)


def children(path: str, *, timeout: float = DEFAULT_TIMEOUT, thread: bool = False) -> Callable[[F], F]:
    """The method gives what the service holds at ``path`` by itself: a map of name to object, or the names."""
    return _marking("children", path, timeout, thread)


def status(path: str, *, timeout: float = DEFAULT_TIMEOUT, thread: bool = False) -> Callable[[F], F]:
    """The method gives a live value at ``status/<path>``, which is never saved."""
    return _marking("status", path, timeout, thread)


def marks_of(function: object) -> tuple[BindingMark, ...]:
    """What decorators said of a function."""
    found = getattr(function, _ATTRIBUTE, ())
    return found if isinstance(found, tuple) else ()


def _marking(verb: str, path: str, timeout: float, thread: bool, pattern: Segments | None = None) -> Callable[[F], F]:
    mark = BindingMark(verb, split_path(path) if pattern is None else pattern, timeout, thread)

    def decorate(function: F) -> F:
        setattr(function, _ATTRIBUTE, (*marks_of(function), mark))
        FUNCS.setdefault(path, {})[verb] = function
        return function

    return decorate

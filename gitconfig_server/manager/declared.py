"""What a service says of itself: what stands where, what is checked, who follows changes, and its model's version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from gitconfig_server.errors import InvalidInput
from gitconfig_server.manager.applying.running import RunningTree, TreeCheck
from gitconfig_server.manager.bindings.accessors import accessor
from gitconfig_server.manager.bindings.marks import DEFAULT_TIMEOUT, BindingMark
from gitconfig_server.manager.changes import Listeners
from gitconfig_server.manager.errors import Misfit, Problem
from gitconfig_server.manager.nodes.paths import split_path
from gitconfig_server.manager.nodes.tree import Object

if TYPE_CHECKING:
    from pydantic import BaseModel

    from gitconfig_server.manager.applying.models import ModelPart

M = TypeVar("M", bound="BaseModel", default="BaseModel")
F = TypeVar("F", bound=Callable[..., Any])


class Declared(Generic[M]):
    """The service's side of a Manager; nothing here does any I/O."""

    def __init__(self, service: object | None, model: type[M] | None, classes: Sequence[type]) -> None:
        self._model = _model_part(model) if model is not None else None
        self._running = RunningTree(service, classes, self._model, Object("running"))
        self._listeners = Listeners()
        self._check_names(service)

    def applies(self, *prefixes: str, timeout: float = DEFAULT_TIMEOUT) -> Callable[[F], F]:
        """The function follows changes of the model beneath the prefixes: called with (old, new), one ``yield``."""

        def decorate(function: F) -> F:
            self._need_model().follow(function, prefixes, timeout)
            return function

        return decorate

    def check(self, function: TreeCheck) -> TreeCheck:
        """The function refuses a whole new configuration by raising; it gets the model, else the plain data."""
        self._running.checks.append(function)
        return function

    def on_change(self, prefix: str = "", *, timeout: float = DEFAULT_TIMEOUT) -> Callable[[F], F]:
        """The function is told of each ``Change`` at or beneath the prefix, when it has happened."""

        def decorate(function: F) -> F:
            self._listeners.add(prefix, function, timeout)
            return function

        return decorate

    def bind(
        self,
        path: str,
        *,
        get: Callable[..., Any] | None = None,
        set: Callable[..., Any] | None = None,
        delete: Callable[..., Any] | None = None,
        create: Callable[..., Any] | None = None,
        children: Callable[..., Any] | None = None,
        status: Callable[..., Any] | None = None,
        check: TreeCheck | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        thread: bool = False,
        type: Any = None,
    ) -> None:
        """Let functions stand at a path, as the decorators do; ``type``: of the value, in place of annotations."""
        given = {"get": get, "set": set, "delete": delete, "create": create, "children": children, "status": status}
        pattern = split_path(path)
        for verb, function in given.items():
            if function is not None:
                place = (*pattern, "*") if verb == "create" and pattern[-1:] != ("*",) else pattern
                one = accessor(BindingMark(verb, place, timeout, thread), function, bound=True, kind=type)
                self._running.bindings.bind(one)
        if check is not None:
            self.check(check)

    def bind_attribute(self, path: str, owner: object, name: str, *, type: Any = None) -> None:
        """Let an attribute of an object stand at a path."""
        annotated = type or getattr(owner.__class__, "__annotations__", {}).get(name)
        kind = annotated if not isinstance(annotated, str) else None
        present = getattr(owner, name)
        kind = kind or (present.__class__ if present is not None else None)
        self.bind(path, get=lambda: getattr(owner, name), set=lambda value: setattr(owner, name, value), type=kind)

    def snapshot(self) -> M:
        """The version in force: one shared object, never changed by the Manager. NotFoundYet before the start."""
        version: M = self._need_model().present()
        return version

    async def current(self) -> M:
        """``snapshot`` for frameworks that would call a plain function in a thread: ``Depends(manager.current)``."""
        return self.snapshot()

    @contextmanager
    def pinned(self) -> Iterator[M]:
        """One version for the whole block."""
        yield self.snapshot()

    def _need_model(self) -> ModelPart[Any]:
        if self._model is None:
            raise InvalidInput("this Manager has no model: Manager(url, model=Settings)")
        return self._model

    def _check_names(self, service: object | None) -> None:
        if self._model is None or service is None:
            return
        both = set(self._model.names) & set(self._running.bindings.root().names())
        if both:
            raise Misfit([Problem(name, "is a name of the model and of the service") for name in sorted(both)])


def _model_part(model: type[BaseModel]) -> ModelPart[Any]:
    from gitconfig_server.manager.applying.models import ModelPart  # whoever has no model needs no pydantic

    return ModelPart(model)

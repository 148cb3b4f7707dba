"""A pydantic model as a service's configuration: one frozen version at a time, and who follows its changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from gitconfig_server.manager.applying.doing import Reaction
from gitconfig_server.manager.bindings.accessors import accessor
from gitconfig_server.manager.bindings.adapters import plain_model, problems_of
from gitconfig_server.manager.bindings.branches import BoundAccessor
from gitconfig_server.manager.bindings.marks import DEFAULT_TIMEOUT, BindingMark
from gitconfig_server.manager.bindings.types import adapter_of, check_reads_back, to_value
from gitconfig_server.manager.errors import Misfit, NotFoundYet
from gitconfig_server.manager.nodes.differences import NodeDifference, differences
from gitconfig_server.manager.nodes.paths import Segments, split_path
from gitconfig_server.manager.nodes.values import Data, overlaid

_M = TypeVar("_M", bound=BaseModel)


class ModelPart(Generic[_M]):
    """The version of a model that is in force. ``data`` is it as plain data, empty before there is one."""

    def __init__(self, model: type[_M]) -> None:
        self._model = model
        self._adapter = adapter_of(model)
        self._present: _M | None = None
        self.data: dict[str, Data] = {}
        self._followers: list[tuple[list[Segments], BoundAccessor]] = []

    @property
    def names(self) -> list[str]:
        """The top-level names that are the model's."""
        return [field.alias or name for name, field in self._model.model_fields.items()]

    def present(self) -> _M:
        """The version in force; NotFoundYet before the first one."""
        if self._present is None:
            raise NotFoundYet(f"{self._model.__name__} has no values yet: start the Manager first")
        return self._present

    def news(self, version: _M) -> list[NodeDifference]:
        """What differs between the version in force and another one."""
        return list(differences(self.data, plain_model(version)))

    @property
    def version(self) -> _M | None:
        """The version in force, if there is one."""
        return self._present

    def validated(self, data: dict[str, Data], *, text: bool = False) -> _M:
        """The version that ``data`` makes, what the environment says of it included. Misfit names every problem."""
        environment = self.environment()
        if environment:
            return self._lax(overlaid(data, environment))
        value: _M = to_value(data, self._adapter, (), text=text)
        return value

    def defaults(self) -> dict[str, Data]:
        """What it holds where nothing is saved; empty where it needs values."""
        try:
            found: dict[str, Data] = plain_model(self.validated({}))
        except Misfit:
            return {}
        return found

    def environment(self) -> dict[str, Data]:
        """What the process's environment says, which wins; only models of pydantic-settings ask it."""
        if not any(one.__module__.startswith("pydantic_settings") for one in self._model.__mro__):
            return {}
        from pydantic_settings import EnvSettingsSource

        return EnvSettingsSource(self._model)()  # type: ignore[arg-type]  # it is one of theirs

    def take(self, version: _M | None) -> None:
        """Put a version in force, in one assignment."""
        self.data = plain_model(version) if version is not None else {}
        self._present = version

    def check_savable(self) -> None:
        """CannotBeSaved where the saved form would read back as something else."""
        if self._present is not None and not self.environment():
            check_reads_back(self._present, self.data, self._adapter, ())

    def follow(self, function: Callable[..., Any], prefixes: tuple[str, ...], timeout: float = DEFAULT_TIMEOUT) -> None:
        """Call ``function`` with the old and the new version where anything beneath the prefixes changes."""
        one = accessor(BindingMark("applies", (), timeout), function, bound=True)
        self._followers.append(([split_path(prefix) for prefix in prefixes] or [()], BoundAccessor(one, None, ())))

    def reactions(self, found: list[NodeDifference], old: _M | None, new: _M) -> list[Reaction]:
        """Who has to follow the differences. All of them where there was no version before."""
        concerned = []
        for prefixes, one in self._followers:
            if old is None or any(_meet(prefix, change.segments) for prefix in prefixes for change in found):
                concerned.append(Reaction(one, prefixes[0], (old, new)))
        return concerned

    def restart_required(self, found: list[NodeDifference]) -> list[str]:
        """Of the differences, those that only a restart puts in force: ``json_schema_extra={"x-restart": True}``."""
        return [one.path for one in found if self._needs_restart(one.segments)]

    def _needs_restart(self, path: Segments) -> bool:
        model: Any = self._model
        for segment in path:
            fields = getattr(model, "model_fields", {})
            field = next((one for name, one in fields.items() if segment in (name, one.alias)), None)
            if field is None:
                return False
            extra = field.json_schema_extra
            if isinstance(extra, dict) and extra.get("x-restart"):
                return True
            model = field.annotation
        return False

    def _lax(self, data: dict[str, Data]) -> _M:
        try:
            return self._model.model_validate(data)
        except ValidationError as error:
            raise Misfit(problems_of(error, ())) from error


def _meet(prefix: Segments, path: Segments) -> bool:
    common = min(len(prefix), len(path))
    return prefix[:common] == path[:common]

"""Values of any type that pydantic knows: checked when they come in, plain data when they go out."""

from __future__ import annotations

import logging
from typing import Any

from pydantic import BaseModel, ConfigDict, PydanticUserError, SecretBytes, SecretStr, TypeAdapter, ValidationError

from gitconfig_server.manager.errors import Misfit, Problem
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.values import Data, Secret, checked
from gitconfig_server.wire.json import render

log = logging.getLogger(__name__)

_SCALARS = {"int": int, "str": str, "bool": bool, "float": float}


class TypedAdapter:
    """Checks and dumps values of one type. ``scalar``: its values are right as they are if they are of this class.

    Raises pydantic's errors, and NameError, where it has no idea of the type.
    """

    def __init__(self, annotation: Any) -> None:
        self._adapter: TypeAdapter[Any] = _adapter(Any if annotation is object else annotation)
        schema: Any = self._adapter.core_schema
        self.scalar = _SCALARS.get(schema["type"]) if len(schema) == 1 else None

    def load(self, plain: Data, path: Segments, *, text: bool) -> Any:
        """The value that plain data means. ``text``: a text may mean any type. Misfit with the places."""
        source = render(plain)
        try:
            return self._adapter.validate_json(source, strict=True)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False)
            if text and all(isinstance(one["input"], str) for one in faults):
                return self._load_text(source, plain, path)
            raise Misfit(problems_of(error, path)) from error

    def dump(self, value: Any, path: Segments) -> Data:
        """A value as plain data. Misfit where it has no such form."""
        try:
            return _joined(self._adapter.dump_python(value, mode="json"), self._adapter.dump_python(value), path)
        except (ValueError, TypeError) as error:
            raise _unshown(error, path) from error

    def _load_text(self, source: bytes, plain: Data, path: Segments) -> Any:
        try:
            if isinstance(plain, str):
                return self._adapter.validate_strings(plain)
            return self._adapter.validate_json(source, strict=False)
        except ValidationError as error:
            raise Misfit(problems_of(error, path)) from error


def make_typed(annotation: Any) -> TypedAdapter | None:
    """The adapter of a type; None, and a word in the log, where pydantic has no idea of it."""
    try:
        return TypedAdapter(annotation)
    except (PydanticUserError, NameError) as error:
        log.warning("values of %r are not checked: %s", annotation, str(error).splitlines()[0])
        return None


def plain_value(value: Any, path: Segments) -> Data:
    """A value of a type that nobody named as plain data. Misfit where it has no such form."""
    if isinstance(value, BaseModel):
        return plain_model(value, path)
    made = make_typed(type(value))
    if made is None:
        raise Misfit([Problem("", f"a {type(value).__name__} has no form as JSON")])
    return made.dump(value, path)


def plain_model(model: BaseModel, path: Segments = ()) -> Data:
    """A model as plain data."""
    try:
        return _joined(model.model_dump(mode="json", by_alias=True), model.model_dump(by_alias=True), path)
    except (ValueError, TypeError) as error:
        raise _unshown(error, path) from error


def problems_of(error: ValidationError, path: Segments) -> list[Problem]:
    """What pydantic complains of, by path."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    return [Problem(join_path((*path, *map(str, one["loc"]))), one["msg"]) for one in faults]


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(annotation, config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
    except PydanticUserError:
        return TypeAdapter(annotation)  # a model brings its own configuration


def _joined(dumped: Any, value: Any, path: Segments) -> Data:
    """The JSON form, with the secrets that it only shows as masks."""
    if isinstance(value, SecretStr):
        return Secret(value.get_secret_value())
    if isinstance(value, SecretBytes):
        return Secret(value.get_secret_value().decode("latin-1"))
    if isinstance(dumped, dict) and isinstance(value, dict):
        inner = dict(zip(dumped, value.values(), strict=True)) if len(dumped) == len(value) else {}
        return {str(name): _joined(one, inner.get(name, one), (*path, str(name))) for name, one in dumped.items()}
    if isinstance(value, set | frozenset) and isinstance(dumped, list):
        return sorted(
            dumped, key=lambda one: (type(one).__name__, one if isinstance(one, str | int | float) else str(one))
        )
    if isinstance(dumped, list) and isinstance(value, list | tuple):
        return [
            _joined(one, inner, (*path, str(index)))
            for index, (one, inner) in enumerate(zip(dumped, value, strict=True))
        ]
    return checked(dumped, path)


def _unshown(error: Exception, path: Segments) -> Misfit:
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return Misfit([Problem(join_path(path), f"cannot be shown as JSON: {line}")])

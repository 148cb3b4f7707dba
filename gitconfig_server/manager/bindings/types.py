"""Between a service's values and plain data: types by annotation, checked and dumped by pydantic.

From JSON types are strict (``true`` is no integer); text from people, the environment or a properties file may mean
any type. Bytes, times, Decimal, Path and sets become the text or list of pydantic's JSON mode.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, PydanticUserError, SecretBytes, SecretStr, TypeAdapter, ValidationError

from gitconfig_server.manager.errors import CannotBeSaved, Misfit, Problem
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.values import Data, Secret, checked
from gitconfig_server.wire.json import render

log = logging.getLogger(__name__)

Adapter = TypeAdapter[Any]

_SCALARS = {"int": int, "str": str, "bool": bool, "float": float}


def adapter_of(annotation: Any) -> Adapter | None:
    """What checks and dumps values of a type; None where pydantic has no idea of it."""
    if annotation is None:
        return None
    if annotation is object:
        annotation = Any
    try:
        return TypeAdapter(annotation, config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
    except PydanticUserError:
        pass
    try:
        return TypeAdapter(annotation)  # a model brings its own configuration
    except (PydanticUserError, NameError) as error:
        log.warning("values of %r are not checked: %s", annotation, str(error).splitlines()[0])
        return None


def annotation_of(function: Callable[..., Any], parameter: str) -> Any:
    """The type of a parameter, or of ``return``; None where nothing, or nothing that can be resolved, is said."""
    try:
        return get_type_hints(function, include_extras=True).get(parameter)
    except Exception as error:  # any code may stand in an annotation
        log.warning("the types of %s cannot be resolved, its values are not checked: %s", function.__qualname__, error)
        return None


def to_value(data: Data, adapter: Adapter | None, path: Segments, *, text: bool = False) -> Any:
    """``data`` as the type wants it. ``text``: a text may mean any type. Raises Misfit with the places."""
    if adapter is not None and type(data) is _scalar_of(adapter):
        return data
    plain = _revealed(data)
    if adapter is None:
        return plain
    source = render(plain)
    try:
        return adapter.validate_json(source, strict=True)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        if text and all(isinstance(one["input"], str) for one in faults):
            return _from_text(source, plain, adapter, path)
        raise Misfit(problems_of(error, path)) from error


def to_plain(value: Any, adapter: Adapter | None, path: Segments = ()) -> Data:
    """A service's value as plain data. Raises Misfit where it has no such form."""
    if adapter is None:
        if isinstance(value, BaseModel):
            return plain_model(value, path)
        if isinstance(value, str | int | float | bool | dict | list | tuple | None):
            return checked(value, path)
        adapter = _adapter_for(type(value))
    if type(value) is _scalar_of(adapter):
        return checked(value, path)
    try:
        return _joined(adapter.dump_python(value, mode="json"), adapter.dump_python(value), path)
    except (ValueError, TypeError) as error:
        raise Misfit([Problem(join_path(path), f"cannot be shown as JSON: {_first_line(error)}")]) from error


def plain_model(model: BaseModel, path: Segments = ()) -> Data:
    """A model as plain data."""
    try:
        return _joined(model.model_dump(mode="json", by_alias=True), model.model_dump(by_alias=True), path)
    except (ValueError, TypeError) as error:
        raise Misfit([Problem(join_path(path), f"cannot be shown as JSON: {_first_line(error)}")]) from error


def check_reads_back(value: Any, data: Data, adapter: Adapter | None, path: Segments) -> None:
    """Refuse a value whose saved form means another one: CannotBeSaved."""
    if adapter is None:
        return
    try:
        again = to_value(data, adapter, path)
    except Misfit as error:
        raise CannotBeSaved(
            [Problem(one.path, f"its saved form is refused: {one.reason}") for one in error.problems]
        ) from error
    if type(again) is not type(value) or again != value:
        raise CannotBeSaved(
            [Problem(join_path(path), f"its saved form would read back as {type(again).__name__}, not equal")]
        )


def problems_of(error: ValidationError, path: Segments) -> list[Problem]:
    """What pydantic complains of, by path."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    return [Problem(join_path((*path, *map(str, one["loc"]))), one["msg"]) for one in faults]


@lru_cache
def scalar_adapter(kind: type) -> Adapter | None:
    """What checks values that are to stay text, a number or a boolean; None for all other kinds."""
    return adapter_of(kind) if kind in _SCALARS.values() else None


@lru_cache(maxsize=1000)
def _scalar_of(adapter: Adapter) -> type | None:
    """The one type that an adapter takes and gives as it is; None where it has anything to check or to write."""
    schema: Any = adapter.core_schema
    return _SCALARS.get(schema["type"]) if len(schema) == 1 else None


def _from_text(source: bytes, plain: Data, adapter: Adapter, path: Segments) -> Any:
    try:
        return (
            adapter.validate_strings(plain) if isinstance(plain, str) else adapter.validate_json(source, strict=False)
        )
    except ValidationError as error:
        raise Misfit(problems_of(error, path)) from error


def _adapter_for(kind: type) -> Adapter:
    found = adapter_of(kind)
    if found is None:
        raise Misfit([Problem("", f"a {kind.__name__} has no form as JSON")])
    return found


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


def _revealed(data: Data) -> Data:
    if isinstance(data, dict):
        return {name: _revealed(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_revealed(value) for value in data]
    return data.reveal() if isinstance(data, Secret) else data


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

"""Judging environments by JSON Schemas: runs in the worker process alone, since both come from whoever pushes.

Values that were text where a type was meant (``.properties``, XML, a filled placeholder) are taken for what they would
bind to; what a value with an open placeholder or a cipher will be, nobody knows, so it is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jsonschema_rs

from gitconfig_server.config.checking.marks import EMPTY, OPEN, SOFT
from gitconfig_server.formats.reading.plain_yaml import parse_schema

_BASE = "gitconfig:///"
_MAX_ERRORS = 20
"""Of one environment."""
_COMPOSED = frozenset(("allOf", "anyOf", "oneOf", "not", "if", "contains", "dependentSchemas", "falseSchema"))
_EMPTIES: tuple[tuple[str, Any], ...] = (("string", ""), ("null", None), ("array", []), ("object", {}))
_TRIES = 4

Path = tuple[str | int, ...]


def judge(asked: Mapping[str, Any]) -> list[Any]:
    """``files``: path -> text of all schemas; ``environments``: each with the paths of its ``schemas``, its ``values``
    and ``marks`` ([path, SOFT, OPEN or EMPTY]).

    Answers, for each environment in turn, its errors: [path of the value, keyword, message, whether it is certain].
    """
    files = tuple(sorted(asked["files"].items()))
    answers: list[Any] = []
    for one in asked["environments"]:
        errors: list[Any] = []
        for schema in one["schemas"]:
            values = json.loads(one["values"])
            errors += _Judgement(_validator(files, schema), values, one["marks"]).errors()
        answers.append(errors[:_MAX_ERRORS])
    return answers


def compile_schemas(asked: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with each of the ``schemas`` (paths) among the ``files``, by path; those in order are left out."""
    files = tuple(sorted(asked["files"].items()))
    found: dict[str, str] = {}
    for path in asked["schemas"]:
        try:
            _validator(files, path, masked=False)
        except jsonschema_rs.ValidationError as error:
            place = "/".join(map(str, error.instance_path))
            found[path] = f"{place}: {error.message}".removeprefix(": ")
        except (ValueError, RecursionError) as error:
            found[path] = str(error) or "it nests too deeply"
    return found


@lru_cache(maxsize=64)
def _validator(
    files: tuple[tuple[str, str], ...], path: str, *, masked: bool = True
) -> jsonschema_rs.Draft202012Validator:
    """The schema at ``path``; whatever it refers to must stand among the files. Raises ValueError.

    ``masked``: errors do not repeat values, some of which are secrets.
    """
    known = dict(files)

    def retrieve(uri: str) -> Any:
        name = uri.removeprefix(_BASE)
        if name not in known:
            raise ValueError(f"{name} is no schema of this repository")
        return parse_schema(name, known[name])

    schema = parse_schema(path, known[path])
    mask = "the value" if masked else None
    return jsonschema_rs.Draft202012Validator(schema, retriever=retrieve, base_uri=_BASE + path, mask=mask)


class _Judgement:
    """One environment against one schema."""

    def __init__(self, validator: jsonschema_rs.Draft202012Validator, values: Any, marks: list[Any]) -> None:
        self._validator = validator
        self._values = values
        places = [(_as_json(values, path), kind) for path, kind in marks]
        self._open = {path for path, kind in places if kind == OPEN}
        self._texts = {path: _at(values, path) for path, kind in places if kind == SOFT}
        self._empty = {path for path, kind in places if kind == EMPTY}

    def errors(self) -> list[Any]:
        """What remains once every value has been given its best meaning."""
        for path, text in self._texts.items():
            self._put(path, _bound(text))
        found = self._found()
        for _ in range(_TRIES):
            if not sum(self._adapt(error) for error in found):
                break
            found = self._found()
        return [
            [list(error.instance_path), error.kind.name, error.message, not self._may_depend(error)]
            for error in found
            if tuple(error.instance_path) not in self._open
        ]

    def _found(self) -> list[jsonschema_rs.ValidationError]:
        if self._validator.is_valid(self._values):
            return []
        return [error for error, _ in zip(self._validator.iter_errors(self._values), range(_MAX_ERRORS), strict=False)]

    def _adapt(self, error: jsonschema_rs.ValidationError) -> int:
        """Give values that an error is about another meaning they may have; how many had one."""
        path = tuple(error.instance_path)
        kind = error.kind
        wanted = kind.types if isinstance(kind, jsonschema_rs.ValidationErrorKind.Type) else []
        meant = [one for one in (*self._texts, *self._empty) if one[: len(path)] == path]
        return sum(self._change(one, wanted if one == path else []) for one in meant)

    def _change(self, path: Path, wanted: list[str]) -> bool:
        now = _at(self._values, path)
        new = self._other(path, wanted)
        if now == new and type(now) is type(new):
            return False
        self._put(path, new)
        return True

    def _other(self, path: Path, wanted: list[str]) -> Any:
        if path in self._empty:
            now = _at(self._values, path)
            fitting = [value for kind, value in _EMPTIES if kind in wanted or not wanted]
            return fitting[(fitting.index(now) + 1) % len(fitting)] if now in fitting else (fitting or [now])[0]
        text = self._texts[path]
        if "array" in wanted:
            return [_bound(item.strip()) for item in text.split(",")] if text else []
        return text

    def _may_depend(self, error: jsonschema_rs.ValidationError) -> bool:
        """Whether a composed rule fails where an open value may be what decides."""
        path = tuple(error.instance_path)
        composed = error.kind.name in _COMPOSED or not _COMPOSED.isdisjoint(error.schema_path)
        return composed and any(one[: len(path)] == path for one in self._open)

    def _put(self, path: Path, value: Any) -> None:
        holder = _at(self._values, path[:-1])
        holder[path[-1]] = value


def _as_json(values: Any, path: Sequence[str | int]) -> Path:
    """The path with text for the names of maps that are numbers."""
    found: list[str | int] = []
    for part in path:
        found.append(str(part) if isinstance(values, dict) else part)
        values = values[found[-1]]
    return tuple(found)


def _at(values: Any, path: Path) -> Any:
    for part in path:
        values = values[part]
    return values


def _bound(text: str) -> Any:
    """What Spring would bind a text to where a number or boolean is wanted; the text itself where it is neither."""
    lower = text.strip().lower()
    if lower in ("true", "false"):
        return lower == "true"
    return next(_numbers(text.strip()), text)


def _numbers(text: str) -> Iterator[int | float]:
    if len(text) > 40 or not text or text[0] not in "+-.0123456789" or "_" in text:
        return
    for kind in (int, float):
        try:
            yield kind(text)
        except ValueError:
            continue

"""JSON bodies, read strictly: every number exactly, no member twice, nothing that is not in the model."""

from __future__ import annotations

import difflib
import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from gitconfig_server.errors import InvalidChange, MalformedRequest
from gitconfig_server.formats.editing.json_patch import token
from gitconfig_server.web.problems.refusals import UnsupportedMediaType

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
MAX_DEPTH = 110
"""Nesting of a body: that of properties, and a little around them."""

MAX_DIGITS = 4000


async def read_model(request: Request, model: type[M]) -> M:
    """The body as ``model``. Raises as ``read_json``, and InvalidChange at the member that is wrong."""
    content, _ = await read_json(request, [JSON])
    try:
        return model.model_validate(content, strict=True)
    except ValidationError as error:
        raise _fault(error, model) from error


async def read_json(request: Request, media_types: Collection[str]) -> tuple[Any, str]:
    """The body's content, and which of ``media_types`` it came as.

    Raises UnsupportedMediaType, and what ``parse_json`` raises.
    """
    media_type = _media_type(request, media_types)
    return parse_json(await request.body()), media_type


def parse_json(body: bytes) -> Any:
    """What a body says. MalformedRequest where it is no JSON, InvalidChange where no configuration can hold it."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"the body is not UTF-8 at byte {error.start}") from error
    try:
        content = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_int=_exact,
            parse_float=_finite,
            object_pairs_hook=_without_doubles,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequest(f"the body is no JSON: {error.msg} at {place}") from error
    except RecursionError as error:
        raise InvalidChange(f"nested more than {MAX_DEPTH} deep") from error
    _check(content)
    return content


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of ``model`` without references, for a place in the OpenAPI document."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            name = node.get("$ref", "").rpartition("/")[2]
            return resolve(definitions[name]) if name else {key: resolve(value) for key, value in node.items()}
        return [resolve(one) for one in node] if isinstance(node, list) else node

    resolved: dict[str, Any] = resolve(schema)
    return resolved


def body_of(schemas: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """What the OpenAPI document says of a body, by media type."""
    content = {media_type: {"schema": schema} for media_type, schema in schemas.items()}
    return {"requestBody": {"required": True, "content": content}}


def _media_type(request: Request, media_types: Collection[str]) -> str:
    given = request.headers.get("content-type", "")
    media_type, _, parameters = given.lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "') or "utf-8"
    if media_type.strip() not in media_types or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(given, " or ".join(media_types))
    return media_type.strip()


@dataclass(frozen=True, slots=True)
class _Refused:
    """What no body may say, left where it stands: the reader of JSON does not know the place."""

    reason: str
    member: str | None = None


def _refuse_constant(word: str) -> _Refused:
    return _Refused(f"{word} is no JSON: send it as text")


def _exact(text: str) -> int | _Refused:
    return int(text) if len(text) <= MAX_DIGITS else _Refused(f"more than {MAX_DIGITS} digits: send it as text")


def _finite(text: str) -> float | _Refused:
    number = float(text)
    lost = number == 0 and text.lower().partition("e")[0].strip("-0.")
    if lost or not math.isfinite(number):
        return _Refused(f"{text[:40]} is beyond what a number can hold: send it as text")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Refused:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    counted = Counter(name for name, _ in pairs)
    return _Refused("the member comes twice", next(name for name, count in counted.items() if count > 1))


def _check(content: Any) -> None:
    level = [content]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        if any(isinstance(node, _Refused) for node in level):
            raise _first_refused(content)
        level = [child for node in level for _, child in _members(node)]
    raise InvalidChange(f"nested more than {MAX_DEPTH} deep")


def _first_refused(content: Any) -> InvalidChange:
    level = [("", content)]
    while True:
        for pointer, node in level:
            if isinstance(node, _Refused):
                place = pointer if node.member is None else f"{pointer}/{token(node.member)}"
                return InvalidChange(node.reason, place)
        level = [(f"{pointer}/{token(str(name))}", child) for pointer, node in level for name, child in _members(node)]


def _members(node: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(node, dict):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()


def _fault(error: ValidationError, model: type[BaseModel]) -> InvalidChange:
    """What is wrong first; a member nobody knows before one that is missing, which it may have been meant to be."""
    fault = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    place = fault["loc"]
    pointer = "".join(f"/{token(str(part))}" for part in place)
    if fault["type"] == "model_type":
        return InvalidChange("expected an object", pointer)
    if fault["type"] != "extra_forbidden":
        return InvalidChange(fault["msg"], pointer)
    near = difflib.get_close_matches(str(place[-1]), _members_of(inlined(model), place[:-1]), 1)
    return InvalidChange("unknown member" + (f", did you mean {near[0]!r}?" if near else ""), pointer)


def _members_of(schema: dict[str, Any], place: Iterable[int | str]) -> list[str]:
    """The members that an object at ``place`` may have."""
    for part in place:
        schema = schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {}).get(part, {})
    return list(schema.get("properties", ()))

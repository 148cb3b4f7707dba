"""JSON bodies, read strictly: every number exactly, no member twice, nothing that is not in the model."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Collection, Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from gitconfig_server.config.json_patch import token
from gitconfig_server.errors import InvalidChange, MalformedRequest
from gitconfig_server.web.refusals import UnsupportedMediaType

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

    Raises UnsupportedMediaType, MalformedRequest where it is no JSON, InvalidChange where it says what no
    configuration can hold.
    """
    media_type = _media_type(request, media_types)
    try:
        text = (await request.body()).decode("utf-8-sig")
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
    _check_depth(content)
    return content, media_type


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


def _refuse_constant(word: str) -> NoReturn:
    raise InvalidChange(f"{word} is no JSON: send it as text")


def _exact(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise InvalidChange(f"a number of more than {MAX_DIGITS} digits: send it as text")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidChange(f"{text[:40]} is more than a number can hold: send it as text")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise InvalidChange(f"member {next(name for name in names if names.count(name) > 1)!r} comes twice")
    return found


def _check_depth(content: Any) -> None:
    level = [content]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        ]
        if not level:
            return
    raise InvalidChange(f"nested more than {MAX_DEPTH} deep")


def _fault(error: ValidationError, model: type[BaseModel]) -> InvalidChange:
    fault = error.errors()[0]
    pointer = "".join(f"/{token(str(part))}" for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return InvalidChange(fault["msg"], pointer)
    name = str(fault["loc"][-1])
    known = [field.alias or key for key, field in model.model_fields.items()]
    near = difflib.get_close_matches(name, known, 1) if len(fault["loc"]) == 1 else []
    return InvalidChange("unknown member" + (f", did you mean {near[0]!r}?" if near else ""), pointer)

"""JSON bodies of requests, and what the OpenAPI document says of bodies and answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.service.crossing import aside
from gitconfig_server.web.problems.refusals import UnsupportedMediaType
from gitconfig_server.wire.declarations import reference
from gitconfig_server.wire.decoding import decode
from gitconfig_server.wire.json import parse_json

B = TypeVar("B")

JSON = "application/json"
_BYTES = 16
"""How many bytes of JSON take as long to read as one property does elsewhere."""


async def read_body(request: Request, kind: type[B]) -> B:
    """The body as ``kind`` is declared. Raises as ``read_json``, and InvalidChange at the member that is wrong."""
    _media_type(request, [JSON])
    body = await request.body()
    return await aside(len(body) // _BYTES, decode, body, kind)


async def read_json(request: Request, media_types: Collection[str]) -> tuple[Any, str]:
    """The body's content, and which of ``media_types`` it came as.

    Raises UnsupportedMediaType, and what ``parse_json`` raises.
    """
    media_type = _media_type(request, media_types)
    body = await request.body()
    return await aside(len(body) // _BYTES, parse_json, body), media_type


def answers(kind: type, others: Mapping[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """What a route says of an answer that is declared as ``kind``, and of its ``others`` by media type."""
    schemas = {JSON: reference(kind), **(others or {})}
    content = {media_type: {"schema": schema} for media_type, schema in schemas.items()}
    return {"response_class": Response, "responses": {200: {"content": content}}}


def takes(kind: type) -> dict[str, Any]:
    """What the OpenAPI document says of a JSON body that is declared as ``kind``."""
    return body_of({JSON: reference(kind)})


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

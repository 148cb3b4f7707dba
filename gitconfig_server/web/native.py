"""The native API under ``/api/v1``: a FastAPI application made of the route groups, and its OpenAPI document."""

from __future__ import annotations

import json
import re
from typing import Any, get_type_hints

import fastapi.routing
from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.service.base import ConfigService
from gitconfig_server.service.crossing import LIGHT, aside
from gitconfig_server.web.api import (
    applications,
    commits,
    diff,
    environments,
    files,
    history,
    holding,
    labels,
    problems,
    restore,
    sources,
    staged,
)
from gitconfig_server.web.api.options import Options, single_options
from gitconfig_server.web.handlers import HANDLERS
from gitconfig_server.web.mounting import prefix_of
from gitconfig_server.web.problems.documents import MEDIA_TYPE
from gitconfig_server.web.problems.failures import answer_failure
from gitconfig_server.web.problems.refusals import InvalidOption, UnknownOption
from gitconfig_server.wire.declarations import describe, list_declarations, prepare_declarations, reference
from gitconfig_server.wire.json import render
from gitconfig_server.wire.problems import API, ProblemAnswer
from gitconfig_server.wire.writes import WriteAnswer

_TEXT = {"type": "string"}
_ETAG = {"description": "Names this content, whatever the commit.", "schema": _TEXT}
_COMMIT = {"description": "The commit that was read, or is the label's now.", "schema": _TEXT}
_CURSOR = {"description": "The place in the journal that includes the write.", "schema": _TEXT}

_READ = {"If-None-Match": ("An `ETag`: 304 where it still holds.", _TEXT)}
_WRITE = {
    "If-Match": ("The `ETag` of the source, file or label as you saw it: 412 where it has changed.", _TEXT),
    "If-None-Match": ("Only `*`: nothing may be there yet.", _TEXT | {"pattern": r"^\*$"}),
    "Config-Reason": ("Why: a trailer of the commit, percent-encoded where it is more than ASCII.", _TEXT),
    "Config-Ticket": ("Which ticket asked for it; the same.", _TEXT),
    "Idempotency-Key": (
        "A word of your own: sent again within a day, the same request gets the first answer again.",
        _TEXT | {"pattern": "^[!-~]{1,255}$"},
    ),
}


def _with_headers(document: dict[str, Any]) -> dict[str, Any]:
    """``document``, which is changed, with the headers of its operations; only reads are answered with 304."""
    for operations in document["paths"].values():
        for method, operation in operations.items():
            writes = _is_write(operation)
            if method != "get":
                operation["responses"].pop("304", None)
            if method == "get" or writes:
                taken = [_parameter(name, *said) for name, said in (_WRITE if writes else _READ).items()]
                operation["parameters"] = [*operation.get("parameters", ()), *taken]
                given = {"ETag": _ETAG, "Config-Commit": _COMMIT} | ({"Config-Cursor": _CURSOR} if writes else {})
                operation["responses"]["200"]["headers"] = given
    return document


def _with_schemas(document: dict[str, Any]) -> dict[str, Any]:
    """``document``, which is changed, with the schemas that its bodies and answers refer to."""
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    schemas = describe([kind for kind in list_declarations() if kind.__name__ in named])
    document.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
    return document


def _is_write(operation: dict[str, Any]) -> bool:
    content = operation["responses"]["200"].get("content", {})
    return any(one.get("schema") == reference(WriteAnswer) for one in content.values())


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


_GROUPS = (
    commits,
    staged,
    holding,
    restore,
    applications,
    environments,
    sources,
    files,
    diff,
    history,
    problems,
    labels,
)
"""``labels`` comes last: where nothing more is named, what follows its path is a label."""

_PROBLEM: dict[str, Any] = {"content": {MEDIA_TYPE: {"schema": reference(ProblemAnswer)}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client has it already (If-None-Match)."},
    "4XX": {"description": "The request cannot be answered: the problem says why.", **_PROBLEM},
    "5XX": {"description": "A stored file is broken, or the server is.", **_PROBLEM},
}


async def _on_invalid_options(request: Request, error: RequestValidationError) -> Response:
    """Query options that the route's model refuses."""
    fault = error.errors()[0]
    option = str(fault["loc"][-1])
    if fault["type"] != "extra_forbidden":
        return answer_failure(request.scope, InvalidOption(option, fault["msg"]))
    hints = get_type_hints(request.scope["route"].endpoint)
    models = [hint for hint in hints.values() if isinstance(hint, type) and issubclass(hint, Options)]
    return answer_failure(
        request.scope, UnknownOption(option, [name for model in models for name in model.model_fields])
    )


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _with_schemas(_with_headers(super().openapi()))
        return self.openapi_schema


async def _get_openapi(request: Request) -> Response:
    """The OpenAPI document; its paths are beneath where the application stands."""

    def document() -> bytes:
        return render({**request.app.openapi(), "servers": [{"url": prefix_of(request.scope) or "/"}]}) + b"\n"

    return Response(await aside(LIGHT + 1, document), media_type="application/json")


def _prepare(app: FastAPI) -> None:
    """Let be found out now what the first requests would find out on the event loop, in a tenth of a second.

    The framework puts its routes together when it first looks for one, and reads the source of each for its messages;
    another version of it may have no such function.
    """
    scope = {"type": "http", "method": "GET", "path": API, "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(scope)
    describe = getattr(fastapi.routing, "_extract_endpoint_context", None)
    for route in (route for group in _GROUPS for route in group.router.routes):
        if describe and isinstance(route, APIRoute):
            describe(route.endpoint)
    prepare_declarations()


def native_app(service: ConfigService) -> FastAPI:
    """The API of one service. Its documentation is the OpenAPI document alone: pages for it would need a network.

    May take half a second: call it in a thread.
    """
    app = _Api(
        title="gitconfig-server",
        version="1",
        summary="A configuration server whose database is Git.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={**HANDLERS, RequestValidationError: _on_invalid_options},
    )
    app.state.service = service
    app.add_route(f"{API}/openapi.json", _get_openapi, include_in_schema=False)
    for group in _GROUPS:
        app.include_router(group.router, prefix=API, responses=_RESPONSES, dependencies=[Depends(single_options)])
    _prepare(app)
    return app

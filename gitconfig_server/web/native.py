"""The native API under ``/api/v1``: a FastAPI application made of the route groups."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import Depends, FastAPI

from gitconfig_server.service.base import ConfigService
from gitconfig_server.web import (
    applications,
    commit_details,
    commits,
    diff,
    environments,
    files,
    history,
    labels,
    problem_pages,
    rollback,
    sources,
    staged,
)
from gitconfig_server.web.handlers import HANDLERS
from gitconfig_server.web.models import ProblemAnswer
from gitconfig_server.web.openapi_document import with_headers
from gitconfig_server.web.options import single_options
from gitconfig_server.web.problems import API, MEDIA_TYPE

GROUPS = (
    commits,
    staged,
    rollback,
    applications,
    environments,
    sources,
    files,
    diff,
    history,
    commit_details,
    problem_pages,
    labels,
)
"""``labels`` comes last: where nothing more is named, what follows its path is a label."""

_PROBLEM: dict[str, Any] = {"content": {MEDIA_TYPE: {"schema": ProblemAnswer.model_json_schema()}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client has it already (If-None-Match)."},
    "4XX": {"description": "The request cannot be answered: the problem says why.", **_PROBLEM},
    "5XX": {"description": "A stored file is broken, or the server is.", **_PROBLEM},
}

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = with_headers(super().openapi())
        return self.openapi_schema


def native_app(service: ConfigService, lifespan: Lifespan | None = None) -> FastAPI:
    """The API of one service. Its documentation is the OpenAPI document alone: pages for it would need a network."""
    app = _Api(
        title="gitconfig-server",
        version="1",
        summary="A configuration server whose database is Git.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        exception_handlers=HANDLERS,
    )
    app.state.service = service
    for group in GROUPS:
        app.include_router(group.router, prefix=API, responses=_RESPONSES, dependencies=[Depends(single_options)])
    return app

"""Answers to errors, in the form the face that was called speaks."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

import structlog
from starlette.responses import Response
from starlette.types import Scope

from gitconfig_server.errors import GitConfigError
from gitconfig_server.web.mounting import prefix_of
from gitconfig_server.web.problems.documents import UNEXPECTED, describe_for, problem, status_of
from gitconfig_server.web.problems.refusals import MethodNotAllowed, Unauthenticated
from gitconfig_server.wire.json import render
from gitconfig_server.wire.problems import API, describe_problem

log = structlog.get_logger()


def answer_failure(scope: Scope, error: GitConfigError) -> Response:
    """The answer to an error: a problem document under ``/api/v1``, Boot's error JSON elsewhere."""
    status = status_of(error)
    if status >= 500 or error.public != str(error):
        log.warning("failed", code=error.code, error=str(error))
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = error.challenge
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    if _is_api(scope):
        return problem(describe_for(error, scope["path"], prefix_of(scope)), headers)
    return _boot_error(scope, status, error.public, headers)


def answer_unexpected(scope: Scope) -> Response:
    """The answer where something broke that nobody foresaw: the cause is for the log alone."""
    detail = f"unexpected failure; the server's log has it under request {scope['state']['request_id']}"
    headers = {"Cache-Control": "no-store"}
    if _is_api(scope):
        return problem(describe_problem(UNEXPECTED, 500, detail, scope["path"], prefix_of(scope)), headers)
    return _boot_error(scope, 500, detail, headers)


def _boot_error(scope: Scope, status: int, message: str, headers: dict[str, str]) -> Response:
    """Spring Boot's error JSON, always with its ``message``: the Java client shows it to its user."""
    body = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "status": status,
        "error": HTTPStatus(status).phrase,
        "message": message,
        "path": prefix_of(scope) + scope["path"],
    }
    return Response(render(body), status, headers, media_type="application/json")


def _is_api(scope: Scope) -> bool:
    path: str = scope["path"]
    return path == API or path.startswith(API + "/")

"""From exceptions to answers: the handlers that every application of this floor is made with."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.errors import GitConfigError, InvalidInput
from gitconfig_server.web.manners.methods import allowed_methods
from gitconfig_server.web.problems.failures import answer_failure, answer_unexpected
from gitconfig_server.web.problems.refusals import MethodNotAllowed, RouteNotFound


async def _on_error(request: Request, error: GitConfigError) -> Response:
    """Our own errors."""
    return answer_failure(request.scope, error)


async def on_http_error(request: Request, error: HTTPException) -> Response:
    """The framework's errors: no such route, no such verb, or ours in disguise (raised while it read a body)."""
    if isinstance(error.__cause__, GitConfigError):
        return answer_failure(request.scope, error.__cause__)
    if error.status_code == 404:
        return answer_failure(request.scope, RouteNotFound(request.scope["path"]))
    if error.status_code == 405:
        allowed = allowed_methods(request.app.routes, request.scope)
        return answer_failure(request.scope, MethodNotAllowed(request.method, allowed))
    return answer_failure(request.scope, InvalidInput(error.detail))


async def on_unexpected(request: Request, _: Exception) -> Response:
    """Anything else; the server logs it."""
    return answer_unexpected(request.scope)


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    GitConfigError: _on_error,
    HTTPException: on_http_error,
    Exception: on_unexpected,
}

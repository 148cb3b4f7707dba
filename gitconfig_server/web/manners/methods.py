"""Verbs, the same on every route: HEAD wherever GET is, OPTIONS everywhere, 405 with all that is possible."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Methods:
    """Stands in front of an application made of ``routes``, whose GET routes then answer HEAD and OPTIONS too."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope.get("method")
        # RFC 9110, 9.3.2: the headers that GET would have, so GET is asked.
        if method == "HEAD":
            await self._app(dict(scope, method="GET"), receive, _without_body(send))
        elif method == "OPTIONS" and (allowed := allowed_methods(self._routes, scope)):
            await Response(headers={"Allow": ",".join(allowed)})(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def allowed_methods(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """The verbs that some route has for this path; the framework's own 405 names those of the first route alone."""
    found = {
        method for method in _VERBS for route in routes if route.matches(dict(scope, method=method))[0] is Match.FULL
    }
    if not found:
        return []
    found |= {"OPTIONS", "HEAD"} if "GET" in found else {"OPTIONS"}
    return [method for method in _VERBS if method in found]


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = dict(message, body=b"")
        await send(message)

    return send_head

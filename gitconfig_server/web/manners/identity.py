"""Who is calling: asked once a request, in front of everything that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from gitconfig_server.model.principals import ANONYMOUS, Principal

_CALLER = "gitconfig.caller"

RawHeaders = Iterable[tuple[bytes, bytes]]


def identify(headers: RawHeaders) -> Principal:
    """The caller, of nothing but the headers: equal ones are equal callers. An open server does not ask."""
    return ANONYMOUS


class Identify:
    """Puts the caller into the scope, where ``caller_of`` finds it."""

    def __init__(self, app: ASGIApp, identify: Callable[[RawHeaders], Principal] = identify) -> None:
        self.wrapped = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_CALLER] = self._identify(scope["headers"])
        await self.wrapped(scope, receive, send)


def caller_of(scope: Scope) -> Principal:
    """Who sent the request; nobody in particular where nobody was asked."""
    found: Principal = scope.get(_CALLER, ANONYMOUS)
    return found

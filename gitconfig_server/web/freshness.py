"""The header that says how old an answer is, while the upstream repository cannot be asked."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gitconfig_server.web.whole_answers import EXTENSION

HEADER = b"config-upstream-age"


class UpstreamAge:
    """Wraps the whole application; ``age`` answers None while there is nothing to say, and is asked at each request."""

    def __init__(self, app: ASGIApp, age: Callable[[], str | None]) -> None:
        self._app = app
        self._age = age

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        age = self._age() if scope["type"] == "http" else None
        if age is None:
            await self._app(scope, receive, send)
            return
        header = (HEADER, age.encode())

        async def send_with_age(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = dict(message, headers=[*message.get("headers", ()), header])
            await send(message)

        # an answer whose headers are encoded beforehand would go past us
        extensions = {name: value for name, value in (scope.get("extensions") or {}).items() if name != EXTENSION}
        await self._app(dict(scope, extensions=extensions), receive, send_with_age)

"""One log line for each request."""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("gitconfig_server.access")


class AccessLog:
    """Logs method, path, status and milliseconds; the query string stays out, it may hold what nobody should read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            path = scope.get("raw_path", b"").decode("latin-1")
            client = (scope.get("client") or [""])[0]
            log.info("request", method=scope["method"], path=path, status=status, ms=took, client=client)

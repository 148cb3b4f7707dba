"""Telling others of each request that has been answered: the log line among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from http import HTTPStatus

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Hearer = Callable[[Scope, int, float], None]
"""Is told the scope, the status (0: none was sent) and the seconds that the answer took."""


class Finished:
    """Calls ``hearers`` after each request, answered or not."""

    def __init__(self, app: ASGIApp, hearers: Sequence[Hearer]) -> None:
        self._app = app
        self._hearers = hearers

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
        # Also where the answer failed or the client left: a request without a line in the log is the one looked for.
        finally:
            took = time.perf_counter() - started
            for hear in self._hearers:
                hear(scope, status, took)


log = structlog.get_logger("gitconfig_server.access")


def log_requests(quiet: Collection[str] = ()) -> Hearer:
    """Log method, path, status and milliseconds; the query string stays out, it may hold what nobody should read.

    Requests to ``quiet`` paths, which probes ask for all the time, are told at the level ``debug``.
    """

    def log_request(scope: Scope, status: int, seconds: float) -> None:
        path = scope.get("raw_path", b"").decode("latin-1")
        client = (scope.get("client") or [""])[0]
        say = log.debug if scope["path"] in quiet and status < HTTPStatus.BAD_REQUEST else log.info
        say("request", method=scope["method"], path=path, status=status, ms=round(seconds * 1000, 1), client=client)

    return log_request

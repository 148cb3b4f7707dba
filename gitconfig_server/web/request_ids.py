"""Every request has an id: the caller's ``X-Request-Id`` where it is sane, else a new one."""

from __future__ import annotations

import re
from random import getrandbits

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

HEADER = "X-Request-Id"
_SANE = re.compile(rb"[A-Za-z0-9._~+/=:-]{1,128}")


class RequestIds:
    """Puts the id into ``scope["state"]``, the log and the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = name_request(Headers(scope=scope).get(HEADER, "").encode("latin-1")).decode()
        scope.setdefault("state", {})["request_id"] = request_id
        bind_contextvars(request_id=request_id)  # stays: each request has its own task, and uvicorn logs after us

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


def name_request(given: bytes) -> bytes:
    """The id of a request that brought ``given``. A made one is no secret, so it costs no system call."""
    return given if given and _SANE.fullmatch(given) else b"%016x" % getrandbits(64)

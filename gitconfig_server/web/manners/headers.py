"""Headers of every answer: the request's id, the age of a followed remote, and what keeps browsers safe."""

from __future__ import annotations

import re
from asyncio import Task
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from gitconfig_server.web.direct import EXTENSION, Direct, DirectAnswer, Reply, direct_of, make_id

_REQUEST_ID = "X-Request-Id"
_SANE = re.compile(rb"[A-Za-z0-9._~+/=:-]{1,128}")


class RequestIds:
    """Puts the id into ``scope["state"]``, the log and the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = name_request(Headers(scope=scope).get(_REQUEST_ID, "").encode("latin-1")).decode()
        scope.setdefault("state", {})["request_id"] = request_id
        bind_contextvars(request_id=request_id)  # stays: each request has its own task, and uvicorn logs after us

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[_REQUEST_ID] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


def sane_id(given: bytes) -> bytes:
    """``given`` where it may be the id of its request, else empty."""
    return given if given and _SANE.fullmatch(given) else b""


def name_request(given: bytes) -> bytes:
    """The id of a request that brought ``given``."""
    return sane_id(given) or make_id()


UPSTREAM_AGE = b"config-upstream-age"
STORAGE_AGE = b"config-storage-age"
AGE = b"age"


class TellAge:
    """Wraps the whole application; ``age`` answers None while there is nothing to say, and is asked at each request.

    ``names`` are the headers that tell it.
    """

    def __init__(self, app: ASGIApp, age: Callable[[], str | None], *names: bytes) -> None:
        self._app = app
        self._age = age
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        age = self._age() if scope["type"] == "http" else None
        if age is None:
            await self._app(self._only_while_fresh(scope), receive, send)
            return

        async def send_with_age(message: Message) -> None:
            if message["type"] == "http.response.start" and (now := self._age()) is not None:
                told = [(name, now.encode()) for name in self._names]
                message = dict(message, headers=[*message.get("headers", ()), *told])
            await send(message)

        # an answer whose headers are encoded beforehand would go past us
        extensions = {name: value for name, value in (scope.get("extensions") or {}).items() if name != EXTENSION}
        await self._app(dict(scope, extensions=extensions), receive, send_with_age)

    def _only_while_fresh(self, scope: Scope) -> Scope:
        """What is remembered of this request is not to be given again once there is an age to tell."""
        direct = direct_of(scope)
        if direct is None:
            return scope
        return dict(scope, extensions={**scope["extensions"], EXTENSION: _FreshDirect(direct, scope, self._age)})


class _FreshDirect:
    """A ``Direct`` for a copy of the scope that ``direct`` knows."""

    def __init__(self, direct: Direct, known: Scope, age: Callable[[], str | None]) -> None:
        self._direct = direct
        self._known = known
        self._age = age

    def send_whole(self, _: Scope, status: int, head: bytes, body: bytes) -> bool:
        return self._direct.send_whole(self._known, status, head, body)

    def remember(self, _: Scope, answer: DirectAnswer) -> None:
        self._direct.remember(self._known, _FreshAnswer(answer, self._age))


class _FreshAnswer:
    """An answer that is given no longer once there is an age to tell."""

    def __init__(self, answer: DirectAnswer, age: Callable[[], str | None]) -> None:
        self.given_id = answer.given_id
        self._answer = answer
        self._age = age

    def reply(self) -> Reply | None:
        return self._answer.reply() if self._age() is None else None

    def ready(self) -> None:
        """Nothing says beforehand when there is an age to tell."""

    def renewal(self) -> Task[object] | None:
        return self._answer.renewal() if self._age() is None else None


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


class SecurityHeaders:
    """Adds the headers to every response that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)

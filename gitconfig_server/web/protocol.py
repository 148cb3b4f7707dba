"""uvicorn's HTTP/1.1 protocol with bounds on what one connection may take, and answers encoded beforehand.

uvicorn waits for a head or a body for ever and takes heads of any size; ``Limits`` says how long and how large here.
It also checks, lowers and joins every header of every answer, which costs as much as all else it does for a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gitconfig_server.settings.groups import Limits

SendWhole = Callable[[Scope, int, bytes, bytes], bool]
"""Of a request's scope: status, head and body. Answers whether that was sent; where not, nothing was."""

EXTENSION = "gitconfig.whole"
"""Its key in a scope's ``extensions``."""


def encode_headers(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they go on the wire, without the empty line behind them."""
    return b"".join([b"%s: %s\r\n" % header for header in headers])


def whole_sender(scope: Scope) -> SendWhole | None:
    """The server's way to send a complete answer, where it has one."""
    extensions = scope.get("extensions")
    found: SendWhole | None = extensions.get(EXTENSION) if extensions else None
    return found


def send_whole(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> bool:
    """Answer all at once; False, and nothing sent, where the client is gone or does not keep up."""
    if cycle.flow.write_paused or cycle.disconnected or cycle.response_started:
        return False
    cycle.response_started = cycle.response_complete = True
    closing = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    cycle.transport.write(b"".join((STATUS_LINE[status], encode_headers(cycle.default_headers), head, closing)))
    if body:
        cycle.transport.write(body)
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


SLOWEST = 1024
"""Bytes a second that a request body must bring."""


class Stage(Enum):
    """What a connection waits for."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"


class _Nowhere(list[tuple[bytes, bytes]]):
    """Headers that are dropped."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        pass


_NOWHERE = _Nowhere()


class BoundedConfig(uvicorn.Config):
    """uvicorn's configuration with our limits beside it."""

    limits: Limits


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Needs a BoundedConfig."""

    def __init__(
        self,
        config: BoundedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = config.limits
        self._stage = Stage.NOTHING
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._in_head = True
        self._in_body = False
        self._waited = 0  # bytes that came for the present stage; of a body, in the present window
        self._begun = False  # a request has begun since the deadline was armed
        self._chunk = 0
        self._split = False  # the head began in an earlier chunk
        self._too_long = False
        self._extensions = {EXTENSION: self._send_whole}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 2 * self._limits.connections:
            transport.abort()
        elif len(self.connections) > self._limits.connections:
            self.app = overloaded
        self._follow()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._deadline, self._stall):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        waiting = self._in_head
        self._chunk, self._split = len(data), True
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_body or (waiting and self._in_head):
            self._waited += len(data)
        if self._in_head and self._waited > self._limits.header_bytes:
            self._refuse(431)
        else:
            self._follow()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._waited = 0
        self._begun = True
        self._split = False

    def on_headers_complete(self) -> None:
        limit = self._limits.header_bytes
        if (self._split or self._chunk > limit) and self._head_bytes() > limit:
            self._too_long = True
            raise ValueError("request head over the limit")  # stops the parser, which has send_400_response called
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item]  # its types know ASGI's own alone
        super().on_headers_complete()
        self._in_head, self._in_body, self._waited = False, True, 0
        self.headers = _NOWHERE  # the request has its own; what comes behind a body are trailers, which nobody reads

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def _send_whole(self, scope: Scope, status: int, head: bytes, body: bytes) -> bool:
        """As ``whole_answers.send_whole``; requests that were pipelined are answered the usual way."""
        return self.cycle.scope is scope and send_whole(self.cycle, status, head, body)

    def send_400_response(self, msg: str) -> None:
        self._refuse(431 if self._too_long else 400)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall = self.loop.call_later(self._limits.response_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall:
            self._stall.cancel()

    def _follow(self) -> None:
        """Arm the deadline of what the connection waits for now."""
        if self._stage is Stage.NOTHING and not self._in_head and not self._in_body:
            return
        stage = Stage.HEAD if self._in_head else Stage.BODY if self._in_body else Stage.NOTHING
        if stage is not self._stage or self._begun:
            self._stage, self._begun = stage, False
            self._arm()

    def _arm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        if self._stage is not Stage.NOTHING:
            seconds = self._limits.header_seconds if self._stage is Stage.HEAD else self._limits.body_seconds
            self._deadline = self.loop.call_later(seconds, self._overdue)

    def _overdue(self) -> None:
        if self._stage is Stage.BODY and self._is_moving():
            self._waited = 0
            self._arm()
        else:
            self._refuse(408)

    def _is_moving(self) -> bool:
        """Whether the body came fast enough, or waits for us. Once it is answered, nobody needs the rest of it."""
        if self.cycle.response_complete:
            return False
        waits_for_us = self.flow.read_paused or self.cycle.waiting_for_100_continue
        return waits_for_us or self._waited >= SLOWEST * self._limits.body_seconds

    def _refuse(self, status: int) -> None:
        """Close, with a word to the client where it waits for one."""
        unused = status == 408 and not self._waited
        if self._is_asking() and not unused:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _is_asking(self) -> bool:
        """Whether the request that is coming in is the one to be answered next, and nothing of its answer is out."""
        if self._in_body:
            return not self.cycle.response_started and not self.pipeline
        return self.cycle is None or self.cycle.response_complete


async def overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    """What connections over the limit are told."""
    headers = [(b"retry-after", b"1"), (b"connection", b"close"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

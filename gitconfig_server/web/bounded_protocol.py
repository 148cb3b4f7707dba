"""uvicorn's HTTP/1.1 protocol with bounds on what one connection may take.

uvicorn waits for a head or a body for ever and takes heads of any size; ``Limits`` says how long and how large here.
This file and ``protocol`` are the two that know uvicorn's inside, whose minor version is therefore pinned.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from gitconfig_server.settings.groups import Limits
from gitconfig_server.web.deadlines import SLOWEST, ReaderWatch, Stage, StageDeadline
from gitconfig_server.wire.upgrades import comes_again, feed

HEAD_END = b"\r\n\r\n"
"""What a request's head ends in."""

_AROUND_HEADER = 3
"""Bytes that a header takes at least beside its name and value: the colon and the end of its line."""


class _Nowhere(list[tuple[bytes, bytes]]):
    """Headers that are dropped."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        pass


_NOWHERE = _Nowhere()


class BoundedProtocol(HttpToolsProtocol):
    """One connection, each stage of which has a deadline and a size."""

    def __init__(
        self,
        config: uvicorn.Config,
        limits: Limits,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self._limits = limits
        self._deadline = StageDeadline(self.loop, limits, self._overdue)
        self._reader = ReaderWatch(self.loop, limits.response_seconds)
        self._in_head = True
        self._in_body = False
        self._waited = 0  # bytes that came for the present stage; of a body, in the present window
        self._begun = False  # a request has begun since the deadline was armed
        self._chunk = 0
        self._split = False  # the head began in an earlier chunk
        self._too_long = False
        self._begins = True  # the next byte is the first of a request, or a line end before it
        self._heads = 0  # how many requests began in the present chunk
        self._body_bytes = 0  # of the last request in the present chunk

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 2 * self._limits.connections:
            transport.abort()
        elif len(self.connections) > self._limits.connections:
            self._turn_away()
        self._follow()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        self._reader.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._parse(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reader.begin(self.transport)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reader.end()

    def _turn_away(self) -> None:
        """Answer whatever it asks that there are too many."""
        self.app = _overloaded

    def _parse(self, data: bytes) -> None:
        self._chunk, self._split, self._heads, self._body_bytes = len(data), True, 0, 0
        self._unset_keepalive_if_required()
        try:
            feed(self, data)
        except httptools.HttpParserError as error:
            self.logger.warning("what is no HTTP request was refused: %s", error.__context__ or error)
            self._refuse(431 if self._too_long else 400)
        if self.transport.is_closing():
            return
        if self._in_body or (self._in_head and not self._heads):
            self._waited += len(data)
        elif self._in_head:
            self._waited = len(data) - max(data.rfind(HEAD_END) + len(HEAD_END), 0) - self._body_bytes
        if self._in_head and self._waited > self._limits.header_bytes:
            self._refuse(431)
        else:
            self._follow()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._waited = 0
        self._begun, self._begins = True, False
        self._heads += 1
        self._split = False

    def on_headers_complete(self) -> None:
        limit = self._limits.header_bytes
        if (self._split or self._chunk > limit) and self._head_bytes() > limit:
            self._too_long = True
            raise ValueError("request head over the limit")  # stops the parser
        if comes_again(self.parser):
            return
        super().on_headers_complete()
        self._in_head, self._in_body, self._waited, self._body_bytes = False, True, 0, 0
        self.headers = _NOWHERE  # the request has its own; what comes behind a body are trailers, which nobody reads

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + _AROUND_HEADER for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if comes_again(self.parser):
            self._heads -= 1
            return
        self._in_body, self._begins = False, True
        super().on_message_complete()

    def _follow(self) -> None:
        """Arm the deadline of what the connection waits for now."""
        if self._deadline.stage is Stage.NOTHING and not self._in_head and not self._in_body:
            return
        stage = Stage.HEAD if self._in_head else Stage.BODY if self._in_body else Stage.NOTHING
        if stage is not self._deadline.stage or self._begun:
            self._begun = False
            self._deadline.enter(stage)

    def _overdue(self) -> None:
        if self._deadline.stage is Stage.BODY and self._is_moving():
            self._waited = 0
            self._deadline.renew()
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


async def _overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    """What connections over the limit are told."""
    headers = [(b"retry-after", b"1"), (b"connection", b"close"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

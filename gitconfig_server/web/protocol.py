"""uvicorn's HTTP/1.1 protocol with bounds on what one connection may take, and with known requests answered at once.

uvicorn waits for a head or a body for ever and takes heads of any size; ``Limits`` says how long and how large here.
Parsing, a task, an ASGI cycle and checking every header cost several times what a known answer needs (``direct``).
This is the one file that knows uvicorn's inside, whose minor version is therefore pinned.
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
from gitconfig_server.web.direct import EXTENSION, LONGEST_REQUEST, DirectAnswer, KnownRequests, Opening, make_id
from gitconfig_server.wire.upgrades import comes_again, feed

_HEAD_END = b"\r\n\r\n"
_WAITS = 4
"""How often a request waits for its answer to be renewed, before it is parsed, which costs the loop more."""

_AROUND_HEADER = 3
"""Bytes that a header takes at least beside its name and value: the colon and the end of its line."""


class _Nowhere(list[tuple[bytes, bytes]]):
    """Headers that are dropped."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        pass


_NOWHERE = _Nowhere()


class BoundedConfig(uvicorn.Config):
    """uvicorn's configuration, and what all connections of a server share."""

    def __init__(self, app: Any, limits: Limits, known_bytes: int, **options: Any) -> None:
        super().__init__(app, http=BoundedProtocol, ws="none", **options)
        self.limits = limits
        self._known_bytes = known_bytes

    def load(self) -> None:
        """Also make what is not to cross over to another process, as this configuration does."""
        super().load()
        self.known = KnownRequests(self._known_bytes)
        self.opening = Opening(STATUS_LINE)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Needs a BoundedConfig. Offers itself to the application as ``Direct``."""

    __slots__ = ("answered_at", "rests", "write")

    def __init__(
        self,
        config: BoundedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = config.limits
        self._deadline = StageDeadline(self.loop, self._limits, self._overdue)
        self._reader = ReaderWatch(self.loop, self._limits.response_seconds)
        self._in_head = True
        self._in_body = False
        self._waited = 0  # bytes that came for the present stage; of a body, in the present window
        self._begun = False  # a request has begun since the deadline was armed
        self._chunk = 0
        self._split = False  # the head began in an earlier chunk
        self._too_long = False
        self._extensions = {EXTENSION: self}
        self._known = config.known
        self._opening = config.opening
        self._begins = True  # the next byte is the first of a request, or a line end before it
        self._heads = 0  # how many requests began in the present chunk
        self._body_bytes = 0  # of the last request in the present chunk
        self._whole = b""  # the present chunk, where it began with a request and nothing else was waiting
        self._held = b""  # requests that wait for an answer to be renewed; nothing is read meanwhile
        self._waits = 0  # how often they may wait again, where refs have moved meanwhile
        self.answered_at = 0.0  # when the last known request was answered
        self.rests = False  # that was the last thing that happened here
        self.data_received = self._known.receiver(self)  # type: ignore[assignment]  # mypy takes it for the method's

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.write = transport.write
        if len(self.connections) > 2 * self._limits.connections:
            transport.abort()
        elif len(self.connections) > self._limits.connections:
            self.app, self._known = _overloaded, KnownRequests(0)
        self._follow()

    @property
    def has_asked(self) -> bool:
        """Whether a request has come in, whole or as far as its head."""
        return self.answered_at > 0 or self.cycle is not None

    def connection_lost(self, exc: Exception | None) -> None:
        self._held, self.rests = b"", False
        self._deadline.cancel()
        self._reader.end()
        super().connection_lost(exc)
        if not self.connections:
            self._known.settle()

    def receive(self, data: bytes) -> None:
        """Answer what is known; whatever comes behind it goes uvicorn's way."""
        if self._held:
            self._held += data
        else:
            self._receive(data, _WAITS)

    def _receive(self, data: bytes, waits: int) -> None:
        self._whole = b""
        if self._begins and (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
            if self._answer_known(data):
                return
            data = data[self._answer_pipelined(data) :]
            if waits and self._wait(data):
                self._waits = waits - 1
                return
            self._whole = data
        if data:
            self._parse(data)

    def _wait(self, data: bytes) -> bool:
        """Hold back a request whose answer is being renewed: one hop for all is cheaper than parsing each of them."""
        answer = self._known.get(data[: data.find(_HEAD_END) + len(_HEAD_END)])
        renewal = None if answer is None or self.flow.write_paused else answer.renewal()
        if renewal is None:
            return False
        self._held, self.rests = data, False
        self.answered_at = self.loop.time()
        self.flow.pause_reading()
        self._in_head = False
        self._follow()
        renewal.add_done_callback(self._go_on)
        return True

    def _go_on(self, _: object = None) -> None:
        """What was held back goes its way, which is uvicorn's where it is still not known."""
        held, self._held = self._held, b""
        if held and not self.transport.is_closing():
            self.flow.resume_reading()
            self._receive(held, self._waits)

    def _answer_known(self, request: bytes) -> bool:
        if self.flow.write_paused or (said := self._known.give(request) or self._make(request)) is None:
            return False
        self.rests = True  # before who reads too slowly may stop it
        self.transport.write(said)
        self.answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._rest()
        return True

    def _make(self, request: bytes) -> bytes | None:
        """The answer to a known request; it is ready then for who asks next."""
        answer, added = self._known.get(request), self.server_state.default_headers
        if answer is None or (reply := answer.reply()) is None:
            return None
        self._known.make_ready(request, answer, self._opening, added)
        opening = self._opening.encode(reply.status, added)
        return b"".join((opening, reply.head, answer.given_id or make_id(), _HEAD_END, reply.body))

    def _answer_pipelined(self, data: bytes) -> int:
        """Answer the requests that ``data`` begins with, as far as they are known; how many bytes those took."""
        done = 0
        while (end := data.find(_HEAD_END, done) + len(_HEAD_END)) >= len(_HEAD_END) and (done or end < len(data)):
            if not self._answer_known(data[done:end]):
                break
            done = end
        return done

    def _rest(self) -> None:
        """Wait for the next request, as after an answer of uvicorn's."""
        self._in_head = False
        self._follow()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close, unless a known request was answered since the timer was set: those leave it as it is."""
        left = self.answered_at + self.timeout_keep_alive - self.loop.time()
        if self._held:
            left = self.timeout_keep_alive
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            self.rests = False
            super().timeout_keep_alive_handler()

    def shutdown(self) -> None:
        """As uvicorn's, once what is held back is on its way."""
        self._waits = 0
        self._go_on()
        self.rests = False
        super().shutdown()

    def send_whole(self, scope: Scope, status: int, head: bytes, body: bytes) -> bool:
        """As ``Direct``; requests that were pipelined are answered the usual way, and so is who does not keep up."""
        cycle = self.cycle
        if cycle.scope is not scope or cycle.response_started or cycle.disconnected or self.flow.write_paused:
            return False
        cycle.response_started = cycle.response_complete = True
        opening = self._opening.encode(status, self.server_state.default_headers)
        closing = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((opening, head, closing, body)))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def remember(self, scope: Scope, answer: DirectAnswer) -> None:
        """As ``Direct``: the chunk must have been this request, all of it, and nothing else."""
        whole = self._whole
        is_alone = self._heads == 1 and self._begins and whole.find(_HEAD_END) == len(whole) - len(_HEAD_END)
        if is_alone and 0 < len(whole) <= LONGEST_REQUEST and self.cycle.scope is scope and self.cycle.keep_alive:
            self._known.remember(whole, answer)

    def _parse(self, data: bytes) -> None:
        self.rests = False
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
            self._waited = len(data) - max(data.rfind(_HEAD_END) + len(_HEAD_END), 0) - self._body_bytes
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
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item]  # its types know ASGI's own alone
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

    def pause_writing(self) -> None:
        self.rests = False
        super().pause_writing()
        self._reader.begin(self.transport)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reader.end()

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
        self.rests = False
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

"""The protocol of a connection: known requests are answered at once, from the socket; all else goes uvicorn's way.

Parsing, a task, an ASGI cycle and checking every header cost several times what a known answer needs (``direct``).
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from gitconfig_server.settings.groups import Limits
from gitconfig_server.web.bounded_protocol import HEAD_END, BoundedProtocol
from gitconfig_server.web.direct import EXTENSION, LONGEST_REQUEST, DirectAnswer, KnownRequests, Opening, make_id

_WAITS = 4
"""How often a request waits for its answer to be renewed, before it is parsed, which costs the loop more."""


class BoundedConfig(uvicorn.Config):
    """uvicorn's configuration, and what all connections of a server share."""

    def __init__(self, app: Any, limits: Limits, known_bytes: int, **options: Any) -> None:
        super().__init__(app, http=DirectProtocol, ws="none", **options)
        self.limits = limits
        self._known_bytes = known_bytes

    def load(self) -> None:
        """Also make what is not to cross over to another process, as this configuration does."""
        super().load()
        self.known = KnownRequests(self._known_bytes)
        self.opening = Opening(STATUS_LINE)


class DirectProtocol(BoundedProtocol):
    """One connection. Needs a BoundedConfig. Offers itself to the application as ``Direct``."""

    __slots__ = ("answered_at", "rests", "write")

    def __init__(
        self,
        config: BoundedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, config.limits, server_state, app_state, _loop)
        self._extensions = {EXTENSION: self}
        self._known = config.known
        self._opening = config.opening
        self._whole = b""  # the present chunk, where it began with a request and nothing else was waiting
        self._held = b""  # requests that wait for an answer to be renewed; nothing is read meanwhile
        self._waits = 0  # how often they may wait again, where refs have moved meanwhile
        self.answered_at = 0.0  # when the last known request was answered
        self.rests = False  # that was the last thing that happened here
        self.data_received = self._known.receiver(self)  # type: ignore[assignment]  # mypy takes it for the method's

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.write = transport.write

    @property
    def has_asked(self) -> bool:
        """Whether a request has come in, whole or as far as its head."""
        return self.answered_at > 0 or self.cycle is not None

    def connection_lost(self, exc: Exception | None) -> None:
        self._held, self.rests = b"", False
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
        answer = self._known.get(data[: data.find(HEAD_END) + len(HEAD_END)])
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
        return b"".join((opening, reply.head, answer.given_id or make_id(), HEAD_END, reply.body))

    def _answer_pipelined(self, data: bytes) -> int:
        """Answer the requests that ``data`` begins with, as far as they are known; how many bytes those took."""
        done = 0
        while (end := data.find(HEAD_END, done) + len(HEAD_END)) >= len(HEAD_END) and (done or end < len(data)):
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
        is_alone = self._heads == 1 and self._begins and whole.find(HEAD_END) == len(whole) - len(HEAD_END)
        if is_alone and 0 < len(whole) <= LONGEST_REQUEST and self.cycle.scope is scope and self.cycle.keep_alive:
            self._known.remember(whole, answer)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item]  # its types know ASGI's own alone

    def _turn_away(self) -> None:
        super()._turn_away()
        self._known = KnownRequests(0)

    def _parse(self, data: bytes) -> None:
        self.rests = False
        super()._parse(data)

    def pause_writing(self) -> None:
        self.rests = False
        super().pause_writing()

    def _refuse(self, status: int) -> None:
        self.rests = False
        super()._refuse(status)

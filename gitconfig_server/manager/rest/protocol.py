"""uvicorn's HTTP/1.1 protocol for a guest: answers in one piece, and bounds on what a connection may keep waiting.

uvicorn writes a head and a body apart, which are two system calls, and waits for ever for what does not come.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping, Sequence
from typing import Any, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from gitconfig_server.wire.upgrades import comes_again, feed

EXTENSION = "gitconfig.manager"
"""The key of the connection in the ``extensions`` of a scope."""

LONGEST_HEAD = 64 * 1024
WAITING_SECONDS = 30.0
"""How long a request may take to come in, and a client to read what waits for it."""

_LOOKS = 3
"""How often that is looked at within the time; a timer for each request costs more than one for each connection."""


class Whole(Protocol):
    """A connection, as the request whose scope is given sees it."""

    def send_whole(
        self, scope: MutableMapping[str, Any], status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> bool:
        """Send a complete answer; False, and nothing sent, where that cannot be done now."""


def whole_of(scope: MutableMapping[str, Any]) -> Whole | None:
    """The connection of a request, where this server serves it."""
    extensions = scope.get("extensions")
    found: Whole | None = extensions.get(EXTENSION) if extensions else None
    return found


class GuestProtocol(HttpToolsProtocol):
    """One connection. It is closed where a request, or the reading of an answer, does not get on.

    ``ended`` is done when the connection is gone.
    """

    ended: asyncio.Future[None]

    def __init__(
        self,
        config: Any,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.ended = self.loop.create_future()
        self.access_log = False  # its configuration would switch off that of the service, which may run under uvicorn
        self._extensions = {EXTENSION: self}
        self._in_head = True
        self._head_bytes = 0
        self._since: float | None = None
        self._was_paused = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._timer = self.loop.call_later(WAITING_SECONDS / _LOOKS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            feed(self, data)
        except httptools.HttpParserError as error:
            self.logger.warning("what is no HTTP request was refused: %s", error.__context__ or error)
            self.send_400_response("Invalid HTTP request received.")
        if self._in_head and self._since is not None:
            self._head_bytes += len(data)
            if self._head_bytes > LONGEST_HEAD:
                self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._since, self._head_bytes = self.loop.time(), 0

    def on_headers_complete(self) -> None:
        if comes_again(self.parser):
            return
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item]  # its types know ASGI's own alone
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if comes_again(self.parser):
            return
        self._in_head, self._since = True, None
        super().on_message_complete()

    def send_whole(
        self, scope: MutableMapping[str, Any], status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> bool:
        """As ``Whole``; requests that were pipelined are answered the usual way."""
        cycle = self.cycle
        if cycle.scope is not scope or cycle.response_started or cycle.disconnected or self.flow.write_paused:
            return False
        cycle.response_started = cycle.response_complete = True
        lines = [b"%s: %s\r\n" % header for header in (*self.server_state.default_headers, *headers)]
        closing = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], *lines, closing, body)))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def _look(self) -> None:
        now = self.loop.time()
        if self._since is not None and now - self._since >= WAITING_SECONDS:
            self._refuse(408)
        elif self.flow.write_paused and self._was_paused:
            self.transport.abort()
        if not self.transport.is_closing():
            self._was_paused = self.flow.write_paused
            self._timer = self.loop.call_later(WAITING_SECONDS / _LOOKS, self._look)

    def _refuse(self, status: int) -> None:
        """Close, with a word to the client where nothing of an answer is out."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

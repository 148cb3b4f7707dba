"""Each GET and HEAD that a test makes of an application, once more over the protocol: straight to the full stack, and
through the fast path until the answer comes from the socket. All of these must be the same bytes."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from weakref import WeakKeyDictionary

import httpx
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.policy import OpenPolicy
from gitconfig_server.settings import Limits
from gitconfig_server.storage.base import Sighting
from gitconfig_server.web.answers.counts import Counts
from gitconfig_server.web.answers.fast_path import FastPath
from gitconfig_server.web.protocol import BoundedConfig, DirectProtocol

TIMES = 4
"""Made, given again, taken in at the second sight, given from the socket."""

_VARIES = re.compile(
    rb'x-request-id: [0-9a-f]{16}\r\n|last-modified: [^\r]*\r\n|config-upstream-age: [^\r]*\r\n|"timestamp":"[^"]*"'
    rb'|"(?:seen|age|seconds)":[\d.]+|under request [0-9a-f]{16}'
)
"""Made ids, and times of the answering."""


class BothPaths:
    """Compares; ``from_socket`` counts the answers that went past the application."""

    def __init__(self) -> None:
        self.from_socket = 0
        self.compared = 0
        self._known: WeakKeyDictionary[ASGIApp, tuple[BoundedConfig, BoundedConfig]] = WeakKeyDictionary()

    async def compare(self, app: ASGIApp, request: httpx.Request) -> None:
        """Ask ``app`` on both paths. AssertionError where the answers differ."""
        if (
            request.method not in ("GET", "HEAD")
            or request.headers.get("content-length")
            or request.url.path == "/metrics"
        ):
            return
        full, fast = self._known.get(app) or self._known.setdefault(app, _paths(app))
        wire = b"%s %s HTTP/1.1\r\n" % (request.method.encode(), request.url.raw_path)
        wire += b"".join(b"%s: %s\r\n" % header for header in request.headers.raw) + b"\r\n"
        wanted = await self._ask(full, wire)
        for time in range(TIMES):
            said = await self._ask(fast, wire)
            assert said == wanted, f"{wire!r}, the {time + 1}. time:\n{said!r}\ninstead of\n{wanted!r}"
        self.compared += 1

    async def _ask(self, config: BoundedConfig, wire: bytes) -> bytes:
        wire_end = _Transport()
        protocol = _Protocol(config, _state(), {}, asyncio.get_running_loop())
        protocol.connection_made(wire_end)
        try:
            protocol.data_received(wire)
            async with asyncio.timeout(10):
                await wire_end.begun.wait()
                if protocol.cycle:
                    await protocol.answered.wait()
                else:
                    self.from_socket += 1
                    said = _VARIES.sub(b"", b"".join(wire_end.written))
                    again = self._once_more(protocol, wire_end, wire)
                    assert not again or again == said, f"{wire!r}, at once:\n{again!r}\ninstead of\n{said!r}"
        finally:
            protocol.connection_lost(None)
        return _VARIES.sub(b"", b"".join(wire_end.written))

    def _once_more(self, protocol: _Protocol, wire_end: _Transport, wire: bytes) -> bytes:
        """What a connection that rests after a known answer says at once; nothing where it does not rest."""
        before = len(wire_end.written)
        if protocol.rests:
            protocol.data_received(wire)
        again, wire_end.written = wire_end.written[before:], wire_end.written[:before]
        return _VARIES.sub(b"", b"".join(again)) if protocol.rests else b""


def _paths(app: ASGIApp) -> tuple[BoundedConfig, BoundedConfig]:
    found = app
    while not isinstance(found, FastPath) and hasattr(found, "wrapped"):
        found = found.wrapped
    is_fast = isinstance(found, FastPath)
    full, generation = (found._app, found._ask_generation) if is_fast else (app, lambda: 1)
    sighting = found._sighting if is_fast and found._sighting() else lambda: _sighting(generation)
    fast = FastPath(full, generation, Crossing(), OpenPolicy(), 1 << 22, Counts(), sighting)
    return _config(full), _config(fast)


class _Asking(tuple[int]):
    """A word that is the generation now."""

    generation: Callable[[], int | None]

    def __getitem__(self, _: object) -> int:  # type: ignore[override]
        return self.generation() or -1


def _sighting(generation: Callable[[], int | None]) -> Sighting | None:
    now, words = generation(), _Asking()
    words.generation = generation
    return None if now is None else Sighting(words, now, now, math.inf, now)


def _config(app: ASGIApp) -> BoundedConfig:
    config = BoundedConfig(app, Limits(), 1 << 22, lifespan="off", log_config=None, proxy_headers=False)
    config.load()
    return config


def _state() -> ServerState:
    state = ServerState()
    state.default_headers = []
    return state


class _Protocol(DirectProtocol):
    """Tells when an answer is complete."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.answered = asyncio.Event()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.answered.set()


class _Transport(asyncio.Transport):
    """Where nothing is sent on, and a client that has no end."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written: list[bytes] = []
        self.begun = asyncio.Event()

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.begun.set()
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """The test's own."""

    def pause_reading(self) -> None:
        """Nothing more comes."""

    def resume_reading(self) -> None:
        """Nothing more comes."""

    def get_write_buffer_size(self) -> int:
        return 0

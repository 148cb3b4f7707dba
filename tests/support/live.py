"""A uvicorn with our protocol in this event loop, and bare connections to it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp
from uvicorn import Server

from gitconfig_server.settings import Limits
from gitconfig_server.web.protocol import BoundedConfig

PATIENCE = 5.0
KNOWN_BYTES = 1 << 20


@dataclass
class Live:
    """A running server."""

    port: int
    server: Server

    config: BoundedConfig
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that the server's end closes too."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, **options)
        self.writers.append(writer)
        return reader, writer

    async def one(self, request: bytes) -> bytes:
        """The answer to one request on a new connection, head and body."""
        reader, writer = await self.connect()
        writer.write(request)
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
        writer.close()
        return head + body

    async def ask(self, request: bytes) -> bytes:
        """All that comes back on a new connection until the server closes it."""
        reader, writer = await self.connect()
        writer.write(request)
        return await heard(reader)


async def heard(reader: asyncio.StreamReader) -> bytes:
    """What the server still says before it closes; nothing where it resets the connection."""
    received = b""
    async with asyncio.timeout(PATIENCE):
        try:
            while chunk := await reader.read(65536):
                received += chunk
        except ConnectionResetError:
            pass
    return received


@asynccontextmanager
async def live(
    app: ASGIApp,
    *,
    stop_seconds: float = 1,
    ssl_certfile: str | None = None,
    ssl_keyfile: str | None = None,
    **limits: float,
) -> AsyncIterator[Live]:
    """``app`` behind the protocol, with the given limits."""
    config = BoundedConfig(
        app,
        Limits(**limits),
        KNOWN_BYTES,
        lifespan="auto",
        log_config=None,
        ssl_certfile=ssl_certfile,
        ssl_keyfile=ssl_keyfile,
        timeout_keep_alive=limits.get("idle_seconds", 5),  # type: ignore[arg-type]
        timeout_graceful_shutdown=stop_seconds,  # type: ignore[arg-type]
    )
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = Server(config)
        running = asyncio.create_task(server.serve([sock]))
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.005)
        one = Live(sock.getsockname()[1], server, config)
        try:
            yield one
        finally:
            for writer in one.writers:
                writer.close()
            server.should_exit = True
            await running

"""Applications called without a network, from their start to their stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
from starlette.types import ASGIApp, Message

_UNTOUCHED = "".join(map(chr, range(0x21, 0x7F)))


@asynccontextmanager
async def started(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client of ``app``, which is told to start now and to stop at the end."""
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    outbox: asyncio.Queue[Message] = asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put))
    await _told(inbox, outbox, "startup")
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client
    finally:
        await _told(inbox, outbox, "shutdown")
        await running


async def _told(inbox: asyncio.Queue[Message], outbox: asyncio.Queue[Message], event: str) -> None:
    await inbox.put({"type": f"lifespan.{event}"})
    answer = await outbox.get()
    assert answer["type"] == f"lifespan.{event}.complete", answer


async def ask(
    client: httpx.AsyncClient,
    path: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> httpx.Response:
    """The answer to a request whose path goes out as it is written, dots and double slashes included."""
    request = client.build_request(method, "http://localhost/", headers=headers, content=body)
    raw = quote(path, safe=_UNTOUCHED).encode()
    request.url = request.url.copy_with(raw_path=raw)
    return await client.send(request)

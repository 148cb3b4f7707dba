"""What takes long to load and is not needed for the first answers: made in a thread, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

T = TypeVar("T")


class Later(Generic[T]):
    """A value that ``make`` makes when it is first asked for, or before that, ``soon``. Safe to use from any thread."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._lock = Lock()

    async def get(self) -> T:
        """The value; whoever asks before it is made waits, and the event loop does not."""
        return self._made[0] if self._made else await anyio.to_thread.run_sync(self._get)

    def soon(self, seconds: float) -> asyncio.TimerHandle:
        """Begin to make it in ``seconds``, when the first answers are out."""
        return asyncio.get_running_loop().call_later(seconds, Thread(target=self._get, daemon=True).start)

    def _get(self) -> T:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


class LaterApp:
    """An application that is made later."""

    def __init__(self, app: Later[ASGIApp]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await self._app.get()
        await app(scope, receive, send)

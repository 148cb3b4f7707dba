"""When to follow: at the start, when somebody asks, and on an interval with jitter; sooner after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import anyio
from msgspec import Struct

FIRST_RETRY, LAST_RETRY = 1.0, 300.0
"""Seconds between tries after a failure: twice as many each time."""

_PAUSE = 0.5
"""Seconds between rounds that somebody asks for, however often that is."""


class Schedule(Struct, frozen=True):
    """``refresh`` seconds between rounds (0: only when asked), each longer or shorter by up to a ``jitter`` part."""

    refresh: float
    jitter: float

    def delay(self, failures: int, chance: Callable[[], float]) -> float | None:
        """Seconds to the next round, None where nothing but a call begins one. ``chance`` answers from 0 to 1.

        A failed round is repeated sooner than the interval says, never later.
        """
        seconds = self.refresh
        if failures:
            retry = min(LAST_RETRY, FIRST_RETRY * 2 ** min(failures - 1, 20))
            seconds = min(retry, seconds or retry)
        return seconds * (1 + self.jitter * (2 * chance() - 1)) if seconds else None


class Bell:
    """Wakes the one who waits, from any thread; rung while nobody waits, it wakes the next, once for all rings.

    Who was woken by it is not woken again within ``pause`` seconds: rings until then count as one.
    """

    def __init__(self, pause: float = _PAUSE) -> None:
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pause = pause
        self._woke = float("-inf")

    def ring(self) -> None:
        """Answers at once."""
        if self._loop is None:
            self._rung.set()
            return
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, seconds: float | None) -> bool:
        """Whether it rang within ``seconds`` (None: however long that takes)."""
        self._loop = asyncio.get_running_loop()
        with anyio.move_on_after(seconds):
            await self._rung.wait()
        if not self._rung.is_set():
            return False
        await anyio.sleep(max(0.0, self._woke + self._pause - self._loop.time()))
        self._woke = self._loop.time()
        self._rung.clear()
        return True

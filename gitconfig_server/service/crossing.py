"""The one place where async code enters synchronous code: worker threads, with writes counted for a clean stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from gitconfig_server.service.rehearsal import rehearsed

P = ParamSpec("P")
T = TypeVar("T")


class Crossing:
    """Runs engine calls in worker threads, at most ``threads`` at once.

    A write that has begun is finished whatever becomes of its caller; ``drain`` waits for those.
    """

    def __init__(self, threads: int = 32) -> None:
        self._threads = threads
        self._limiter: anyio.CapacityLimiter | None = None
        self._writes = 0
        self._idle: anyio.Event | None = None

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """``function(*args, **kwargs)`` in a worker thread; when cancelled, the thread is left to end by itself.

        What has been rehearsed takes no thread.
        """
        call = partial(function, *args, **kwargs)
        if known := rehearsed(call):
            found: T = known()
            return found
        return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=self._workers())

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As ``run``, but begun work is waited for, cancelled or not."""
        with self._writing():
            return await self._stay(lambda: function(*args, **kwargs))

    async def iterate(self, chunks: Iterator[bytes], *, finish: bool = False) -> AsyncGenerator[bytes, None]:
        """The chunks, each made in a worker thread.

        Close it (``contextlib.aclosing``). With ``finish`` it is a write: what is left when the consumer goes away
        is still worked through, unheard.
        """
        if not finish:
            while (chunk := await self._stay(lambda: next(chunks, None))) is not None:
                yield chunk
            return
        with self._writing():
            try:
                while (chunk := await self._stay(lambda: next(chunks, None))) is not None:
                    yield chunk
            finally:
                await self._stay(lambda: sum(1 for _ in chunks))

    async def drain(self) -> None:
        """Return once no write is under way."""
        while self._writes:
            self._idle = anyio.Event()
            await self._idle.wait()

    async def _stay(self, work: Callable[[], T]) -> T:
        """Work that is waited for whoever cancels: a scope of anyio's, or uvicorn cancelling the task at a stop."""
        cancelled: asyncio.CancelledError | None = None
        with anyio.CancelScope(shield=True):
            running = asyncio.ensure_future(anyio.to_thread.run_sync(work, limiter=self._workers()))
            while not running.done():
                try:
                    await asyncio.wait([running])
                except asyncio.CancelledError as error:
                    cancelled = error
        if cancelled:
            raise cancelled
        return running.result()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._writes += 1
        try:
            yield
        finally:
            self._writes -= 1
            if self._idle and not self._writes:
                self._idle.set()

    def _workers(self) -> anyio.CapacityLimiter:
        if self._limiter is None:  # made late: a limiter belongs to the running event loop
            self._limiter = anyio.CapacityLimiter(self._threads)
        return self._limiter


LIGHT = 1000
"""What takes about a millisecond, as ``weigh`` counts; a switch to a thread and back costs a tenth of that."""


def weigh(maps: Iterable[Mapping[str, object]]) -> int:
    """How long work on these maps takes: by their keys, and by the length of these where they are few."""
    found = tuple(maps)
    count = sum(map(len, found))
    return count if count > LIGHT else count + sum(len(key) for one in found for key in one) // 16


async def aside(weight: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``function(*args, **kwargs)``, in a worker thread unless it is light: the event loop belongs to all clients."""
    if weight <= LIGHT:
        return function(*args, **kwargs)
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))

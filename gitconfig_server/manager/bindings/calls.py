"""Calling a service's methods: on its loop or in a thread, with a limit, in one or two phases.

A synchronous method on the loop cannot be stopped; it is watched, and the log tells where it hangs. Everything else
has a real limit: what does not end in time is left behind, and its path is busy until it has ended.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, TypeVar

from msgspec import Struct

from gitconfig_server.manager.bindings.accessors import Style
from gitconfig_server.manager.bindings.branches import BoundAccessor
from gitconfig_server.manager.errors import ApplyAborted, Busy, TimedOut
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.values import Data

_T = TypeVar("_T")

log = logging.getLogger(__name__)

_GRACE = 0.05
"""Seconds that a cancelled accessor gets to end."""
_THREADS = 4
_WATCH_SECONDS = 1.0
_LARGE = 200
"""Values from which on work is done beside the loop."""
_SLICE = 0.002
"""Seconds after which the loop gets a turn."""


class Prepared(Struct):
    """A generator that stands at its ``yield``."""

    found: BoundAccessor
    path: Segments
    generator: Generator[Any, None, None] | AsyncGenerator[Any, None]


class Calls:
    """Calls accessors of one service. ``settled`` gets the path and outcome of one that ended after its limit."""

    def __init__(self, settled: Callable[[Segments, asyncio.Future[Any]], None]) -> None:
        self.inside: set[asyncio.Task[Any]] = set()
        self.lingering: dict[Segments, asyncio.Future[Any]] = {}
        self._settled = settled
        self._threads: ThreadPoolExecutor | None = None
        self._watch = _Watch()
        self._turn = monotonic()

    def start(self) -> None:
        """Watch what runs on this loop."""
        self._watch.start()

    def stop(self) -> None:
        """Let the threads end; what still runs in one is left to it."""
        self._watch.stop()
        for task in self.lingering.values():
            task.cancel()
        if self._threads:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    def check_free(self, path: Segments) -> None:
        """Refuse to touch a path whose accessor has not ended yet, or one above or beneath it: Busy."""
        for one in self.lingering:
            common = min(len(one), len(path))
            if one[:common] == path[:common]:
                raise Busy("an accessor that ran out of time has not ended yet: try again later", join_path(one))

    async def call(self, found: BoundAccessor, path: Segments, values: Sequence[Any] = ()) -> Any:
        """What the accessor gives for the names that it was found with and ``values``."""
        accessor = found.accessor
        arguments = (*found.names, *values)
        if accessor.thread:
            return await self._in_thread(lambda: accessor.call(found.owner, arguments), path, accessor.timeout)
        if accessor.style is Style.COROUTINE:
            return await self._limited(accessor.call(found.owner, arguments), path, accessor.timeout)
        self._watch.current = (path, monotonic(), accessor.timeout)
        try:
            result = accessor.call(found.owner, arguments)
        finally:
            self._watch.current = None
        if hasattr(result, "__await__"):  # a plain function may still give one
            return await self._limited(result, path, accessor.timeout)
        return result

    def begin_turn(self) -> None:
        """The loop has just had its turn."""
        self._turn = monotonic()

    @property
    def is_late(self) -> bool:
        """Whether the loop's last turn is 2 ms ago, so that it is time to ``breathe``."""
        return monotonic() - self._turn > _SLICE

    async def breathe(self) -> None:
        """Give the loop its turn."""
        await asyncio.sleep(0)
        self._turn = monotonic()

    async def apart(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """Run work of our own, which takes time in proportion to the configuration, beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool(), work, *arguments)

    async def beside(self, data: Data, work: Callable[..., _T], *arguments: Any) -> _T:
        """The same, where ``data`` is so large that it is worth it."""
        return await self.apart(work, *arguments) if _is_large(data) else work(*arguments)

    async def prepare(self, found: BoundAccessor, path: Segments, values: Sequence[Any]) -> Prepared:
        """Run a generator to its ``yield``."""
        generator = found.accessor.call(found.owner, (*found.names, *values))
        prepared = Prepared(found, path, generator)
        if not await self._advance(prepared):
            raise RuntimeError(f"{found.accessor.name} ended without a yield: prepare, yield once, then swap")
        return prepared

    async def swap(self, prepared: Prepared) -> None:
        """Run it from the ``yield`` to its end."""
        if await self._advance(prepared):
            raise RuntimeError(f"{prepared.found.accessor.name} has a second yield: prepare, yield once, then swap")

    async def abort(self, prepared: Prepared) -> None:
        """Tell it that nothing will be swapped; what it raises is logged."""
        try:
            if await self._advance(prepared, abort=True):
                log.error("%s went on to a second yield when it was told to abort", prepared.found.accessor.name)
        except ApplyAborted:
            pass
        except Exception:  # nothing was swapped: what its clearing up raises changes no outcome
            log.exception("%s failed when it was told to abort", prepared.found.accessor.name)

    async def _advance(self, prepared: Prepared, *, abort: bool = False) -> bool:
        """Whether the generator stands at a ``yield`` afterwards."""
        accessor, generator = prepared.found.accessor, prepared.generator
        if isinstance(generator, AsyncGenerator):
            step = generator.athrow(ApplyAborted()) if abort else generator.asend(None)
            return bool(await self._limited(_async_step(step), prepared.path, accessor.timeout))
        running = generator

        def advance() -> bool:
            try:
                running.throw(ApplyAborted()) if abort else next(running)
            except StopIteration:
                return False
            return True

        if accessor.thread:
            return bool(await self._in_thread(advance, prepared.path, accessor.timeout))
        self._watch.current = (prepared.path, monotonic(), accessor.timeout)
        try:
            return advance()
        finally:
            self._watch.current = None

    async def _limited(self, work: Awaitable[Any], path: Segments, seconds: float) -> Any:
        task = asyncio.ensure_future(work if isinstance(work, asyncio.Future) else _awaited(work))
        if isinstance(task, asyncio.Task):
            self.inside.add(task)
            task.add_done_callback(self.inside.discard)
        try:
            done, _ = await asyncio.wait([task], timeout=seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=_GRACE)
            if not done:
                self._leave(path, task)
            elif not task.cancelled():
                task.exception()
            raise TimedOut(join_path(path), seconds, lingers=not done)
        return task.result()

    async def _in_thread(self, work: Callable[[], Any], path: Segments, seconds: float) -> Any:
        future = asyncio.get_running_loop().run_in_executor(self._pool(), work)
        done, _ = await asyncio.wait([future], timeout=seconds)
        if not done:
            self._leave(path, future)
            raise TimedOut(join_path(path), seconds, lingers=True)
        return future.result()

    def _pool(self) -> ThreadPoolExecutor:
        self._threads = self._threads or ThreadPoolExecutor(_THREADS, "gitconfig-accessor")
        return self._threads

    def _leave(self, path: Segments, future: asyncio.Future[Any]) -> None:
        log.error("%s: an accessor ran out of time and is still running", join_path(path))
        self.lingering[path] = future
        future.add_done_callback(lambda done: self._end(path, done))

    def _end(self, path: Segments, future: asyncio.Future[Any]) -> None:
        if not future.cancelled():
            future.exception()  # it was reported as out of time
        if self.lingering.get(path) is future:
            del self.lingering[path]
            self._settled(path, future)


class _Watch:
    """Tells in the log where a synchronous accessor hangs, since nothing else can be done about it.

    ``current``: the path of the call that runs now, when it began, and its limit.
    """

    def __init__(self) -> None:
        self.current: tuple[Segments, float, float] | None = None
        self._stop: threading.Event | None = None

    def start(self) -> None:
        """Begin, for the loop of the calling thread."""
        self._stop = threading.Event()
        arguments = (self._stop, threading.get_ident())
        threading.Thread(target=self._look, args=arguments, name="gitconfig-watch", daemon=True).start()

    def stop(self) -> None:
        """End; the thread is gone within a moment."""
        if self._stop:
            self._stop.set()
            self._stop = None

    def _look(self, stop: threading.Event, thread: int) -> None:
        reported: object = None
        while not stop.wait(_WATCH_SECONDS):
            current = self.current
            if current is None or current is reported or monotonic() - current[1] < current[2]:
                continue
            reported = current
            frame = sys._current_frames().get(thread)
            stack = "".join(traceback.format_stack(frame)) if frame else ""
            log.error("%s: a synchronous accessor blocks the service's loop\n%s", join_path(current[0]), stack)


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


async def _async_step(step: Coroutine[Any, Any, Any]) -> bool:
    try:
        await step
    except StopAsyncIteration:
        return False
    return True


def _is_large(data: Data) -> bool:
    """Whether it has many values; no more are counted than are asked for."""
    if not isinstance(data, dict | list):
        return False
    total, left = 0, [data]
    while left and total < _LARGE:
        one = left.pop()
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        total += len(inner)
        left.extend(inner)
    return total >= _LARGE

"""Beginning a coroutine at once: one that never has to wait costs neither a task nor a turn of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def begin(work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
    """Run ``work`` until it waits for the first time; what is left of it is a task of its own.

    Until then it runs on the caller's stack, and in the caller's task: it must not enter anything that remembers its
    task (``asyncio.timeout``, a task group) before it first waits.
    """
    loop = asyncio.get_running_loop()
    try:
        waits_for = work.send(None)
    except StopIteration as ended:
        done: asyncio.Future[T] = loop.create_future()
        done.set_result(ended.value)
        return done
    except Exception as error:
        failed: asyncio.Future[T] = loop.create_future()
        failed.set_exception(error)
        return failed
    return loop.create_task(_carried_on(work, waits_for))


async def _carried_on(work: Coroutine[Any, Any, T], waits_for: Any) -> T:
    result: T = await _rest_of(work, waits_for)
    return result


@coroutine
def _rest_of(work: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """Pass on what ``work`` waits for, and what comes of it, until it ends."""
    try:
        while True:
            try:
                given = yield waits_for
            except BaseException as error:
                waits_for = work.throw(error)
            else:
                waits_for = work.send(given)
    except StopIteration as ended:
        result: T = ended.value
        return result

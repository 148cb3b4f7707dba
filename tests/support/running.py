"""A running tree of a service, for one test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from gitconfig_server.manager.applying.running import RunningTree
from gitconfig_server.manager.nodes.tree import Object

_T = TypeVar("_T")


async def running_of(service: object, *classes: type) -> RunningTree:
    """The tree of a service that runs."""
    running = RunningTree(service, classes, None, Object("running"))
    await running.start()
    return running


def put(value: object) -> Callable[[object], object]:
    """A change to ``value``, whatever stands there."""
    return lambda old: value


async def settled(running: RunningTree) -> None:
    """Return when nothing is unknown any more: the accessor that was late has ended, and its path was seen to."""
    async with asyncio.timeout(10):
        while running.unknowns.paths:  # noqa: ASYNC110 - what is waited for is the service itself
            await asyncio.sleep(0.01)


def scene(service: object, work: Callable[[RunningTree], Awaitable[_T]], *classes: type) -> _T:
    """What ``work`` makes of a service's tree."""

    async def act() -> _T:
        running = await running_of(service, *classes)
        try:
            return await work(running)
        finally:
            running.stop()

    return asyncio.run(act())


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """What a coroutine of a test returns."""
    return asyncio.run(work)

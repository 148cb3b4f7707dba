"""One change at a time, each in a task of its own as soon as it has to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from gitconfig_server.manager.bindings.calls import Calls
from gitconfig_server.manager.eager import begin
from gitconfig_server.manager.errors import ApplyInProgress, Busy

_T = TypeVar("_T")

WAIT_SECONDS = 10.0
"""How long a caller waits for the changes before its own."""


class Turns:
    """The line in which changes wait. ``lock`` is held while one is under way."""

    def __init__(self, calls: Calls) -> None:
        self.lock = asyncio.Lock()
        self._calls = calls
        self._waiting = 0
        self._applying: asyncio.Future[Any] | None = None
        self._is_beginning = False

    @property
    def is_applying(self) -> bool:
        """Whether a change is under way."""
        return self._applying is not None or self._is_beginning

    async def alone(self, work: Callable[[], Coroutine[Any, Any, _T]], *, wait: float = WAIT_SECONDS) -> _T:
        """Run ``work`` while no other change is under way; it goes on in a task of its own where it has to wait."""
        current = asyncio.current_task()
        if self._is_beginning or (current is not None and (current is self._applying or current in self._calls.inside)):
            raise ApplyInProgress("an accessor cannot change its own configuration while that is being applied")
        await self._turn(wait)
        self._is_beginning = True
        self._calls.begin_turn()
        try:
            begun = begin(work())
        finally:
            self._is_beginning = False
        if begun.done():
            self.lock.release()
            return begun.result()
        self._applying = begun
        begun.add_done_callback(self._finished)
        return await asyncio.shield(begun)

    async def idle(self) -> None:
        """Return once no change is under way."""
        while (task := self._applying) is not None:
            await asyncio.wait([task])
            await asyncio.sleep(0)

    async def _turn(self, wait: float) -> None:
        """Hold the lock; Busy where that takes longer than ``wait`` seconds."""
        if not self.lock.locked() and not self._waiting:
            await self.lock.acquire()  # at once: a limit costs more than the change
            return
        self._waiting += 1
        try:
            await asyncio.wait_for(self.lock.acquire(), wait)
        except TimeoutError:
            raise Busy(f"another change has been under way for {wait:g} s: try again") from None
        finally:
            self._waiting -= 1

    def _finished(self, task: asyncio.Future[Any]) -> None:
        self._applying = None
        self.lock.release()
        if not task.cancelled():
            task.exception()  # the caller, if it still waits, gets it from the task

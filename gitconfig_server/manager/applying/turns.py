"""One change at a time, each in a task of its own as soon as it has to wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from gitconfig_server.manager.bindings.calls import Calls
from gitconfig_server.manager.eager import begin
from gitconfig_server.manager.errors import ApplyInProgress, Busy

_T = TypeVar("_T")

WAIT_SECONDS = 10.0
"""How long a caller waits for the changes before its own."""

_Work = Callable[[], Coroutine[Any, Any, Any]]


class _Waiting(Struct):
    """A change that waits, and the context of its caller, in which it is to run."""

    work: _Work
    context: Context
    answer: asyncio.Future[Any]
    timer: asyncio.TimerHandle | None


class Turns:
    """The line in which changes wait.

    Whatever ends a change begins those that wait, one after the other, until one has to wait itself: were each of them
    woken for its turn, a line would never come to its end where callers come as fast as they are served.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._line: deque[_Waiting] = deque()
        self._applying: asyncio.Future[Any] | None = None
        self._is_beginning = False

    @property
    def is_applying(self) -> bool:
        """Whether a change is under way."""
        return self._applying is not None or self._is_beginning

    async def alone(self, work: Callable[[], Coroutine[Any, Any, _T]], *, wait: float | None = WAIT_SECONDS) -> _T:
        """Run ``work`` while no other change is under way; it goes on in a task of its own where it has to wait.

        Busy where its turn does not come within ``wait`` seconds (None: it waits as long as that takes).
        """
        if self._is_beginning or self._is_within():
            raise ApplyInProgress("an accessor cannot change its own configuration while that is being applied")
        if self._applying is not None:
            found: _T = await self._wait(work, wait)
            return found
        self._calls.begin_turn()
        begun = self._begin(work)
        return begun.result() if begun.done() else await asyncio.shield(begun)

    async def idle(self) -> None:
        """Return once no change is under way."""
        while (task := self._applying) is not None:
            await asyncio.wait([task])
            await asyncio.sleep(0)

    def _is_within(self) -> bool:
        """Whether the caller is an accessor that a change under way has called."""
        if self._applying is None and not self._calls.inside:
            return False
        current = asyncio.current_task()
        return current is not None and (current is self._applying or current in self._calls.inside)

    def _begin(self, work: _Work) -> asyncio.Future[Any]:
        self._is_beginning = True
        try:
            begun = begin(work())
        finally:
            self._is_beginning = False
        if not begun.done():
            self._applying = begun
            begun.add_done_callback(self._finished)
        return begun

    async def _wait(self, work: _Work, wait: float | None) -> Any:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        timer = None if wait is None else loop.call_later(wait, _give_up, answer, wait)
        self._line.append(_Waiting(work, copy_context(), answer, timer))
        return await answer

    def _finished(self, task: asyncio.Future[Any]) -> None:
        self._applying = None
        if not task.cancelled():
            task.exception()  # the caller, if it still waits, gets it from the task
        self._calls.begin_turn()
        while self._line and self._applying is None:
            self._begin_next(self._line.popleft())

    def _begin_next(self, one: _Waiting) -> None:
        if one.answer.done():
            return  # its caller waits no more
        if one.timer is not None:
            one.timer.cancel()
        try:
            begun = one.context.run(self._begin, one.work)
        except asyncio.CancelledError:
            one.answer.cancel()
            return
        if begun.done():
            _tell(one.answer, begun)
        else:
            begun.add_done_callback(partial(_tell, one.answer))


def _give_up(answer: asyncio.Future[Any], wait: float) -> None:
    if not answer.done():
        answer.set_exception(Busy(f"another change has been under way for {wait:g} s: try again"))


def _tell(answer: asyncio.Future[Any], begun: asyncio.Future[Any]) -> None:
    """Let the caller have what became of its change."""
    if begun.cancelled():
        answer.cancel()
    elif (error := begun.exception()) is not None:
        if not answer.done():
            answer.set_exception(error)
    elif not answer.done():
        answer.set_result(begun.result())

"""How long a connection may take: to send a head, to send a body, and to read what it asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum

from gitconfig_server.settings.groups import Limits

SLOWEST = 1024
"""Bytes a second that a request body must bring, and that a client must read."""


class Stage(Enum):
    """What a connection waits for."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"


class StageDeadline:
    """Calls ``overdue`` once a connection has been at its ``stage`` for as long as ``limits`` let it."""

    __slots__ = ("_limits", "_loop", "_overdue", "_timer", "stage")

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits, overdue: Callable[[], None]) -> None:
        self.stage = Stage.NOTHING
        self._loop = loop
        self._limits = limits
        self._overdue = overdue
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, stage: Stage) -> None:
        """Begin a stage, be it the present one."""
        self.stage = stage
        self.renew()

    def renew(self) -> None:
        """Let the present stage begin now."""
        self.cancel()
        if self.stage is not Stage.NOTHING:
            seconds = self._limits.header_seconds if self.stage is Stage.HEAD else self._limits.body_seconds
            self._timer = self._loop.call_later(seconds, self._overdue)

    def cancel(self) -> None:
        """Call nothing any more."""
        if self._timer:
            self._timer.cancel()


class ReaderWatch:
    """Cuts off a client that reads next to nothing of what waits for it; a slow one gets its time."""

    __slots__ = ("_loop", "_seconds", "_timer", "_transport", "_unread")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, transport: asyncio.Transport) -> None:
        """Look at what the client leaves unread of this transport's buffer, again and again."""
        self._transport = transport
        self._unread = transport.get_write_buffer_size()
        self._timer = self._loop.call_later(self._seconds, self._check)

    def _check(self) -> None:
        if self._unread - self._transport.get_write_buffer_size() < SLOWEST * self._seconds:
            self._transport.abort()
        else:
            self.begin(self._transport)

    def end(self) -> None:
        """Look no more."""
        if self._timer:
            self._timer.cancel()

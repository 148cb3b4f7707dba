"""A deployed change on probation: how long it has, and what its health says meanwhile."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from time import monotonic

from msgspec import Struct

from gitconfig_server.manager.applying.running import Applied
from gitconfig_server.manager.errors import ManagerError
from gitconfig_server.manager.nodes.values import Data

Health = Callable[[], bool | Awaitable[bool]]
LONGEST = 86_400.0
"""Seconds that a change may be on probation."""

_HEALTH_SHARE = 10
"""The window is divided by this: so often is health asked, but not more often than once a second."""


class Reverted(ManagerError):
    """What was deployed has been taken back: health was bad, or nobody confirmed."""

    code = "reverted"


class Probation(Struct):
    """A deployed change that awaits its confirmation. ``before`` and ``after`` are whole configurations."""

    before: dict[str, Data]
    after: dict[str, Data]
    applied: Applied
    ends: float
    task: asyncio.Task[None]
    outcome: str = ""

    @property
    def left(self) -> float:
        """Seconds until it is taken back."""
        return max(0.0, self.ends - monotonic())


async def judged(window: float, health: Health | None) -> str:
    """Why the change is to be taken back, at the end of its window or before; ``""`` where health passed to the end."""
    ends = monotonic() + window
    while health is not None:
        left = max(0.0, ends - monotonic())
        if verdict := await _ask(health, max(left, 0.001)):
            return verdict
        if (left := ends - monotonic()) <= 0:
            return ""
        await asyncio.sleep(min(left, max(1.0, window / _HEALTH_SHARE)))
        if monotonic() >= ends:
            return await _ask(health, 1.0)
    await asyncio.sleep(window)
    return "nobody confirmed in time"


async def _ask(health: Health, seconds: float) -> str:
    """Why health is bad, ``""`` where it is good."""
    try:
        async with asyncio.timeout(seconds):
            said = health()
            if inspect.isawaitable(said):
                said = await said
    except TimeoutError:
        return "health did not answer in time"
    except Exception as error:  # any exception means that it is bad
        return f"health: {type(error).__name__}: {error}"
    return "" if said else "health is bad"

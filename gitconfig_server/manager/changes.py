"""Telling the service's own functions what has changed, after the fact and outside every lock."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from gitconfig_server.manager.applying.running import Applied
from gitconfig_server.manager.bindings.marks import DEFAULT_TIMEOUT
from gitconfig_server.manager.nodes.paths import Segments, split_path
from gitconfig_server.manager.nodes.values import MISSING, Data

log = logging.getLogger(__name__)


class Change(Struct, frozen=True):
    """One value that is another now. ``old`` is None where it is new, ``new`` where it is gone.

    ``reason``: ``set``, ``deploy``, ``save``, ``restore``, ``rollback``, ``cancel`` or ``timeout``. ``commit``: of what
    was saved, where the change came from there. ``pending``: it may still be taken back.
    """

    path: str
    old: Data
    new: Data
    reason: str = ""
    author: str = ""
    message: str = ""
    commit: str = ""
    pending: bool = False


class Listeners:
    """The functions that want to hear of changes beneath a prefix; told one after another."""

    def __init__(self) -> None:
        self._listeners: list[tuple[Segments, float, Callable[[Change], Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, prefix: str, function: Callable[[Change], Any], timeout: float = DEFAULT_TIMEOUT) -> None:
        """Tell ``function`` of every change at or beneath ``prefix``."""
        self._listeners.append((split_path(prefix), timeout, function))

    def tell(self, applied: Applied, make: Callable[[str, Data, Data], Change]) -> None:
        """Tell everybody concerned; what they raise is logged."""
        if not self._listeners:
            return
        calls = []
        for one in applied.changes:
            change = make(one.path, *(None if side is MISSING else side for side in (one.old, one.new)))
            for prefix, timeout, function in self._listeners:
                common = min(len(prefix), len(one.segments))
                if prefix[:common] == one.segments[:common]:
                    calls.append((function, change, timeout))
        if calls:
            task = asyncio.ensure_future(_tell(calls))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Return when everybody has been told."""
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _tell(calls: list[tuple[Callable[[Change], Any], Change, float]]) -> None:
    for function, change, timeout in calls:
        try:
            async with asyncio.timeout(timeout):
                said = function(change)
                if inspect.isawaitable(said):
                    await said
        except TimeoutError:
            log.error("%s: a listener did not end within %g s", change.path, timeout)
        except Exception:  # a listener may raise anything; the change stands
            log.exception("%s: a listener failed", change.path)

"""Paths of which nobody can say what they hold, and how that is found out.

A change leaves one behind where an accessor may still finish, or where its effect could not be taken back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gitconfig_server.manager.applying.doing import Reaction
from gitconfig_server.manager.applying.planning import PlanStep
from gitconfig_server.manager.applying.turns import Turns
from gitconfig_server.manager.bindings.calls import Calls
from gitconfig_server.manager.errors import Unsettled
from gitconfig_server.manager.nodes.paths import Segments, join_path

PutRight = Callable[[Segments, PlanStep | Reaction | None, object], Awaitable[None]]
"""Lets a path be what it should be. Given the step that has been carried out after all, and what it gave; or None."""


class Unknowns:
    """``paths``: what is unknown, and why; ``settling``: what is being put right just now.

    ``put_right`` raises where that cannot be.
    """

    def __init__(self, calls: Calls, turns: Turns, put_right: PutRight) -> None:
        self.paths: dict[str, str] = {}
        self._calls = calls
        self._turns = turns
        self._put_right = put_right
        self._late: dict[Segments, PlanStep | Reaction] = {}
        self.settling: set[asyncio.Task[None]] = set()

    def note(self, error: Exception, late: PlanStep | Reaction | None) -> None:
        """A change has failed; ``late`` is the step of it that may still finish."""
        for one in getattr(error, "unknown", ()):
            self.paths[one] = str(error)
        if late is not None:
            self._late[late.path] = late

    def forget(self, path: Segments) -> None:
        """All at and beneath ``path`` was read, and is as it should be; what still runs stays unknown."""
        if not self.paths:
            return
        running = {join_path(one) for one in self._calls.lingering}
        beneath = join_path(path)
        self.paths = {one: why for one, why in self.paths.items() if one in running or not _beneath(one, beneath)}
        self._late = {one: step for one, step in self._late.items() if join_path(one) in self.paths}

    def check(self) -> None:
        """Unsettled where anything is unknown."""
        if self.paths:
            raise Unsettled(sorted(self.paths), [join_path(one) for one in self._calls.lingering])

    def settle(self, path: Segments, ended: asyncio.Future[object]) -> None:
        """An accessor ended after its limit: see what its path holds, and let it be what it should be."""
        task = asyncio.ensure_future(self._turns.alone(lambda: self._settle(path, ended), wait=None))
        self.settling.add(task)
        task.add_done_callback(self.settling.discard)

    async def _settle(self, path: Segments, ended: asyncio.Future[object]) -> None:
        step = self._late.pop(path, None)
        failed = ended.cancelled() or ended.exception() is not None
        try:
            await self._put_right(path, None if failed else step, None if failed else ended.result())
        except Exception as error:  # whatever an accessor raises
            self.paths[join_path(path)] = f"could not be put back: {error}"
        else:
            self.paths.pop(join_path(path), None)


def _beneath(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith(prefix + "/")

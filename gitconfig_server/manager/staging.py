"""The staged configuration: assembled and checked beside the running one, put in force as a whole, on probation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from gitconfig_server.manager.applying.running import Applied, RunningTree
from gitconfig_server.manager.errors import Diverged, LookupFailed, Misfit, NotNow, Problem
from gitconfig_server.manager.nodes.differences import NodeDifference, differences, merged
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.tree import Object, make_node
from gitconfig_server.manager.nodes.values import MISSING, Data, checked, find_data, masked, replaced, unmasked
from gitconfig_server.manager.probation import LONGEST, Health, Probation, Reverted, judged

log = logging.getLogger(__name__)


class Staging:
    """One staged configuration of a Manager. ``node`` is ``config/staged``, or a session's own.

    A session's own one has the ``shared`` one beside it: only one deployment at a time is on probation. ``outcome``
    says what became of the last one that was taken back, and ``reversal`` is told it when that happens.
    """

    def __init__(
        self, running: RunningTree, node: Object, told: Callable[[Applied, str], None], shared: Staging | None = None
    ) -> None:
        self.node = node
        self.outcome = ""
        self.reversal: Callable[[str], None] | None = None
        self._probation: Probation | None = None
        self._shared = shared
        self._running = running
        self._told = told
        self._base: dict[str, Data] | None = None
        self._deploying = asyncio.Lock()

    @property
    def probation(self) -> Probation | None:
        """What was deployed and awaits its confirmation."""
        return self._shared.probation if self._shared else self._probation

    @probation.setter
    def probation(self, value: Probation | None) -> None:
        if self._shared:
            self._shared.probation = value
        else:
            self._probation = value

    @property
    def data(self) -> dict[str, Data]:
        """What is staged; as running where nothing has been staged yet."""
        return self.node.to_dict() if self._base is not None or self.node.items() else self._running.known

    async def look(self) -> dict[str, Data]:
        """What is staged, or running as it is now; nothing is begun by looking."""
        if self._base is None and not self.node.items():
            return await self._running.refresh()
        return self.data

    async def begin(self) -> dict[str, Data]:
        """What is staged, begun from running where it is not under way."""
        if self._base is None:
            base = await self._running.refresh()
            if not self.node.items():
                self.fill(base, base)
            self._base = base
        return self.data

    def fill(self, data: dict[str, Data], base: dict[str, Data] | None = None) -> None:
        """Let ``data`` be what is staged, grown from ``base`` (None: from what is running)."""
        for name, _ in self.node.items():
            self.node.put_child(name, None)
        for name, value in data.items():
            self.node.put_child(name, make_node(name, value))
        self._base = self._running.known if base is None else base

    def discard(self) -> None:
        """Drop what is staged."""
        self.fill({}, {})
        self._base = None

    async def edit(self, path: Segments, compute: Callable[[Data], Data]) -> list[NodeDifference]:
        """Let ``compute`` say from what stands at ``path`` (MISSING: nothing) what is to be staged there.

        What differs now in what is staged.
        """
        whole = await self.begin()
        try:
            old = find_data(whole, path)
        except LookupFailed:
            old = MISSING
        new = compute(old)
        if not path and not isinstance(new, dict):
            raise Misfit([Problem("", "a configuration is a map at the top: discard drops what is staged")])
        if new is not MISSING:
            new = unmasked(checked(new, path), old)
        self._fill_keeping(replaced(_with_parents(whole, path), path, new))
        return [] if old is new else list(differences(old, new, path))

    async def stage(self, values: Mapping[Segments, Any]) -> None:
        """Stage values by their paths."""
        for path, value in values.items():
            await self.edit(path, lambda old, value=value: value)  # type: ignore[misc]

    async def check(self) -> list[Problem]:
        """Everything that stands against what is staged; nothing is touched."""
        return await self._running.problems_with(await self.begin())

    async def deploy(
        self, confirm_within: float | None, health: Health | None, prefer: str = "", *, text: bool = False
    ) -> Applied:
        """Put what is staged in force, by key, so that what has changed in running meanwhile stays.

        With ``confirm_within`` (seconds) it is taken back at the end unless it is confirmed, or ``health`` passes.
        Raises Diverged for keys that both changed, Misfit, ApplyFailed, Reverted.
        """
        if confirm_within is not None and not 0 < confirm_within <= LONGEST:
            reason = f"a time up to {LONGEST:g} s is meant, got {confirm_within:g}"
            raise Misfit([Problem("confirm_within", reason)])
        async with self._deploying:
            if self.probation is not None:
                raise NotNow("a deployed change awaits its confirmation: confirm or cancel it first")
            staged, base = await self.begin(), self._base or {}
            before = await self._running.refresh()
            applied = await self._running.change((), lambda old: self._joined(base, staged, old, prefer), text=text)
            self.discard()
            self._told(applied, "deploy")
            if confirm_within is None:
                return applied
            probation = self._begin(before, applied, confirm_within, health)
        if health is not None:
            await asyncio.wait([probation.task])
            if probation.outcome != "confirmed":
                raise Reverted(f"taken back: {probation.outcome}")
        return applied

    def confirm(self) -> Applied:
        """Keep what was deployed; NotNow where nothing awaits that."""
        probation = self._current()
        probation.outcome = "confirmed"
        (self._shared or self).outcome = ""
        probation.task.cancel()
        self.probation = None
        return probation.applied

    async def cancel(self, why: str = "cancelled") -> Applied:
        """Take back what was deployed, key by key; what others have changed since stays."""
        probation = self._current()
        if probation.task is not asyncio.current_task():
            probation.task.cancel()
        return await self._revert(probation, why)

    async def stop(self) -> None:
        """End the watch over a probation; what it was about is not saved, so a restart takes it back."""
        if self.probation is not None:
            self.probation.task.cancel()
            await asyncio.gather(self.probation.task, return_exceptions=True)
            self.probation = None

    def _joined(self, base: Data, staged: Data, old: Data, prefer: str) -> Data:
        ours = self._running.configured(old)
        if prefer == "running":
            return merged(base, ours, staged)[0]
        data, conflicts = merged(base, staged, ours)
        if conflicts and prefer != "staged":
            sides = [(join_path(path), _side(ours, path), _side(staged, path)) for path in conflicts]
            raise Diverged(sides)
        return data

    def _begin(self, before: Data, applied: Applied, window: float, health: Health | None) -> Probation:
        (self._shared or self).outcome = ""
        task = asyncio.ensure_future(self._watch(window, health))
        self.probation = Probation(before, self._running.known, applied, monotonic() + window, task)
        return self.probation

    async def _watch(self, window: float, health: Health | None) -> None:
        """Take the change back at the end of its window, or keep it where health passes to the end."""
        verdict = await judged(window, health)
        await self.cancel(verdict) if verdict else self._keep()

    def _keep(self) -> None:
        probation = self._current()
        probation.outcome = "confirmed"
        self.probation = None

    async def _revert(self, probation: Probation, why: str) -> Applied:
        self.probation = None
        probation.outcome = why
        kept: list[Segments] = []

        def back(old: Data) -> Data:
            data, met = merged(probation.after, self._running.configured(old), probation.before)
            kept[:] = met
            return data

        try:
            applied = await self._running.change((), back, text=True)
        except Exception as error:
            probation.outcome = f"{why}, and that failed: {error}"
            self._tell(f"what was not confirmed could not be taken back: {probation.outcome}")
            log.exception("a deployed change could not be taken back")
            raise
        if kept:
            names = ", ".join(map(join_path, kept))
            probation.outcome = f"{why}; changed since and left so: {names}"
        self._tell(f"what was not confirmed has been taken back: {probation.outcome}")
        log.warning("a deployed change was taken back: %s", probation.outcome)
        self._told(applied, "timeout" if "time" in why else "cancel")
        return applied

    def _tell(self, outcome: str) -> None:
        shared = self._shared or self
        shared.outcome = outcome
        if shared.reversal is not None:
            shared.reversal(outcome)

    def _current(self) -> Probation:
        if self.probation is None:
            raise NotNow("nothing awaits a confirmation")
        return self.probation

    def _fill_keeping(self, data: dict[str, Data]) -> None:
        self.fill(data, self._base)


def _with_parents(data: dict[str, Data], path: Segments) -> dict[str, Data]:
    """``data`` with a map at each place that leads to ``path``."""
    for depth in range(1, len(path)):
        try:
            find_data(data, path[:depth])
        except LookupFailed:
            data = replaced(data, path[:depth], {})
    return data


def _side(data: Data, path: Segments) -> Any:
    try:
        return masked(find_data(data, path))
    except LookupFailed:
        return None

"""The verbs of a Manager that are about what is staged and what is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from gitconfig_server.manager.applying.running import Applied, RunningTree
from gitconfig_server.manager.changes import Change
from gitconfig_server.manager.declared import Declared, M
from gitconfig_server.manager.eager import begin
from gitconfig_server.manager.errors import LookupFailed, Misfit, NotNow, Problem
from gitconfig_server.manager.keeping import Keeping
from gitconfig_server.manager.nodes.differences import NodeDifference, differences
from gitconfig_server.manager.nodes.paths import split_path
from gitconfig_server.manager.nodes.tree import Object
from gitconfig_server.manager.nodes.values import Data
from gitconfig_server.manager.probation import Health
from gitconfig_server.manager.snapshots import seconds_of
from gitconfig_server.manager.staging import Staging
from gitconfig_server.manager.standard_tree import Set, StandardTree
from gitconfig_server.manager.storing.base import Note, Saved, parse_time

T = TypeVar("T")
TreeName = str
"""``running``, ``staged``, ``saved``, the name of a saved configuration, or a commit."""


class Kept(Declared[M]):
    """Staged and saved. Each verb is started when it is called; ``set_value`` is how a live node is set."""

    def __init__(self, service: object | None, model: type[M] | None, classes: Sequence[type], set_value: Set) -> None:
        super().__init__(service, model, classes)
        self._tree = StandardTree(self._running, set_value)
        self._staging = Staging(self._running, self._tree.staged, self._deployed)
        self._keeping: Keeping | None = None
        self._tasks: set[asyncio.Future[Any]] = set()
        self._restart: dict[str, None] = {}

    def stage(self, values: Mapping[str, Any]) -> Awaitable[None]:
        """Stage values by their paths; nothing of it is in force before ``deploy_staged``."""
        return self._begin(self._staging.stage({split_path(path): value for path, value in values.items()}))

    def check_staged(self) -> Awaitable[list[Problem]]:
        """Everything that stands against what is staged."""
        return self._begin(self._staging.check())

    def deploy_staged(
        self,
        *,
        confirm_within: float | str | None = None,
        health: Health | None = None,
        prefer: str = "",
        author: str = "",
    ) -> Awaitable[Applied]:
        """Put what is staged in force as a whole.

        ``confirm_within``: it is taken back after that time, unless ``health`` passes to the end (it is asked at once
        and every tenth of the time), or ``confirm`` is called. With ``health`` the outcome is waited for.
        """
        return self._begin(self._staging.deploy(seconds_of(confirm_within), health, prefer))

    def confirm(self) -> Applied:
        """Keep what was deployed on probation."""
        return self._staging.confirm()

    def cancel(self) -> Awaitable[Applied]:
        """Take back what was deployed on probation."""
        return self._begin(self._staging.cancel())

    def save_staged(self, message: str = "", *, author: str = "", reason: str = "") -> Awaitable[None]:
        """Keep what is staged in the store; this service's part alone."""

        async def work() -> None:
            keeping = self._need_keeping()
            data = keeping.layers.safe.closed(await self._staging.begin(), keeping.loaded.own)
            await keeping.store.save_staged(data, Note(message, author, reason))

        return self._begin(work())

    def restore_staged(self) -> Awaitable[None]:
        """Stage again what is kept as staged in the store; LookupFailed where nothing is."""

        async def work() -> None:
            keeping = self._need_keeping()
            found = await keeping.store.load_staged()
            if found is None:
                raise LookupFailed("staged", "config/staged", "no staged configuration is kept")
            self._staging.fill(keeping.layers.safe.opened(found))

        return self._begin(work())

    def save_to_staged(self, name: str | None = None) -> Awaitable[None]:
        """Stage a copy of running or, with a name, of a saved configuration."""

        async def work() -> None:
            running = await self._running.refresh()
            self._staging.fill(running if name is None else await self._need_keeping().effective_of(name), running)

        return self._begin(work())

    def private_staging(self) -> Staging:
        """A staged configuration beside the shared one, for one session."""
        return Staging(self._running, Object("staged"), self._deployed, self._staging)

    @property
    def staging(self) -> Staging:
        """The shared staged configuration."""
        return self._staging

    @property
    def running(self) -> RunningTree:
        """What is in force."""
        return self._running

    def discard_staged(self) -> None:
        """Drop what is staged."""
        self._staging.discard()

    def save_running(
        self, message: str = "", *, author: str = "", reason: str = "", prefer: str = ""
    ) -> Awaitable[Saved | None]:
        """Save what is running: one commit, None where nothing differs. It also confirms what was on probation.

        ``prefer``: ``"running"`` or ``"saved"``, where keys have diverged. Diverged, Unsettled, CannotBeSaved.
        """

        async def work() -> Saved | None:
            keeping = await self._keeping_started()
            saved = await keeping.save(Note(message, author, reason), prefer)
            if self._staging.probation is not None:
                self._staging.confirm()
            if saved is not None:
                self._tree.show_saved(saved.name, keeping.loaded.own)
            return saved

        return self._begin(work())

    def catch_up(self) -> Awaitable[None]:
        """Take over what others have saved by now, as happens by itself within ``poll`` seconds."""

        async def work() -> None:
            await self._need_keeping().catch_up()

        return self._begin(work())

    def restore_running(self, savepoint: str | datetime | None = None) -> Awaitable[Applied]:
        """Let running be what is saved, or what was saved under a name."""

        async def work() -> Applied:
            applied = await self._need_keeping().restore(_name(savepoint))
            return self._done(applied, "restore", Note())

        return self._begin(work())

    def rollback(
        self, name: str | datetime, message: str = "", *, author: str = "", reason: str = ""
    ) -> Awaitable[Applied]:
        """Save again what was saved under a name, and run it; history only grows."""

        async def work() -> Applied:
            applied = await self._need_keeping().rollback(_name(name) or "", Note(message, author, reason))
            return self._done(applied, "rollback", Note(message, author))

        return self._begin(work())

    def list_saved(self, limit: int = 100) -> Awaitable[list[Saved]]:
        """The saved configurations, newest first, without what was archived."""

        async def work() -> list[Saved]:
            return list(await self._need_keeping().store.versions(max(0, limit)))

        return self._begin(work())

    history = list_saved

    def load_saved(self, name: str | datetime) -> Awaitable[dict[str, Data]]:
        """What was saved under a name, a commit, or was saved at a time."""

        async def work() -> dict[str, Data]:
            found: dict[str, Data] = await self._need_keeping().effective_of(_name(name) or "")
            return found

        return self._begin(work())

    def diff(self, old: TreeName = "saved", new: TreeName = "running") -> Awaitable[list[NodeDifference]]:
        """What differs between two configurations."""

        async def work() -> list[NodeDifference]:
            sides = [await self._side(old), await self._side(new)]
            return await self._running.calls.apart(lambda: list(differences(*sides)))

        return self._begin(work())

    compare = diff

    def prune_saved(self, cutoff: datetime | str) -> Awaitable[int]:
        """Hide what was saved before; nothing is deleted, and neither the newest nor what is staged is touched.

        A time without a zone, or a text that is one, is of UTC. Misfit where it is no time.
        """
        return self._begin(self._need_keeping().prune(_cutoff(cutoff)))

    def _begin(self, work: Coroutine[Any, Any, T], *, at_once: bool = False) -> Awaitable[T]:
        """Start a verb, so that it happens even where nobody awaits it; without a running loop the caller runs it.

        A caller that is cancelled stops nothing. ``at_once``: it can do without a task until it has to wait.
        """
        try:
            task: asyncio.Future[T] = begin(work) if at_once else asyncio.get_running_loop().create_task(work)
        except RuntimeError:
            return work
        if task.done():
            return task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return asyncio.shield(task)

    async def _side(self, side: TreeName) -> Data:
        if side == "running":
            return await self._running.refresh()
        if side == "staged":
            return self._staging.data
        keeping = self._need_keeping()
        return keeping.layers.effective(keeping.loaded) if side == "saved" else await keeping.effective_of(side)

    def _done(self, applied: Applied, reason: str, note: Note, commit: str = "") -> Applied:
        if applied.restart_required:
            self._restart |= dict.fromkeys(applied.restart_required)
        pending = self._staging.probation is not None
        self._listeners.tell(
            applied, lambda path, old, new: Change(path, old, new, reason, note.author, note.message, commit, pending)
        )
        return applied

    def _deployed(self, applied: Applied, reason: str) -> None:
        self._done(applied, reason, Note())

    def _need_keeping(self) -> Keeping:
        if self._keeping is None:
            raise NotNow("the Manager is not started")
        return self._keeping

    async def _keeping_started(self) -> Keeping:
        return self._need_keeping()


def _cutoff(given: datetime | str) -> datetime:
    found = parse_time(given.isoformat() if isinstance(given, datetime) else str(given))
    if found is None:
        raise Misfit([Problem("before", f"expected a time as 2026-01-31T12:00:00, got {str(given)[:40]!r}")])
    return found


def _name(savepoint: str | datetime | None) -> str | None:
    return savepoint.isoformat() if isinstance(savepoint, datetime) else savepoint

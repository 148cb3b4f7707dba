"""What is saved, seen from a running service: loading it, saving, following what others save."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from gitconfig_server.errors import GitConfigError, PreconditionFailed
from gitconfig_server.manager.applying.models import without_misfits
from gitconfig_server.manager.applying.running import Applied, Running
from gitconfig_server.manager.errors import ApplyFailed, Diverged, Misfit, Problem
from gitconfig_server.manager.nodes.differences import Difference, differences, merged
from gitconfig_server.manager.nodes.paths import Segments, join_path, split_path
from gitconfig_server.manager.nodes.values import MISSING, Data, find_data, is_same, masked, overlaid, replaced
from gitconfig_server.manager.snapshots import Snapshots
from gitconfig_server.manager.storing.base import Loaded, Note, Saved, SavedConfigurations, own_layer
from gitconfig_server.manager.storing.secrets import Safe
from gitconfig_server.model.history import Op

log = logging.getLogger(__name__)

_ATTEMPTS = 10
"""How often a save is tried again because others saved meanwhile."""

_Told = Callable[[Applied, str, Note, str], None]
"""_Told of what was applied: the change, its reason in a word, who did it and why, and the commit."""


@dataclass(slots=True)
class Following:
    """How the store is doing. ``refused``: what it holds that the service does not take."""

    state: str = "new"
    source: str = "defaults"
    error: str = ""
    contact: float = field(default_factory=monotonic)
    refused: list[Problem] = field(default_factory=list)


class Keeping:
    """The saved configuration of one service and its running one. ``told`` hears of what was applied from the store."""

    def __init__(self, running: Running, store: SavedConfigurations, snapshots: Snapshots | None, told: _Told) -> None:
        self.running = running
        self.store = store
        self.safe = Safe()
        self.loaded = Loaded({})
        self.following = Following()
        self.diverged: dict[Segments, tuple[Data, Data]] = {}
        self.defaults: dict[str, Data] = {}
        self._base: Data = {}
        self._snapshots = snapshots
        self._told = told
        self._saving = asyncio.Lock()
        self._generation: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, *, refuse_misfits: bool, fail_fast: bool) -> None:
        """Load what is saved and apply it; where the store cannot be reached, the last snapshot of it."""
        self.defaults = self.running.known
        try:
            await self.store.open()
            self._generation = await self.store.generation()
            self.loaded = await self.store.load()
            self._in_touch("store")
        except GitConfigError as error:
            found = None if fail_fast or self._snapshots is None else self._snapshots.read()
            if found is None and (fail_fast or not self.store.name.startswith("http")):
                raise
            self._out_of_touch(error, "cache" if found else "defaults")
            if found is not None:
                self.loaded, self.following.contact = found.loaded, monotonic() - found.age
        await self._apply_first(refuse_misfits)
        await self._keep_snapshot()

    async def stop(self) -> None:
        """End following and close the store."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.store.close()

    def follow(self, seconds: float) -> None:
        """Look every ``seconds``, give or take a tenth, whether anything was saved by others."""
        self._task = asyncio.ensure_future(self._follow(seconds))

    async def sync(self) -> Applied:
        """Take over what others have saved since; keys that both sides changed keep running's value, and are noted."""
        self._generation = await self.store.generation()
        loaded = await self.store.load()
        self._in_touch("store")
        theirs = overlaid(self.defaults, self.effective(loaded))
        if is_same(self._base, theirs):
            self.loaded = loaded
            return Applied()
        applied = await self._join(self._base, theirs)
        self.loaded = loaded
        await self._keep_snapshot()
        if applied.changed:
            self._told(applied, "save", Note(loaded.message, loaded.author), loaded.commit)
        return applied

    async def save(self, note: Note, prefer: str = "") -> Saved | None:
        """Save what is running; ``prefer`` says which side is right where keys diverged. None: nothing differs.

        Raises Diverged, Misfit, CannotBeSaved, and what the store raises.
        """
        async with self._saving:
            for _ in range(_ATTEMPTS):
                try:
                    return await self._save(note, prefer)
                except PreconditionFailed:
                    await self.sync()
            return await self._save(note, prefer)

    async def restore(self, name: str | None) -> Applied:
        """Let running be as it is saved, or as it was under ``name``."""
        if name is None:
            loaded = await self.store.load()
            data = self.effective(loaded)
            applied = await self.running.change((), lambda old: data, text=True)
            self.loaded = loaded
            self._agreed()
            return applied
        data = await self.effective_of(name)
        return await self.running.change((), lambda old: data, text=True)

    async def rollback(self, name: str, note: Note) -> Applied:
        """Let what is saved, and then running, be as it was under ``name``. Misfit before anything is changed."""
        data = await self.effective_of(name)
        if problems := await self.running.problems_with(data):
            raise Misfit(problems)
        async with self._saving:
            self.loaded = await self.store.rollback(name, note)
        data = self.effective(self.loaded)
        applied = await self.running.change((), lambda old: data, text=True)
        self._agreed()
        await self._keep_snapshot()
        return applied

    async def effective_of(self, name: str) -> Data:
        """What was saved under a name, over what is inherited now."""
        return self.effective(Loaded(await self.store.load_saved(name), self.loaded.inherited))

    async def prune(self, cutoff: datetime) -> int:
        """Hide what was saved before."""
        return await self.store.archive(cutoff)

    def effective(self, loaded: Loaded) -> Data:
        """What is saved as the service sees it: its own layer over what it inherits and has a place for."""
        inherited = self._with_a_place(loaded.inherited, loaded.own)
        return self.safe.opened(overlaid(inherited, loaded.own))

    def _agreed(self) -> None:
        """What is saved and what is running are one again."""
        self._base = overlaid(self.defaults, self.effective(self.loaded))
        self.diverged.clear()

    def unsaved(self) -> list[Difference]:
        """What running holds that a restart would lose; what only has its default is not counted."""
        saved = self.effective(self.loaded)
        found = differences(saved, self.running.known)
        return [one for one in found if not self._is_default(one)]

    def _is_default(self, one: Difference) -> bool:
        """Whether it is missing in the store and as the service has it by itself."""
        if one.op is not Op.ADD:
            return one.op is Op.REMOVE and any(one.path == refused.path for refused in self.following.refused)
        default = _at(self.defaults, one.segments)
        if default is MISSING:
            default = self.running.bindings.default_of(one.segments)
        return default is not MISSING and is_same(default, one.new)

    async def _apply_first(self, refuse_misfits: bool) -> None:
        self._agreed()
        if self.loaded.version is None and not self.loaded.inherited and self.running.model is None:
            return  # nothing is saved, so the service stays as it is
        data = self.effective(self.loaded)
        problems = await self.running.problems_with(data)
        own = [one for one in problems if _at(self.loaded.own, split_path(one.path)) is not MISSING]
        if own and refuse_misfits:
            raise Misfit(own)
        self._refuse(own)
        for _ in range(_ATTEMPTS):
            if not problems:
                break
            data = without_misfits(data, tuple(problems))
            problems = await self.running.problems_with(data)
        try:
            await self.running.change((), lambda old: data, text=True)
        except (ApplyFailed, Misfit) as error:
            no_version = self.running.model is not None and self.running.model.version is None
            if refuse_misfits or no_version:
                raise
            self._refuse([*own, Problem(getattr(error, "path", ""), str(error))])

    async def _join(self, base: Data, theirs: Data) -> Applied:
        """Bring what others saved into running, by key."""
        conflicts: list[Segments] = []

        def joined(old: Data) -> Data:
            ours = self.running.configured(old)
            data, met = merged(base, ours, theirs)
            conflicts[:] = met
            return data

        refused: list[Problem] = []
        applied = Applied()
        try:
            applied = await self.running.change((), joined, text=True)
        except Misfit as error:
            refused = list(error.problems)
        except ApplyFailed as error:
            refused = [Problem(error.path, error.reason)]
        self._refuse(refused)
        if refused:  # running stays as it was, and so does what the next one is compared with
            conflicts = [one.segments for one in differences(base, theirs)]
        else:
            self._base = theirs
        for path in conflicts:
            self.diverged[path] = (_at(self.running.known, path), _at(theirs, path))
        for path in [one for one in self.diverged if is_same(_at(self.running.known, one), _at(theirs, one))]:
            del self.diverged[path]
        return applied

    async def _save(self, note: Note, prefer: str) -> Saved | None:
        if self.diverged and prefer not in ("running", "saved"):
            raise Diverged([(join_path(one), *map(_shown, sides)) for one, sides in self.diverged.items()])
        if prefer == "saved":
            for path, (_, theirs) in list(self.diverged.items()):
                await self.running.change((), partial(_replaced, path, theirs), text=True)
        data = await self.running.refresh()
        if self.running.model is not None:
            self.running.model.check_savable()
            data = _without(data, self.running.model.environment(), self.loaded.own)
        own = await self.running.calls.apart(self._own_layer, data)
        before = self.loaded
        self.loaded = await self.store.save(self.loaded, own, note)
        self._generation = self.loaded.commit or await self.store.generation()
        self._in_touch("store")
        await self.running.calls.apart(self._agreed)
        await self._keep_snapshot()
        if self.loaded.version == before.version:
            return None
        return next(iter(await self.store.versions(1)), None)

    def _own_layer(self, data: Data) -> Any:
        """What is to be stored for ``data``, secrets encrypted."""
        own = own_layer(data, self.safe.opened(self.loaded.inherited), self.loaded.own)
        return self.safe.closed(self._with_misfits(own), self.loaded.own)

    def _with_misfits(self, own: dict[str, Data]) -> dict[str, Data]:
        """What is stored and has no place in this service stays: it may be another version's."""
        for one in self.following.refused:
            path = split_path(one.path)
            value = _at(self.loaded.own, path)
            parent = _at(own, path[:-1])
            if value is not MISSING and isinstance(parent, dict) and path[-1] not in parent:
                own = replaced(own, path, value)
        return own

    async def _follow(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds * random.uniform(0.9, 1.1))
            try:
                generation = await self.store.generation()
                if generation != self._generation:
                    await self.sync()
                elif self.following.state != "current":
                    self._in_touch("store")
                self.following.contact = monotonic()
            except GitConfigError as error:
                self._out_of_touch(error, self.following.source)
            except Exception as error:  # whatever a third party raises: the service goes on
                log.exception("following %s failed", self.store.name)
                self._out_of_touch(error, self.following.source)

    async def _keep_snapshot(self) -> None:
        if self._snapshots is not None and self.following.source == "store":
            await asyncio.to_thread(self._snapshots.write, self.loaded)

    def _with_a_place(self, inherited: Data, own: Data) -> Data:
        """Of what is inherited, that which the service knows; what everybody has is no misfit of this service."""
        if self.running.free or not isinstance(inherited, dict):
            return inherited
        return {name: one for name, one in inherited.items() if self.running.has_place(name) or name in own}

    def _in_touch(self, source: str) -> None:
        if self.following.state not in ("new", "current"):
            log.info("%s: in touch again", self.store.name)
        self.following.state, self.following.source, self.following.error = "current", source, ""
        self.following.contact = monotonic()

    def _out_of_touch(self, error: Exception, source: str) -> None:
        if self.following.state != "stale":
            log.warning("%s: out of touch: %s", self.store.name, error)
        self.following.state, self.following.source, self.following.error = "stale", source, str(error)

    def _refuse(self, problems: list[Problem]) -> None:
        if problems and problems != self.following.refused:
            for one in problems:
                log.warning("%s: what is saved does not fit: %s", self.store.name, one)
        self.following.refused = problems


def _at(data: Data, path: Segments) -> Data:
    try:
        return find_data(data, path)
    except GitConfigError:
        return MISSING


def _shown(value: Data) -> Any:
    return None if value is MISSING else masked(value)


def _replaced(path: Segments, value: Data, old: Data) -> Data:
    return replaced(old, path, value)


def _without(data: Data, environment: Data, stored: Data) -> Data:
    """``data`` less what the environment says: that is not the store's; what is stored there stays."""
    if not isinstance(environment, dict) or not isinstance(data, dict):
        return stored
    found = {}
    here = stored if isinstance(stored, dict) else {}
    for name, value in data.items():
        if name in environment:
            value = _without(value, environment[name], here.get(name, MISSING))
        if value is not MISSING:
            found[name] = value
    return found

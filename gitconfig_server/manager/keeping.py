"""What is saved, seen from a running service: loading it, saving, following what others save."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from gitconfig_server.errors import GitConfigError, InvalidSettings, PreconditionFailed
from gitconfig_server.manager.applying.running import Applied, RunningTree
from gitconfig_server.manager.errors import ApplyFailed, Diverged, Misfit, Problem
from gitconfig_server.manager.following import Following
from gitconfig_server.manager.layers import Layers
from gitconfig_server.manager.left_out import LeftOut, without_misfits
from gitconfig_server.manager.nodes.differences import NodeDifference, differences, merged
from gitconfig_server.manager.nodes.paths import Segments, join_path, split_path
from gitconfig_server.manager.nodes.values import MISSING, Data, found_or_missing, is_same, masked, overlaid, replaced
from gitconfig_server.manager.snapshots import Snapshots
from gitconfig_server.manager.storing.base import LoadedConfiguration, Note, Saved, SavedConfigurations, is_meant
from gitconfig_server.model.history import Op

log = logging.getLogger(__name__)

_ATTEMPTS = 10
"""How often a save is tried again because others saved meanwhile."""

_Told = Callable[[Applied, str, Note, str], None]
"""_Told of what was applied: the change, its reason in a word, who did it and why, and the commit."""


class Keeping:
    """The saved configuration of one service and its running one. ``told`` hears of what was applied from the store."""

    def __init__(
        self, running: RunningTree, store: SavedConfigurations, snapshots: Snapshots | None, told: _Told
    ) -> None:
        self.running = running
        self.store = store
        self.layers = Layers(running)
        self.loaded = LoadedConfiguration({})
        self.following = Following(store.name)
        self.diverged: dict[Segments, tuple[Data, Data]] = {}
        self.defaults: dict[str, Data] = {}
        self._base: Data = {}
        self._left_out = LeftOut()
        self._is_refused = False
        self._snapshots = snapshots
        self._told = told
        self._saving = asyncio.Lock()
        self._unsaved: tuple[tuple[LoadedConfiguration, Data], list[NodeDifference]] | None = None
        self._generation: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, *, refuse_misfits: bool, fail_fast: bool) -> None:
        """Load what is saved and apply it; where the store cannot be reached, the last snapshot of it."""
        self.defaults = self.running.known
        if self.running.model is not None:
            self.defaults = {**self.defaults, **self.running.model.defaults()}
        try:
            await self.store.open()
            self._generation = await self.store.generation()
            self.loaded = await self.store.load()
            self.following.in_touch("store")
        except InvalidSettings:
            raise  # no waiting mends it
        except GitConfigError as error:
            found = None if fail_fast or self._snapshots is None else self._snapshots.read()
            if found is None and (fail_fast or not self.store.name.startswith("http")):
                raise
            self.following.out_of_touch(error, "cache" if found else "defaults")
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
        async with self._saving:  # what is loaded beside a save of ours would be older than that, and take it back
            return await self._sync()

    async def catch_up(self) -> None:
        """The same, where anything was saved since."""
        async with self._saving:
            if await self.store.generation() != self._generation:
                await self._sync()

    async def _sync(self) -> Applied:
        generation = await self.store.generation()
        loaded = await self.store.load()
        self.following.in_touch("store")
        theirs = overlaid(self.defaults, self.layers.effective(loaded))
        base = self._left_out.base(self._base, theirs)
        applied = Applied() if is_same(base, theirs) else await self._join(base, theirs)
        # Only now: whatever was raised above, the next look finds the same news again.
        self.loaded, self._generation = loaded, generation
        await self._keep_snapshot()
        if applied.changed:
            self._told(applied, "save", Note(loaded.message, loaded.author), loaded.commit)
        return applied

    async def save(self, note: Note, prefer: str = "") -> Saved | None:
        """Save what is running; ``prefer`` says which side is right where keys diverged. None: nothing differs.

        Raises Diverged, Unsettled, Misfit, CannotBeSaved, and what the store raises.
        """
        async with self._saving:
            for _ in range(_ATTEMPTS):
                try:
                    return await self._save(note, prefer)
                except PreconditionFailed:
                    await self._sync()
            return await self._save(note, prefer)

    async def restore(self, name: str | None) -> Applied:
        """Let running be as it is saved, or as it was under ``name``."""
        if name is None:
            loaded = await self.store.load()
            data = self.layers.effective(loaded)
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
        data = self.layers.effective(self.loaded)
        applied = await self.running.change((), lambda old: data, text=True)
        self._agreed()
        await self._keep_snapshot()
        return applied

    async def effective_of(self, name: str) -> Data:
        """What was saved under a name, over what is inherited now."""
        return self.layers.effective(LoadedConfiguration(await self.store.load_saved(name), self.loaded.inherited))

    async def prune(self, cutoff: datetime) -> int:
        """Hide what was saved before."""
        return await self.store.archive(cutoff)

    def _agreed(self) -> None:
        """What is saved and what is running are one again."""
        self._base = overlaid(self.defaults, self.layers.effective(self.loaded))
        self._left_out.clear()
        self._is_refused = False
        self.diverged.clear()

    def unsaved(self) -> list[NodeDifference]:
        """What running holds that a restart would lose; what only has its default is not counted."""
        sides = (self.loaded, self.running.known)
        if self._unsaved is None or any(one is not other for one, other in zip(self._unsaved[0], sides, strict=True)):
            found = differences(self.layers.effective(self.loaded), self.running.known)
            kept = [one for one in found if not is_meant(one.old, one.new) and not self._is_default(one)]
            self._unsaved = sides, kept  # both are exchanged as wholes, so that nothing has to be compared until then
        return self._unsaved[1]

    def _is_default(self, one: NodeDifference) -> bool:
        """Whether it is missing in the store and as the service has it by itself."""
        if one.op is not Op.ADD:
            return one.op is Op.REMOVE and any(one.path == refused.path for refused in self.following.refused)
        default = found_or_missing(self.defaults, one.segments)
        if default is MISSING:
            default = self.running.bindings.default_of(one.segments)
        return default is not MISSING and is_same(default, one.new)

    async def _apply_first(self, refuse_misfits: bool) -> None:
        self._agreed()
        if self.loaded.version is None and not self.loaded.inherited and self.running.model is None:
            return  # nothing is saved, so the service stays as it is
        data = self.layers.effective(self.loaded)
        found: dict[Problem, None] = {}
        for _ in range(_ATTEMPTS):
            if not (problems := await self.running.problems_with(data)):
                break
            found |= dict.fromkeys(problems)  # what is left out may bring to light what does not fit without it
            data = without_misfits(data, tuple(problems))
        own = [one for one in found if found_or_missing(self.loaded.own, split_path(one.path)) is not MISSING]
        if own and refuse_misfits:
            raise Misfit(own)
        self.following.refuse(own)
        try:
            await self.running.change((), lambda old: data, text=True)
        except (ApplyFailed, Misfit) as error:
            no_version = self.running.model is not None and self.running.model.version is None
            if refuse_misfits or no_version:
                raise
            self.following.refuse([*own, Problem(getattr(error, "path", ""), str(error))])
        if self.following.refused:
            present = self.running.configured(self.running.known)
            hopeless = {split_path(one.path) for one in self.following.refused if one.kind}
            self._left_out.note(overlaid(present, self._base), present, hopeless)

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
        self._is_refused = bool(refused)
        if refused:  # running stays as it was, and so does what the next one is compared with
            conflicts = [one.segments for one in differences(base, theirs)]
        else:
            self._base = theirs
            self._left_out.forget(theirs, self.running.known)
        self.following.refuse(refused or [one for one in self.following.refused if self._is_out(theirs, one)])
        for path in conflicts:
            self.diverged[path] = (found_or_missing(self.running.known, path), found_or_missing(theirs, path))
        for path in list(self.diverged):
            if is_same(found_or_missing(self.running.known, path), found_or_missing(theirs, path)):
                del self.diverged[path]
        return applied

    def _is_out(self, theirs: Data, problem: Problem) -> bool:
        """Whether what was refused at the start is saved still, and does not run."""
        path = split_path(problem.path)
        stored = found_or_missing(theirs, path)
        return bool(path) and stored is not MISSING and not is_same(found_or_missing(self.running.known, path), stored)

    async def _save(self, note: Note, prefer: str) -> Saved | None:
        if self.diverged and prefer not in ("running", "saved"):
            raise Diverged([(join_path(one), *map(_shown, sides)) for one, sides in self.diverged.items()])
        if prefer == "saved":
            for path, (_, theirs) in list(self.diverged.items()):
                await self.running.change((), partial(_replaced, path, theirs), text=True)
        self.running.unknowns.check()
        data = await self.running.refresh()
        self.running.unknowns.check()  # a change may have failed while that was read
        if self.running.model is not None:
            self.running.model.check_savable()
        own = await self.running.calls.apart(self.layers.to_store, data, self.loaded, self.following.refused)
        self.loaded, is_saved = await self.store.save(self.loaded, own, note, prefer)
        self._generation = self.loaded.commit or await self.store.generation()
        self.following.in_touch("store")
        await self.running.calls.apart(self._agreed)
        await self._keep_snapshot()
        return next(iter(await self.store.versions(1)), None) if is_saved else None

    async def _follow(self, seconds: float) -> None:
        while True:
            try:
                generation = await self.store.look(seconds * random.uniform(0.9, 1.1))
                if generation != self._generation:
                    await self.sync()
                else:
                    self.following.in_touch("store")
            except GitConfigError as error:
                self.following.out_of_touch(error)
            except Exception as error:  # whatever a third party raises: the service goes on
                log.exception("following %s failed", self.store.name)
                self.following.out_of_touch(error)

    async def _keep_snapshot(self) -> None:
        """Keep what was loaded, if the service takes it: one that is refused is nothing to start from."""
        if self._left_out or self._is_refused:
            return
        if self._snapshots is not None and self.following.source == "store":
            await asyncio.to_thread(self._snapshots.write, self.loaded)


def _shown(value: Data) -> Any:
    return None if value is MISSING else masked(value)


def _replaced(path: Segments, value: Data, old: Data) -> Data:
    return replaced(old, path, value)

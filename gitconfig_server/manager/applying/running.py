"""The running configuration: one change at a time, in a task of its own, all of it or nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from gitconfig_server.manager.applying.carrying import Carrier
from gitconfig_server.manager.applying.doing import Reaction
from gitconfig_server.manager.applying.planning import Plan, Planner, PlanStep
from gitconfig_server.manager.applying.reading import Reader
from gitconfig_server.manager.applying.turns import WAIT_SECONDS, Turns
from gitconfig_server.manager.applying.unknowns import Unknowns
from gitconfig_server.manager.bindings.bindings import Bindings
from gitconfig_server.manager.bindings.calls import Calls
from gitconfig_server.manager.errors import LookupFailed, Misfit, NotAllowed, Problem
from gitconfig_server.manager.nodes.differences import NodeDifference, differences
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.tree import Object
from gitconfig_server.manager.nodes.values import (
    MISSING,
    Data,
    checked,
    find_data,
    found_or_missing,
    replaced,
    unmasked,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from gitconfig_server.manager.applying.models import ModelPart  # whoever has no model needs no pydantic

log = logging.getLogger(__name__)

_HOLDERS = (dict, list)

TreeCheck = Callable[[Any], Any]
Compute = Callable[[Data], Data]


class Applied(Struct, frozen=True):
    """What a change did. ``restart_required``: paths that only a restart of the service puts in force."""

    changes: tuple[NodeDifference, ...] = ()
    restart_required: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything differs now."""
        return bool(self.changes)


class RunningTree:
    """What is in force in this process: of bound methods, of a model, and of nodes that were put in by hand.

    ``free``: any name can be set, since nothing says which there are.
    """

    def __init__(
        self, service: object | None, classes: Sequence[type], model: ModelPart[BaseModel] | None, nodes: Object
    ) -> None:
        self.calls = Calls(lambda path, ended: self.unknowns.settle(path, ended))
        self.bindings = Bindings(self.calls, service, classes)
        self.model = model
        self.nodes = nodes
        self._reader = Reader(self.bindings, model, nodes)
        self.checks: list[TreeCheck] = []
        self.known: dict[str, Data] = {}
        self.generation = 0
        self._bound_service = service is not None
        self.turns = Turns(self.calls)
        self.unknowns = Unknowns(self.calls, self.turns, self._put_right)

    @property
    def free(self) -> bool:
        """Whether nothing says which names there are."""
        return not self._bound_service and self.model is None and self.bindings.is_empty

    async def start(self) -> None:
        """Note what the service holds before anything is changed."""
        self.calls.start()
        if self._bound_service and self.bindings.is_empty:
            log.warning("no accessors were found, so nothing can be configured (%s", self.bindings.looked_at)
        await self.bindings.note_defaults(self.bindings.root())
        self.known = await self._reader.read_configured(lenient=True)

    def stop(self) -> None:
        """Let the threads go."""
        self.calls.stop()

    async def read(self, path: Segments = (), *, shown: bool = True, problems: list[Problem] | None = None) -> Data:
        """What stands at ``path``; LookupFailed. While a change is under way: as it was before it."""
        if self.turns.is_applying:
            return find_data(self.known, path)
        return await self._reader.read(path, shown, problems)

    async def refresh(self) -> dict[str, Data]:
        """What can be saved, as it is now; the service may have changed it. Misfit where something cannot be read."""
        if not self.turns.is_applying:
            self.known = await self._reader.read_configured()
        return self.known

    async def change(
        self, path: Segments, compute: Compute, *, text: bool = False, wait: float = WAIT_SECONDS
    ) -> Applied:
        """Let ``compute`` say from what stands at ``path`` (MISSING: nothing) what is to stand there, and apply that.

        A cancelled caller stops nothing. Raises Misfit, ApplyFailed, Busy, LookupFailed, ApplyInProgress.
        """
        return await self.turns.alone(lambda: self._change(path, compute, text), wait=wait)

    def configured(self, whole: dict[str, Data]) -> dict[str, Data]:
        """Of what is shown, that which can be saved."""
        return self._reader.without_read_only(whole)

    def has_place(self, path: Segments) -> bool:
        """Whether anything can stand at a path; of what is not bound the top-level name tells."""
        return self.free or self._reader.is_apart(path[0]) or self.bindings.site(path).exists

    def check_place(self, path: Segments) -> None:
        """LookupFailed where nothing can stand at a path, NotAllowed where it cannot be set."""
        if not path or self.free or self._reader.is_apart(path[0]):
            return
        for end in range(1, len(path) + 1):
            site = self.bindings.site(path[:end])
            if not site.exists:
                others = self.model.names if self.model is not None else ()
                planner = Planner(self.bindings, self.nodes, free=False, others=others)
                raise LookupFailed(path[end - 1], join_path(path[:end]), planner.unknown(path[:end]))
            if site.is_leaf and site.find("set", unmade=True) is None:
                raise NotAllowed(join_path(path[:end]), "is read-only", ("GET",))
            if site.is_leaf:
                return

    async def problems_with(self, new: Data) -> list[Problem]:
        """Everything that stands against a whole configuration; nothing is changed."""
        old = await self._reader.read((), True, [])
        try:
            plan, model, _ = await self._planned((), old, new, text=True)
        except Misfit as error:
            return list(error.problems)
        return plan.problems or await self._checked(model, new)

    async def _change(self, path: Segments, compute: Compute, text: bool) -> Applied:
        old = await self._reader.read_or_missing(path)
        if old is MISSING and len(path) > 1 and not self.bindings.is_empty and not self._reader.is_apart(path[0]):
            await self._reader.reach(path[:-1], [])  # what stands beneath something must have that to stand beneath
        new = await self.calls.beside(old, compute, old) if isinstance(old, _HOLDERS) else compute(old)
        if new is not MISSING:
            new = await self.calls.beside(new, _checked_data, new, old, path)
        plan, model, found = await self._planned(path, old, new, text=text)
        if plan.problems:
            raise _refusal(plan.problems, path)
        if self.checks and (problems := await self._checked(model, new if not path else MISSING, path, new)):
            raise Misfit(problems)
        reactions, before = self._reactions(model, found), self.model.version if self.model else None
        carrier = Carrier(self.bindings, plan, reactions, lambda: self._take(model))
        before_it = await self.calls.beside(old, self._reader.savable, path, old)
        try:
            await carrier.carry_out(lambda: self._take(before if model is not None else None))
        except Exception as error:
            self.unknowns.note(error, carrier.late)
            raise
        after = await self._note(path)
        if self.model and not plan.steps():
            changes = tuple(found)
        else:
            changes = tuple(await self._differences(before_it, after, path))
        self.generation += bool(changes)
        return Applied(changes, tuple(self.model.restart_required(list(changes))) if self.model else ())

    async def _planned(
        self, path: Segments, old: Data, new: Data, *, text: bool
    ) -> tuple[Plan, BaseModel | None, list[NodeDifference]]:
        """The steps for what is bound, and the model's new version with what differs in it, where that changes."""
        model: BaseModel | None = None
        found: list[NodeDifference] = []
        if self.model is not None and (not path or path[0] in self.model.names):
            names = self.model.names
            whole = self._model_data(path, new, names)
            model = self.model.validated(whole, text=text)
            found = self.model.news(model)
            if not found and self.model.version is not None:
                model = None
            if path:
                return Plan(), model, found
            old, new = ({name: one for name, one in data.items() if name not in names} for data in (old, new))
        others = self.model.names if self.model is not None else ()
        planner = Planner(self.bindings, self.nodes, free=self.free, text=text, others=others)
        return await self.calls.beside([old, new], planner.plan, path, old, new), model, found

    def _model_data(self, path: Segments, new: Data, names: list[str]) -> dict[str, Data]:
        assert self.model is not None
        if not path:
            if not isinstance(new, dict):
                raise Misfit([Problem("", "expected a map")])
            return {name: value for name, value in new.items() if name in names}
        whole: dict[str, Data] = replaced(self.model.data, path, new)
        return whole

    async def _checked(
        self, model: BaseModel | None, whole: Data, path: Segments = (), new: Data = MISSING
    ) -> list[Problem]:
        """What the checks say of the new version of the model, or of the whole new configuration."""
        if whole is MISSING:
            whole = new if not path else replaced(self.known, path, new)
        subject: Any = whole if self.model is None else model or self.model.version
        return [
            one for found in await asyncio.gather(*(_ask(check, subject) for check in self.checks)) for one in found
        ]

    def _reactions(self, model: BaseModel | None, found: list[NodeDifference]) -> list[Reaction]:
        if self.model is None or model is None:
            return []
        return self.model.reactions(found, self.model.version, model)

    def _take(self, model: BaseModel | None) -> None:
        if self.model is not None and model is not None:
            self.model.take(model)

    async def _note(self, path: Segments) -> Data:
        """Read again what was changed, so that the last whole tree is right; what can be saved of it."""
        self.unknowns.forget(path)
        if path:
            try:
                present = await self._reader.read(path, True, None)
                value = await self.calls.beside(present, self._reader.savable, path, present)
                self.known = replaced(self.known, path, value)
                return value
            except (LookupFailed, Misfit):
                pass  # it is gone, or its parent is new: all of it is read
        self.known = await self._reader.read_configured(lenient=True)
        return found_or_missing(self.known, path)

    async def _differences(self, old: Data, new: Data, path: Segments) -> list[NodeDifference]:
        """What differs at and beneath ``path``."""
        if old is MISSING and new is MISSING:
            return []
        return await self.calls.beside(new, lambda: list(differences(old, new, path)))

    async def _put_right(self, path: Segments, done: PlanStep | Reaction | None, made: object) -> None:
        """Let a path be what it should be: take back what was done too late, then compare."""
        wanted = found_or_missing(self.known, path)
        if done is not None:
            await Carrier(self.bindings, Plan(), (), lambda: None).take_back(done, made, wanted)
        if not path or self._reader.is_of_model(path[0]):
            return
        present = await self._reader.read_or_missing(path)
        plan = Planner(self.bindings, self.nodes, free=self.free).plan(path, present, wanted)
        await Carrier(self.bindings, plan, (), lambda: None).carry_out(lambda: None)


def _checked_data(new: Data, old: Data, path: Segments) -> Data:
    return unmasked(checked(new, path), old)


def _refusal(problems: Sequence[Problem], path: Segments) -> Exception:
    """The error for what stands against a change at ``path``: where that itself is the trouble, it says so."""
    one = problems[0]
    if len(problems) == 1 and one.path == join_path(path):
        if one.kind == "unknown":
            return LookupFailed(path[-1], one.path, one.reason)
        if one.kind in ("read-only", "fixed"):
            return NotAllowed(one.path, one.reason, ("GET",) if one.kind == "read-only" else ())
    return Misfit(problems)


async def _ask(check: TreeCheck, subject: Any) -> list[Problem]:
    try:
        said = check(subject)
        if asyncio.iscoroutine(said):
            await said
    except Misfit as error:
        return list(error.problems)
    except Exception as error:  # a check may raise anything; all of it refuses
        name = str(error) if isinstance(error, ValueError | TypeError) else f"{type(error).__name__}: {error}"
        path, colon, reason = name.partition(": ")
        return [Problem(path, reason) if colon and " " not in path else Problem("", name)]
    return []

"""The running configuration: one change at a time, in a task of its own, all of it or nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from gitconfig_server.manager.applying.carrying import Carrier, Reaction
from gitconfig_server.manager.applying.models import ModelPart
from gitconfig_server.manager.applying.planning import Plan, Planner
from gitconfig_server.manager.bindings.bindings import Bindings
from gitconfig_server.manager.bindings.branches import Site
from gitconfig_server.manager.bindings.calls import Calls
from gitconfig_server.manager.bindings.types import plain_model
from gitconfig_server.manager.eager import begin
from gitconfig_server.manager.errors import ApplyInProgress, Busy, LookupFailed, Misfit, NotAllowed, Problem
from gitconfig_server.manager.nodes.differences import Difference, differences
from gitconfig_server.manager.nodes.paths import Segments, join_path, split_path
from gitconfig_server.manager.nodes.tree import Object, find_node, to_data
from gitconfig_server.manager.nodes.values import (
    MISSING,
    Data,
    checked,
    find_data,
    found_or_missing,
    replaced,
    unmasked,
)

T = TypeVar("T")
log = logging.getLogger(__name__)

_WAIT_SECONDS = 10.0
"""How long a caller waits for the changes before its own."""
_LARGE = 200
"""Values from which on planning is done beside the loop."""

Check = Callable[[Any], Any]
Compute = Callable[[Data], Data]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change did. ``restart_required``: paths that only a restart of the service puts in force."""

    changes: tuple[Difference, ...] = ()
    restart_required: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything differs now."""
        return bool(self.changes)


class Running:
    """What is in force in this process: of bound methods, of a model, and of nodes that were put in by hand.

    ``free``: any name can be set, since nothing says which there are.
    """

    def __init__(
        self, service: object | None, classes: Sequence[type], model: ModelPart[BaseModel] | None, nodes: Object
    ) -> None:
        self.calls = Calls(self._settled)
        self.bindings = Bindings(self.calls, service, classes)
        self.model = model
        self.nodes = nodes
        self.checks: list[Check] = []
        self.unknown: dict[str, str] = {}
        self.known: dict[str, Data] = {}
        self.generation = 0
        self._bound_service = service is not None
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._applying: asyncio.Future[Any] | None = None
        self._is_beginning = False

    @property
    def free(self) -> bool:
        """Whether nothing says which names there are."""
        return not self._bound_service and self.model is None and self.bindings.is_empty

    @property
    def is_applying(self) -> bool:
        """Whether a change is under way."""
        return self._applying is not None or self._is_beginning

    async def start(self) -> None:
        """Note what the service holds before anything is changed."""
        self.calls.start()
        if self._bound_service and self.bindings.is_empty:
            log.warning("no accessors were found, so nothing can be configured (%s", self.bindings.looked_at)
        await self.bindings.note_defaults(self.bindings.root())
        self.known = await self._configured(lenient=True)

    def stop(self) -> None:
        """Let the threads go."""
        self.calls.stop()

    async def read(self, path: Segments = (), *, shown: bool = True, problems: list[Problem] | None = None) -> Data:
        """What stands at ``path``; LookupFailed. While a change is under way: as it was before it."""
        if self.is_applying:
            return find_data(self.known, path)
        return await self._live(path, shown, problems)

    async def refresh(self) -> dict[str, Data]:
        """What can be saved, as it is now; the service may have changed it. Misfit where something cannot be read."""
        if not self.is_applying:
            self.known = await self._configured()
        return self.known

    async def change(
        self, path: Segments, compute: Compute, *, text: bool = False, wait: float = _WAIT_SECONDS
    ) -> Applied:
        """Let ``compute`` say from what stands at ``path`` (MISSING: nothing) what is to stand there, and apply that.

        A cancelled caller stops nothing. Raises Misfit, ApplyFailed, Busy, LookupFailed, ApplyInProgress.
        """
        return await self.alone(lambda: self._change(path, compute, text), wait=wait)

    async def alone(self, work: Callable[[], Coroutine[Any, Any, T]], *, wait: float = _WAIT_SECONDS) -> T:
        """Run ``work`` while no other change is under way; it goes on in a task of its own where it has to wait."""
        current = asyncio.current_task()
        if self._is_beginning or (current is not None and (current is self._applying or current in self.calls.inside)):
            raise ApplyInProgress("an accessor cannot change its own configuration while that is being applied")
        await self._turn(wait)
        self._is_beginning = True
        self.calls.begin_turn()
        try:
            begun = begin(work())
        finally:
            self._is_beginning = False
        if begun.done():
            self._lock.release()
            return begun.result()
        self._applying = begun
        begun.add_done_callback(self._finished)
        return await asyncio.shield(begun)

    async def idle(self) -> None:
        """Return once no change is under way."""
        while (task := self._applying) is not None:
            await asyncio.wait([task])
            await asyncio.sleep(0)

    def configured(self, whole: dict[str, Data]) -> dict[str, Data]:
        """Of what is shown, that which can be saved."""
        return self._without_read_only(whole)

    def has_place(self, path: Segments) -> bool:
        """Whether anything can stand at a path; of what is not bound the top-level name tells."""
        return self.free or self._is_apart(path[0]) or self.bindings.site(path).exists

    async def problems_with(self, new: Data) -> list[Problem]:
        """Everything that stands against a whole configuration; nothing is changed."""
        old = await self._live((), True, [])
        try:
            plan, model, _ = await self._planned((), old, new, text=True)
        except Misfit as error:
            return list(error.problems)
        return plan.problems or await self._checked(model, new)

    async def _change(self, path: Segments, compute: Compute, text: bool) -> Applied:
        old = await self._old(path)
        if old is MISSING and len(path) > 1 and not self.bindings.is_empty and not self._is_apart(path[0]):
            await self._reached(path[:-1], [])  # what stands beneath something must have that to stand beneath
        new = compute(old)
        if new is not MISSING:
            new = unmasked(checked(new, path), old)
        plan, model, found = await self._planned(path, old, new, text=text)
        if plan.problems:
            raise _refusal(plan.problems, path)
        if self.checks and (problems := await self._checked(model, new if not path else MISSING, path, new)):
            raise Misfit(problems)
        reactions, before = self._reactions(model, found), self.model.version if self.model else None
        carrier = Carrier(self.bindings, plan, reactions, lambda: self._take(model))
        before_it = self._savable(path, old)
        try:
            await carrier.carry_out(lambda: self._take(before if model is not None else None))
        except Exception as error:
            for one in getattr(error, "unknown", ()):
                self.unknown[one] = str(error)
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
    ) -> tuple[Plan, BaseModel | None, list[Difference]]:
        """The steps for what is bound, and the model's new version with what differs in it, where that changes."""
        model: BaseModel | None = None
        found: list[Difference] = []
        if self.model is not None and (not path or path[0] in self.model.names):
            names = self.model.names
            whole = self._model_data(path, new, names)
            model = self.model.validated(whole, text=text)
            found = list(differences(self.model.data, plain_model(model)))
            if not found and self.model.version is not None:
                model = None
            if path:
                return Plan(), model, found
            old, new = ({name: one for name, one in data.items() if name not in names} for data in (old, new))
        others = self.model.names if self.model is not None else ()
        planner = Planner(self.bindings, self.nodes, free=self.free, text=text, others=others)
        if self._is_large(old) or self._is_large(new):
            return await self.calls.apart(planner.plan, path, old, new), model, found
        return planner.plan(path, old, new), model, found

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

    def _reactions(self, model: BaseModel | None, found: list[Difference]) -> list[Reaction]:
        if self.model is None or model is None:
            return []
        return self.model.reactions(found, self.model.version, model)

    def _take(self, model: BaseModel | None) -> None:
        if self.model is not None and model is not None:
            self.model.take(model)

    async def _old(self, path: Segments) -> Data:
        """What stands at a path now, read-only values included; MISSING where nothing does and something may."""
        try:
            return await self._live(path, True, [])
        except LookupFailed:
            return MISSING

    async def _live(self, path: Segments, shown: bool, problems: list[Problem] | None) -> Data:
        if not path:
            whole = await self.bindings.read(self.bindings.root(), shown=shown, problems=problems)
            model = self.model.data if self.model else {}
            return {**model, **whole, **await self._read_nodes(problems)}
        if self.model is not None and path[0] in self.model.names:
            return find_data(self.model.data, path)
        if self.nodes.has_child(path[0]):
            value = to_data(find_node(self.nodes, path))
            if value is MISSING:
                raise LookupFailed(path[-1], join_path(path), "it may not be read")
            return value
        return await self._live_bound(path, shown, problems)

    async def _read_nodes(self, problems: list[Problem] | None) -> dict[str, Data]:
        """The nodes put in by hand; a getter of theirs that raises is noted."""
        found: dict[str, Data] = {}
        for name, node in self.nodes.items():
            await self.calls.breathe()
            try:
                value = to_data(node)
            except Exception as error:  # any getter may raise anything
                problem = Problem(name, f"cannot be read: {type(error).__name__}: {error}")
                if problems is None:
                    raise Misfit([problem]) from error
                problems.append(problem)
                continue
            if value is not MISSING:
                found[name] = value
        return found

    async def _live_bound(self, path: Segments, shown: bool, problems: list[Problem] | None) -> Data:
        """Read at a site; beneath a leaf the value itself is walked."""
        if (known := self.bindings.site(path)).is_fixed:
            return await self._value_at(known, path, shown, problems)
        site, end = await self._reached(path, problems)
        if end < len(path):
            return find_data(await self.bindings.read(site, shown=shown, problems=problems), path[end:])
        return await self._value_at(site, path, shown, problems)

    async def _reached(self, path: Segments, problems: list[Problem] | None) -> tuple[Site, int]:
        """The site at a path, or the leaf on the way, and how many names lead there; LookupFailed."""
        site = self.bindings.root()
        for position, segment in enumerate(path):
            if site.is_leaf:
                return site, position
            is_known = segment in site.names() or segment in (await self.bindings.names_beneath(site, problems))[0]
            if not is_known:
                raise LookupFailed(segment, join_path(path[: position + 1]))
            site = self.bindings.below(site, segment)
        return site, len(path)

    async def _value_at(self, site: Site, path: Segments, shown: bool, problems: list[Problem] | None) -> Data:
        value = await self.bindings.read(site, shown=shown, problems=problems)
        if value is MISSING:
            hint = "it has no value that can be read" if not problems else str(problems[0])
            raise LookupFailed(path[-1], join_path(path), hint)
        return value

    async def _configured(self, *, lenient: bool = False) -> dict[str, Data]:
        """What can be saved, as it is now; Misfit where some of it cannot be read, unless ``lenient``."""
        problems: list[Problem] = []
        whole = self._without_read_only(await self._live((), True, problems))
        lost = [one for one in problems if self._can_be_set(one.path)]
        if lost and not lenient:
            raise Misfit(lost)
        return whole

    def _can_be_set(self, path: str) -> bool:
        site = self.bindings.site(split_path(path))
        return not site.is_leaf or site.find("set") is not None

    def _without_read_only(self, whole: dict[str, Data]) -> dict[str, Data]:
        bound = {name: one for name, one in whole.items() if not self._is_apart(name)}
        kept = self.bindings.configured(self.bindings.root(), bound)
        return {name: kept.get(name, one) for name, one in whole.items() if name in kept or self._is_apart(name)}

    def _is_apart(self, name: str) -> bool:
        return self.nodes.has_child(name) or (self.model is not None and name in self.model.names)

    async def _note(self, path: Segments) -> Data:
        """Read again what was changed, so that the last whole tree is right; what can be saved of it."""
        if self.unknown:
            self.unknown = {one: why for one, why in self.unknown.items() if not _beneath(one, join_path(path))}
        if path:
            try:
                value = self._savable(path, await self._live(path, True, None))
                self.known = replaced(self.known, path, value)
                return value
            except (LookupFailed, Misfit):
                pass  # it is gone, or its parent is new: all of it is read
        self.known = await self._configured(lenient=True)
        return found_or_missing(self.known, path)

    def _savable(self, path: Segments, data: Data) -> Data:
        """Of what was read at ``path`` just now, that which can be saved."""
        if data is MISSING:
            return MISSING
        if not path:
            return self._without_read_only(data)
        return data if self._is_apart(path[0]) else self.bindings.configured(self.bindings.site(path), data)

    async def _differences(self, old: Data, new: Data, path: Segments) -> list[Difference]:
        """What differs at and beneath ``path``."""
        if old is MISSING and new is MISSING:
            return []
        if self._is_large(new):
            return await self.calls.apart(lambda: list(differences(old, new, path)))
        return list(differences(old, new, path))

    async def _turn(self, wait: float) -> None:
        """Hold the lock; Busy where that takes longer than ``wait`` seconds."""
        if not self._lock.locked() and not self._waiting:
            await self._lock.acquire()  # at once: a limit costs more than the change
            return
        self._waiting += 1
        try:
            await asyncio.wait_for(self._lock.acquire(), wait)
        except TimeoutError:
            raise Busy(f"another change has been under way for {wait:g} s: try again") from None
        finally:
            self._waiting -= 1

    def _finished(self, task: asyncio.Future[Any]) -> None:
        self._applying = None
        self._lock.release()
        if not task.cancelled():
            task.exception()  # the caller, if it still waits, gets it from the task

    def _settled(self, path: Segments) -> None:
        """An accessor ended after its limit: see what its path holds, and let it be what it should be."""
        task = asyncio.ensure_future(self._settle(path))
        self.calls.inside.add(task)
        task.add_done_callback(self.calls.inside.discard)

    async def _settle(self, path: Segments) -> None:
        wanted = found_or_missing(self.known, path)
        self.unknown.pop(join_path(path), None)
        if wanted is MISSING or (self.model is not None and path and path[0] in self.model.names):
            return
        async with self._lock:
            plan = Planner(self.bindings, self.nodes, free=self.free).plan(path, await self._old(path), wanted)
            try:
                await Carrier(self.bindings, plan, (), lambda: None).carry_out(lambda: None)
            except Exception as error:  # whatever an accessor raises
                self.unknown[join_path(path)] = str(error)
                log.warning("%s could not be put back: %s", join_path(path), error)

    @staticmethod
    def _is_large(data: Data) -> bool:
        return isinstance(data, dict | list) and _count(data, _LARGE) >= _LARGE


def _refusal(problems: Sequence[Problem], path: Segments) -> Exception:
    """The error for what stands against a change at ``path``: where that itself is the trouble, it says so."""
    one = problems[0]
    if len(problems) == 1 and one.path == join_path(path):
        if one.kind == "unknown":
            return LookupFailed(path[-1], one.path, one.reason)
        if one.kind in ("read-only", "fixed"):
            return NotAllowed(one.path, one.reason, ("GET",) if one.kind == "read-only" else ())
    return Misfit(problems)


async def _ask(check: Check, subject: Any) -> list[Problem]:
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


def _count(data: Data, limit: int) -> int:
    """The number of values, counted up to a limit."""
    total, left = 0, [data]
    while left and total < limit:
        one = left.pop()
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        total += len(inner)
        left.extend(inner)
    return total


def _beneath(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith(prefix + "/")

"""Carrying out a plan: prepare, swap, and back again where something fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from msgspec import Struct

from gitconfig_server.manager.applying.doing import Doer, Reaction
from gitconfig_server.manager.applying.planning import Do, Plan, PlanStep
from gitconfig_server.manager.bindings.bindings import Bindings
from gitconfig_server.manager.bindings.calls import Prepared
from gitconfig_server.manager.errors import ApplyFailed, Busy, Misfit, NotAllowed, Problem, TimedOut
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.tree import Node, Object, Property
from gitconfig_server.manager.nodes.values import MISSING, Data, is_same

log = logging.getLogger(__name__)

_REFUSALS = (ValueError, TypeError, Busy)
"""What an accessor raises to say that it has changed nothing, and what is raised where it was not called."""


class _Undone(Struct):
    """What became of the way back."""

    unknown: list[str] = []
    recreated: list[str] = []


class Carrier:
    """Carries out one plan. ``commit`` is called when everything but the deletions has succeeded; it must not fail.

    ``late``: what ran out of time and may still be carried out.
    """

    def __init__(
        self, bindings: Bindings, plan: Plan, reactions: Sequence[Reaction], commit: Callable[[], None]
    ) -> None:
        self._bindings = bindings
        self._calls = bindings.calls
        self._doer = Doer(bindings)
        self._plan = plan
        self._reactions = reactions
        self._commit = commit
        self.late: PlanStep | Reaction | None = None
        self._prepared: dict[int, Prepared] = {}
        self._done: list[tuple[PlanStep | Reaction, object]] = []

    async def carry_out(self, rollback: Callable[[], None]) -> None:
        """Do it all. Raises ApplyFailed when everything is as before, but for what the error names.

        ``rollback`` takes back what ``commit`` did, where a deletion fails after it.
        """
        steps = self._plan.steps()
        work: list[PlanStep | Reaction] = [*steps[: len(steps) - len(self._plan.deletes)], *self._reactions]
        await self._prepare(work)
        for one in work:
            await self._attempt(one, lambda: None)
        self._commit()
        for step in self._plan.deletes:
            await self._attempt(step, rollback)

    async def take_back(self, one: PlanStep | Reaction, made: object, wanted: Data) -> None:
        """Undo what was carried out too late; ``made`` is what it gave, ``wanted`` what is to stand there."""
        if isinstance(one, Reaction):
            await self._doer.call_back(one)
        elif one.do is Do.SET:
            await self._put_back(one)
        elif one.do is Do.CREATE:
            self._bindings.stand(one.path, made, index=one.index)
            await self._doer.unmake(one)
        elif one.do is Do.DELETE:
            self._bindings.leave(one.path)
            await self._doer.make_again(one, wanted)

    async def _prepare(self, work: Sequence[PlanStep | Reaction]) -> None:
        """Run every generator that can be called already to its ``yield``."""
        for one in work:
            if self._calls.is_late:
                await self._calls.breathe()
            found = one.found if isinstance(one, Reaction) else self._doer.setter(one)
            if found is None or not found.accessor.style.prepares:
                continue
            try:
                self._calls.check_free(one.path)
                values = one.values if isinstance(one, Reaction) else self._doer.values_for(found, one.old, one.value)
                self._prepared[id(one)] = await self._calls.prepare(found, one.path, values)
            except Exception as error:
                await self._abort()
                unknown = [join_path(one.path)] if isinstance(error, TimedOut) and error.lingers else []
                raise self._failure(one, error, _Undone(unknown)) from error

    async def _attempt(self, one: PlanStep | Reaction, rollback: Callable[[], None]) -> None:
        try:
            self._calls.check_free(one.path)
            kept = await self._do(one)
        except Exception as error:
            undone = _Undone()
            self._prepared.pop(id(one), None)
            if not isinstance(error, _REFUSALS):
                await self._mend(one, error, undone)
            await self._undo(undone)
            rollback()
            await self._abort()
            raise self._failure(one, error, undone) from error
        self._done.append((one, kept))
        if self._calls.is_late:
            await self._calls.breathe()

    async def _do(self, one: PlanStep | Reaction) -> object:
        """Do one thing; what is kept of it is what its undoing needs."""
        if (prepared := self._prepared.get(id(one))) is not None:
            await self._calls.swap(prepared)
            self._prepared.pop(id(one))
            return None
        if isinstance(one, Reaction):
            return await self._calls.call(one.found, one.path, one.values)
        return await self._doer.step(one)

    async def _mend(self, one: PlanStep | Reaction, error: Exception, undone: _Undone) -> None:
        """The failed thing itself: nobody knows how far it came, so see, and put it back."""
        lingers = isinstance(error, TimedOut) and error.lingers
        if lingers:
            self.late = one
            undone.unknown.append(join_path(one.path))
            return
        try:
            if isinstance(one, Reaction):
                await self._doer.call_back(one)
            elif one.do is Do.SET:
                await self._put_back(one)
            elif one.do in (Do.CREATE, Do.DELETE):
                await self._see_to(one, undone)
        except Exception:  # an accessor may raise anything; its path is named, and the others are still undone
            log.exception("%s could not be put back", join_path(one.path))
            undone.unknown.append(join_path(one.path))

    async def _see_to(self, step: PlanStep, undone: _Undone) -> None:
        """Only a service that lists what it has can say whether something stands after all, or stands no more."""
        parent = self._bindings.site(step.path[:-1])
        if step.index or parent.find("children") is None:
            undone.unknown.append(join_path(step.path))
            return
        names, _ = await self._bindings.names_beneath(parent)
        if step.do is Do.CREATE and step.path[-1] in names:
            await self._doer.unmake(step)
        elif step.do is Do.DELETE and step.path[-1] not in names:
            await self._doer.make_again(step, step.old)
            undone.recreated.append(join_path(step.path))

    async def _put_back(self, step: PlanStep) -> None:
        site = self._bindings.site(step.path)
        if site.find("get") is not None:
            present = await self._bindings.read(site)
            if is_same(present, step.old):
                return
        if step.old is MISSING:
            raise _nothing_to_put_back(step.path)
        await self._doer.set_data(step.path, step.new, step.old)

    async def _undo(self, undone: _Undone) -> None:
        for one, kept in reversed(self._done):
            try:
                await self._undo_one(one, kept, undone)
            except Exception:  # as above
                log.exception("%s could not be undone", join_path(one.path))
                undone.unknown.append(join_path(one.path))
            if self._calls.is_late:
                await self._calls.breathe()
        self._done.clear()

    async def _undo_one(self, one: PlanStep | Reaction, kept: object, undone: _Undone) -> None:
        if isinstance(one, Reaction):
            await self._doer.call_back(one)
        elif one.do is Do.SET:
            if one.old is MISSING:
                if any(done.do is Do.CREATE and done.path == one.path[: len(done.path)] for done in self._made()):
                    return  # it goes with its object
                raise _nothing_to_put_back(one.path)
            await self._doer.set_data(one.path, one.new, one.old)
        elif one.do is Do.CREATE:
            await self._doer.unmake(one)
        elif one.do is Do.DELETE:
            await self._doer.make_again(one, kept)
            undone.recreated.append(join_path(one.path))
        elif one.do is Do.SET_NODE:
            assert isinstance(one.node, Property)
            one.node.set(one.old)
        else:
            assert isinstance(one.node, Object)
            one.node.put_child(one.path[-1], kept if isinstance(kept, Node) else None)

    async def _abort(self) -> None:
        """Tell everybody who is still prepared, the last first."""
        for prepared in reversed(list(self._prepared.values())):
            await self._calls.abort(prepared)
        self._prepared.clear()

    def _made(self) -> list[PlanStep]:
        return [one for one, _ in self._done if isinstance(one, PlanStep)]

    @staticmethod
    def _failure(one: PlanStep | Reaction, error: Exception, undone: _Undone) -> Exception:
        if isinstance(error, Busy) and not (undone.unknown or undone.recreated):
            return error
        refused = isinstance(error, _REFUSALS)
        reason = str(error) or type(error).__name__
        if not refused and not isinstance(error, TimedOut | NotAllowed):
            reason = f"{type(error).__name__}: {error}"
        if isinstance(error, TimedOut):
            reason = reason.partition(": ")[2] or reason
        return ApplyFailed(
            join_path(one.path), reason, unknown=undone.unknown, recreated=undone.recreated, refused=refused
        )


def _nothing_to_put_back(path: Segments) -> Misfit:
    return Misfit([Problem(join_path(path), "nobody knows what it held before")])

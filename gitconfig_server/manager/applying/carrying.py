"""Carrying out a plan: prepare, swap, and back again where something fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gitconfig_server.manager.applying.planning import Do, Plan, Step
from gitconfig_server.manager.bindings.bindings import Bindings
from gitconfig_server.manager.bindings.branches import Found
from gitconfig_server.manager.bindings.calls import Prepared
from gitconfig_server.manager.bindings.types import to_value
from gitconfig_server.manager.errors import ApplyFailed, Misfit, NotAllowed, TimedOut
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.tree import Node, Object, Property
from gitconfig_server.manager.nodes.values import MISSING, Data, is_same

log = logging.getLogger(__name__)

_REFUSALS = (ValueError, TypeError)
"""What an accessor raises to say that it has changed nothing."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A function that follows the change as a whole: of a model. ``found`` is called with ``values``, (old, new)."""

    found: Found
    path: Segments
    values: tuple[object, object]


@dataclass(slots=True)
class _Undone:
    """What became of the way back."""

    unknown: list[str] = field(default_factory=list)
    recreated: list[str] = field(default_factory=list)


class Carrier:
    """Carries out one plan. ``commit`` is called when everything but the deletions has succeeded; it must not fail."""

    def __init__(
        self, bindings: Bindings, plan: Plan, reactions: Sequence[Reaction], commit: Callable[[], None]
    ) -> None:
        self._bindings = bindings
        self._calls = bindings.calls
        self._plan = plan
        self._reactions = reactions
        self._commit = commit
        self._prepared: dict[int, Prepared] = {}
        self._done: list[tuple[Step | Reaction, object]] = []

    async def carry_out(self, rollback: Callable[[], None]) -> None:
        """Do it all. Raises ApplyFailed when everything is as before, but for what the error names.

        ``rollback`` takes back what ``commit`` did, where a deletion fails after it.
        """
        steps = self._plan.steps()
        work: list[Step | Reaction] = [*steps[: len(steps) - len(self._plan.deletes)], *self._reactions]
        await self._prepare(work)
        for one in work:
            await self._attempt(one, lambda: None)
        self._commit()
        for step in self._plan.deletes:
            await self._attempt(step, rollback)

    async def _prepare(self, work: Sequence[Step | Reaction]) -> None:
        """Run every generator that can be called already to its ``yield``."""
        for one in work:
            found = one.found if isinstance(one, Reaction) else self._setter(one)
            if found is None or not found.accessor.style.prepares:
                continue
            try:
                self._calls.check_free(one.path)
                values = one.values if isinstance(one, Reaction) else self._values(found, one.old, one.value)
                self._prepared[id(one)] = await self._calls.prepare(found, one.path, values)
            except Exception as error:
                await self._abort()
                unknown = [join_path(one.path)] if isinstance(error, TimedOut) and error.lingers else []
                raise self._failure(one, error, _Undone(unknown)) from error
            await self._calls.breathe()

    async def _attempt(self, one: Step | Reaction, rollback: Callable[[], None]) -> None:
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
        await self._calls.breathe()

    async def _do(self, one: Step | Reaction) -> object:
        """Do one thing; what is kept of it is what its undoing needs."""
        if (prepared := self._prepared.get(id(one))) is not None:
            await self._calls.swap(prepared)
            self._prepared.pop(id(one))
            return None
        if isinstance(one, Reaction):
            return await self._calls.call(one.found, one.path, one.values)
        return await self._step(one)

    async def _step(self, step: Step) -> object:
        if step.do is Do.SET:
            await self._set(step.path, step.old, step.new, step.value)
            return None
        if step.do is Do.CREATE:
            await self._create(step)
            return None
        if step.do is Do.DELETE:
            return await self._delete(step)
        if step.do is Do.SET_NODE:
            assert isinstance(step.node, Property)
            _set_node(step.node, step.value, step.path)
            return None
        assert isinstance(step.value, Node | None)
        return _put_node(step)

    async def _set(self, path: Segments, old: Data, new: Data, value: object) -> None:
        found = self._bindings.site(path).find("set")
        if found is None:
            raise NotAllowed(join_path(path), "is read-only")
        if found.accessor.style.prepares:  # of an object that was made just now: its two phases follow one another
            await self._calls.swap(await self._calls.prepare(found, path, self._values(found, old, value)))
        else:
            await self._calls.call(found, path, self._values(found, old, value))
        self._bindings.written[path] = new

    async def _create(self, step: Step) -> None:
        path, bindings = step.path, self._bindings
        if step.index:
            bindings.hold_list(path[:-1])
        site = bindings.below(bindings.site(path[:-1]), "-") if step.index else bindings.site(path)
        found = site.creator()
        if found is None:
            raise NotAllowed(join_path(path), "nothing here makes new children")
        made = await self._calls.call(found._replace(names=()), path, _for_creator(found, step))
        bindings.stand(path, made, index=step.index)
        await bindings.note_defaults(bindings.site(path))

    async def _delete(self, step: Step) -> object:
        """Delete; what stood there is read before, so that it can be made again."""
        site = self._bindings.site(step.path)
        found = site.find("delete")
        before = await self._bindings.read(site, problems=[])
        if found is not None:
            await self._calls.call(found, step.path)
        self._bindings.leave(step.path)
        return before if before is not MISSING else step.old

    async def _mend(self, one: Step | Reaction, error: Exception, undone: _Undone) -> None:
        """The failed thing itself: nobody knows how far it came, so see, and put it back."""
        lingers = isinstance(error, TimedOut) and error.lingers
        if lingers:
            undone.unknown.append(join_path(one.path))
            return
        try:
            if isinstance(one, Reaction):
                await self._calls_back(one)
            elif one.do is Do.SET:
                await self._put_back(one)
            elif one.do in (Do.CREATE, Do.DELETE):
                undone.unknown.append(join_path(one.path))
        except Exception:
            log.exception("%s could not be put back", join_path(one.path))
            undone.unknown.append(join_path(one.path))

    async def _put_back(self, step: Step) -> None:
        site = self._bindings.site(step.path)
        if site.find("get") is not None:
            present = await self._bindings.read(site)
            if is_same(present, step.old):
                return
        if step.old is MISSING:
            raise Misfit([])
        await self._set_data(step.path, step.new, step.old)

    async def _undo(self, undone: _Undone) -> None:
        for one, kept in reversed(self._done):
            try:
                await self._undo_one(one, kept, undone)
            except Exception:
                log.exception("%s could not be undone", join_path(one.path))
                undone.unknown.append(join_path(one.path))
            await self._calls.breathe()
        self._done.clear()

    async def _undo_one(self, one: Step | Reaction, kept: object, undone: _Undone) -> None:
        if isinstance(one, Reaction):
            await self._calls_back(one)
        elif one.do is Do.SET:
            if one.old is MISSING:
                if any(done.do is Do.CREATE and done.path == one.path[: len(done.path)] for done in self._made()):
                    return  # it goes with its object
                raise Misfit([])
            await self._set_data(one.path, one.new, one.old)
        elif one.do is Do.CREATE:
            await self._unmake(one)
        elif one.do is Do.DELETE:
            await self._make_again(one, kept)
            undone.recreated.append(join_path(one.path))
        elif one.do is Do.SET_NODE:
            assert isinstance(one.node, Property)
            one.node.set(one.old)
        else:
            assert isinstance(one.node, Object)
            one.node.put_child(one.path[-1], kept if isinstance(kept, Node) else None)

    async def _unmake(self, step: Step) -> None:
        found = self._bindings.site(step.path).find("delete")
        if found is None and self._bindings.site(step.path).find("create") is not None:
            raise NotAllowed(join_path(step.path), "cannot be deleted")
        if found is not None:
            await self._calls.call(found, step.path)
        self._bindings.leave(step.path)

    async def _make_again(self, step: Step, data: Data) -> None:
        if step.index:
            self._bindings.hold_list(step.path[:-1])
        if self._bindings.site(step.path).creator() is None:
            return await self._set_data(step.path, MISSING, data)
        await self._create(Step(Do.CREATE, step.path, MISSING, data, index=step.index))
        await self._fill(step.path, data)
        return None

    async def _fill(self, path: Segments, data: Data) -> None:
        site = self._bindings.site(path)
        if site.is_leaf:
            await self._set_data(path, MISSING, data)
            return
        items = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
        for name, value in items:
            inner = (*path, str(name))
            if self._bindings.site(inner).creator() is not None:
                await self._make_again(Step(Do.DELETE, inner, value, index=isinstance(data, list)), value)
            else:
                await self._fill(inner, value)

    async def _set_data(self, path: Segments, present: Data, data: Data) -> None:
        found = self._bindings.site(path).find("set")
        adapter = found.accessor.adapter if found else None
        await self._set(path, present, data, to_value(data, adapter, path, text=True))

    async def _calls_back(self, one: Reaction) -> None:
        """Call a reaction the other way round."""
        found, values = one.found, (one.values[1], one.values[0])
        if found.accessor.style.prepares:
            await self._calls.swap(await self._calls.prepare(found, one.path, values))
        else:
            await self._calls.call(found, one.path, values)

    async def _abort(self) -> None:
        """Tell everybody who is still prepared, the last first."""
        for prepared in reversed(list(self._prepared.values())):
            await self._calls.abort(prepared)
        self._prepared.clear()

    def _setter(self, step: Step) -> Found | None:
        return self._bindings.site(step.path).find("set") if step.do is Do.SET else None

    def _values(self, found: Found, old: Data, value: object) -> tuple[object, ...]:
        if not found.accessor.takes_two(len(found.names)):
            return (value,)
        return (None if old is MISSING else to_value(old, found.accessor.adapter, (), text=True), value)

    def _made(self) -> list[Step]:
        return [one for one, _ in self._done if isinstance(one, Step)]

    @staticmethod
    def _failure(one: Step | Reaction, error: Exception, undone: _Undone) -> Exception:
        refused = isinstance(error, _REFUSALS)
        reason = str(error) or type(error).__name__
        if not refused and not isinstance(error, TimedOut | NotAllowed):
            reason = f"{type(error).__name__}: {error}"
        if isinstance(error, TimedOut):
            reason = reason.partition(": ")[2] or reason
        return ApplyFailed(
            join_path(one.path), reason, unknown=undone.unknown, recreated=undone.recreated, refused=refused
        )


def _for_creator(found: Found, step: Step) -> list[object]:
    """Names for who makes a child, index and value for who makes an element; as many as it takes, the last names."""
    takes = found.accessor.takes
    if step.index:
        return [*found.names[:-1], int(step.path[-1]), step.new][:takes]
    return list(found.names if takes is None else found.names[len(found.names) - min(takes, len(found.names)) :])


def _set_node(node: Property, value: object, path: Segments) -> None:
    """Set a node; one that gives None, and does not hold the value afterwards, may not be written."""
    if node.set(value) is None and value is not None and not is_same(node.get(), value):
        raise NotAllowed(join_path(path), "may not be written")


def _put_node(step: Step) -> Node | None:
    """Let the new node stand; what stood there is kept, and told that it has left."""
    assert isinstance(step.node, Object)
    before = step.node.get_child(step.path[-1])
    step.node.put_child(step.path[-1], step.value if isinstance(step.value, Node) else None)
    if before is not None and step.value is None:
        before.delete()
    return before

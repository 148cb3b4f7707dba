"""Doing one step of a plan, and the opposite of one."""

from __future__ import annotations

from msgspec import Struct

from gitconfig_server.manager.applying.planning import Do, PlanStep
from gitconfig_server.manager.bindings.bindings import Bindings
from gitconfig_server.manager.bindings.branches import BoundAccessor
from gitconfig_server.manager.bindings.types import to_value
from gitconfig_server.manager.errors import NotAllowed
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.tree import Node, Object, Property
from gitconfig_server.manager.nodes.values import MISSING, Data, is_same


class Reaction(Struct, frozen=True):
    """A function that follows the change as a whole: of a model. ``found`` is called with ``values``, (old, new)."""

    found: BoundAccessor
    path: Segments
    values: tuple[object, object]


class Doer:
    """Does single steps on what ``bindings`` reach; nothing is undone here by itself."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._calls = bindings.calls

    async def step(self, step: PlanStep) -> object:
        """Do it; what is kept of it is what its undoing needs."""
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
            await self._calls.swap(await self._calls.prepare(found, path, self.values_for(found, old, value)))
        else:
            await self._calls.call(found, path, self.values_for(found, old, value))
        self._bindings.written[path] = new

    async def _create(self, step: PlanStep) -> None:
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

    async def _delete(self, step: PlanStep) -> object:
        """Delete; what stood there is read before, so that it can be made again."""
        site = self._bindings.site(step.path)
        found = site.find("delete")
        before = await self._bindings.read(site, problems=[])
        if found is not None:
            await self._calls.call(found, step.path)
        self._bindings.leave(step.path)
        return before if before is not MISSING else step.old

    async def unmake(self, step: PlanStep) -> None:
        """Delete what a step has made."""
        found = self._bindings.site(step.path).find("delete")
        if found is None and self._bindings.site(step.path).find("create") is not None:
            raise NotAllowed(join_path(step.path), "cannot be deleted")
        if found is not None:
            await self._calls.call(found, step.path)
        self._bindings.leave(step.path)

    async def make_again(self, step: PlanStep, data: Data) -> None:
        """Make again what was deleted, with its values."""
        if step.index:
            self._bindings.hold_list(step.path[:-1])
        if self._bindings.site(step.path).creator() is None:
            return await self.set_data(step.path, MISSING, data)
        await self._create(PlanStep(Do.CREATE, step.path, MISSING, data, index=step.index))
        await self._fill(step.path, data)
        return None

    async def _fill(self, path: Segments, data: Data) -> None:
        site = self._bindings.site(path)
        if site.is_leaf:
            await self.set_data(path, MISSING, data)
            return
        items = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
        for name, value in items:
            inner = (*path, str(name))
            if self._bindings.site(inner).creator() is not None:
                await self.make_again(PlanStep(Do.DELETE, inner, value, index=isinstance(data, list)), value)
            else:
                await self._fill(inner, value)

    async def set_data(self, path: Segments, present: Data, data: Data) -> None:
        """Set plain data, which may be text of any type."""
        found = self._bindings.site(path).find("set")
        adapter = found.accessor.adapter if found else None
        await self._set(path, present, data, to_value(data, adapter, path, text=True))

    async def call_back(self, one: Reaction) -> None:
        """Call a reaction the other way round."""
        found, values = one.found, (one.values[1], one.values[0])
        if found.accessor.style.prepares:
            await self._calls.swap(await self._calls.prepare(found, one.path, values))
        else:
            await self._calls.call(found, one.path, values)

    def setter(self, step: PlanStep) -> BoundAccessor | None:
        """Of a step that sets, what does it."""
        return self._bindings.site(step.path).find("set") if step.do is Do.SET else None

    def values_for(self, found: BoundAccessor, old: Data, value: object) -> tuple[object, ...]:
        """What a setter is called with: the value, and the old one before it where it takes two."""
        if not found.accessor.takes_two(len(found.names)):
            return (value,)
        return (None if old is MISSING else to_value(old, found.accessor.adapter, (), text=True), value)


def _for_creator(found: BoundAccessor, step: PlanStep) -> list[object]:
    """Names for who makes a child, index and value for who makes an element; as many as it takes, the last names."""
    takes = found.accessor.takes
    if step.index:
        return [*found.names[:-1], int(step.path[-1]), step.new][:takes]
    return list(found.names if takes is None else found.names[len(found.names) - min(takes, len(found.names)) :])


def _set_node(node: Property, value: object, path: Segments) -> None:
    """Set a node; one that gives None, and does not hold the value afterwards, may not be written."""
    if node.set(value) is None and value is not None and not is_same(node.get(), value):
        raise NotAllowed(join_path(path), "may not be written")


def _put_node(step: PlanStep) -> Node | None:
    """Let the new node stand; what stood there is kept, and told that it has left."""
    assert isinstance(step.node, Object)
    before = step.node.get_child(step.path[-1])
    step.node.put_child(step.path[-1], step.value if isinstance(step.value, Node) else None)
    if before is not None and step.value is None:
        before.delete()
    return before

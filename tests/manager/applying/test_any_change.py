"""Apply as a property: afterwards the service is as before or as wanted, or the paths that are not are named."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gitconfig_server.manager.bindings.marks as config
from gitconfig_server.manager.applying.running import RunningTree
from gitconfig_server.manager.errors import ApplyFailed
from gitconfig_server.manager.nodes.tree import Object
from gitconfig_server.manager.nodes.values import MISSING, find_data, is_same

LIMIT = 0.02
KINDS = ["fine", "refuse", "fail before", "fail after", "hang before", "hang after", "deaf"]


class Item:
    """An object with two values; what its accessors do is said by its owner's ``faults``."""

    def __init__(self, owner, name):
        self.owner, self.name, self.a, self.b = owner, name, 0, 0

    @config.get("items/*/a")
    def get_a(self) -> int:
        return self.a

    @config.set("items/*/a", timeout=LIMIT)
    async def set_a(self, value: int) -> None:
        await self.owner.act(("items", self.name, "a"), lambda: setattr(self, "a", value))

    @config.get("items/*/b")
    def get_b(self) -> int:
        return self.b

    @config.set("items/*/b")
    def set_b(self, value: int):
        self.owner.at_once(("items", self.name, "b"), "prepare")
        yield
        self.b = value


class Service:
    """``faults``: path -> what its next accessor does; each happens once, so that the way back is sound."""

    def __init__(self) -> None:
        self.values = {"x": 0, "y": 0}
        self.items: dict[str, Item] = {}
        self.faults: dict[tuple, str] = {}
        self.release = asyncio.Event()

    @config.children("values")
    def names(self):
        return list(self.values)

    @config.get("values/*")
    def get_value(self, name: str) -> int:
        return self.values[name]

    @config.set("values/*", timeout=LIMIT)
    async def set_value(self, name: str, value: int) -> None:
        await self.act(("values", name), lambda: self.values.__setitem__(name, value))

    @config.create_child("items/*", timeout=LIMIT)
    async def add(self, name: str) -> Item:
        item = Item(self, name)
        await self.act(("items", name), lambda: self.items.__setitem__(name, item))
        return item

    @config.delete("items/*", timeout=LIMIT)
    async def drop(self, name: str) -> None:
        await self.act(("items", name), lambda: self.items.pop(name, None))

    @config.children("items")
    def all_items(self):
        return self.items

    def at_once(self, path, when):
        fault = self.faults.pop(path, "fine")
        if fault == "refuse":
            raise ValueError("refused")
        if fault.startswith("fail"):
            raise RuntimeError(fault)

    async def act(self, path, change):
        fault = self.faults.pop(path, "fine")
        if fault == "refuse":
            raise ValueError("refused")
        if fault == "fail before":
            raise RuntimeError(fault)
        if fault == "hang before":
            await asyncio.sleep(60)
        if fault == "deaf":
            while not self.release.is_set():
                try:
                    await self.release.wait()
                except asyncio.CancelledError:
                    continue
        change()
        if fault == "fail after":
            raise RuntimeError(fault)
        if fault == "hang after":
            await asyncio.sleep(60)


small = st.integers(0, 3)
items = st.dictionaries(st.sampled_from("pqr"), st.fixed_dictionaries({"a": small, "b": small}), max_size=3)
wholes = st.fixed_dictionaries({"values": st.fixed_dictionaries({"x": small, "y": small}), "items": items})
places = st.sampled_from(
    [("values", "x"), ("values", "y")]
    + [("items", name) for name in "pqr"]
    + [("items", name, leaf) for name in "pqr" for leaf in "ab"]
)


class Silent(Service):
    """Tells nobody which items it has."""

    all_items = None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wholes, wholes, st.dictionaries(places, st.sampled_from(KINDS), max_size=3), st.sampled_from([Service, Silent]))
def test_all_or_nothing_or_named(first, wanted, faults, kind):
    asyncio.run(_scene(kind(), first, wanted, faults))


async def _scene(service, first, wanted, faults):
    running = RunningTree(service, (), None, Object("running"))
    await running.start()
    try:
        await running.change((), lambda old: first)
        assert is_same(await running.read(), first)
        service.faults = dict(faults)
        error = None
        try:
            await running.change((), lambda old: wanted)
        except ApplyFailed as raised:
            error = raised
        service.faults.clear()
        present = await running.read()
        goal = wanted if error is None else first
        for path in _paths(first) | _paths(wanted):
            if not _is_named(path, error.unknown if error else ()):
                assert is_same(_at(present, path), _at(goal, path)), (path, error)
        service.release.set()
        async with asyncio.timeout(10):
            while running.calls.lingering or running.unknowns.settling:  # noqa: ASYNC110 - the service's own time
                await asyncio.sleep(0.001)
        if not running.unknowns.paths:  # what is not named any more is so in the service, whoever lists it
            held = {name: {"a": one.a, "b": one.b} for name, one in service.items.items()}
            assert held == goal["items"]
        lost = [] if error is None else error.unknown
        if not lost:  # a sound service takes the next change as if nothing had been
            await running.change((), lambda old: wanted)
            assert is_same(await running.read(), wanted)
    finally:
        service.release.set()
        await asyncio.sleep(0)
        running.stop()


def _paths(data, path=()):
    if not isinstance(data, dict):
        return {path}
    return {inner for name, value in data.items() for inner in _paths(value, (*path, name))}


def _at(data, path):
    try:
        return find_data(data, path)
    except Exception:
        return MISSING


def _is_named(path, unknown):
    return any("/".join(path).startswith(one) or one.startswith("/".join(path)) for one in unknown)

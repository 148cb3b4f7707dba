"""Which class speaks for a path, and what a service without types or accessors is taken for."""

import pytest
from support.running import put, scene

import gitconfig_server.manager.bindings.marks as config
from gitconfig_server.errors import InvalidInput
from gitconfig_server.manager.applying.running import RunningTree
from gitconfig_server.manager.errors import LookupFailed, Misfit
from gitconfig_server.manager.nodes.tree import Object
from gitconfig_server.manager.nodes.values import MISSING


def test_the_manager_makes_and_holds_objects_of_a_class_that_says_where_they_stand():
    class Limit:
        @config.create_element("limits/*")
        def __init__(self, name: str) -> None:
            self.name, self.size = name, 1

        @config.get("limits/*/size")
        def get_size(self) -> int:
            return self.size

        @config.set("limits/*/size")
        def set_size(self, size: int) -> None:
            self.size = size

    async def work(running):
        await running.change((), put({"limits": {"a": {"size": 5}}}))
        held = running.bindings.objects[("limits", "a")]
        assert (held.name, held.size) == ("a", 5)
        assert running.known == {"limits": {"a": {"size": 5}}}
        await running.change((), put({"limits": {}}))
        assert running.known == {"limits": {}}

    scene(None, work, Limit)


def test_the_most_specific_pattern_wins_and_names_come_before_the_value():
    class Many:
        def __init__(self) -> None:
            self.set_to: list[tuple] = []

        @config.get("limits/*/*")
        def get_any(self, group: str, name: str) -> int:
            return 0

        @config.set("limits/*/*")
        def set_any(self, group: str, name: str, value: int) -> None:
            self.set_to.append(("any", group, name, value))

        @config.children("limits/*")
        def names(self, group: str) -> list[str]:
            return ["x", "special"]

        @config.children("limits")
        def groups(self) -> list[str]:
            return ["g"]

        @config.get("limits/*/special")
        def get_special(self, group: str) -> int:
            return 0

        @config.set("limits/*/special")
        def set_special(self, group: str, value: int) -> None:
            self.set_to.append(("special", group, value))

    service = Many()

    async def work(running):
        assert await running.read() == {"limits": {"g": {"special": 0, "x": 0}}}
        await running.change(("limits", "g"), put({"x": 1, "special": 2}))
        assert sorted(service.set_to) == [("any", "g", "x", 1), ("special", "g", 2)]

    scene(service, work)


def test_a_service_without_accessors_says_which_classes_were_looked_at():
    class Plain:
        pass

    async def work(running):
        with pytest.raises(LookupFailed, match=r"no accessors were found .classes looked at: .*Plain"):
            await running.change(("port",), put(1))

    scene(Plain(), work)


def test_without_a_service_any_name_can_be_set():
    async def work(running):
        await running.change((), put({"a": {"b": [1, {"c": None}]}, "10.0.0.1": {}}))
        assert await running.read() == {"a": {"b": [1, {"c": None}]}, "10.0.0.1": {}}
        await running.change(("a", "b", "1", "c"), put(2))
        await running.change(("a", "d"), put("new"))
        await running.change(("10.0.0.1",), put(MISSING))
        assert running.known == {"a": {"b": [1, {"c": 2}], "d": "new"}}

    scene(None, work)


def test_a_setter_without_a_type_takes_what_its_getter_gives_or_what_stands_there():
    class Untyped:
        def __init__(self) -> None:
            self.port, self.name, self.anything = 1, "x", 1

        @config.get("port")
        def get_port(self):
            return self.port

        @config.set("port")
        def set_port(self, port):
            self.port = port

        @config.get("name")
        def get_name(self) -> str:
            return self.name

        @config.set("name")
        def set_name(self, name):
            self.name = name

        @config.get("anything")
        def get_anything(self):
            return self.anything

        @config.set("anything")
        def set_anything(self, anything: object):
            self.anything = anything

    service = Untyped()

    async def work(running):
        for path, value in (("port", "many"), ("port", True), ("name", 5)):
            with pytest.raises(Misfit, match=path):
                await running.change((path,), put(value))
        await running.change((), put({"port": 5, "name": "y", "anything": {"a": [1]}}))
        assert (service.port, service.name, service.anything) == (5, "y", {"a": [1]})
        await running.change(("port",), put("6"), text=True)
        assert service.port == 6

    scene(service, work)


class Unannotated:
    def __init__(self, name) -> None:
        self.speed = 1

    @config.get("workers/*/speed")
    def get_speed(self) -> int:
        return self.speed

    @config.set("workers/*/speed")
    def set_speed(self, speed: int) -> None:
        self.speed = speed


class Makes:
    def __init__(self) -> None:
        self.workers: dict[str, Unannotated] = {}

    @config.create_child("workers")
    def make(self, name):
        return self.workers.setdefault(name, Unannotated(name))

    @config.delete("workers")
    def drop(self, name):
        del self.workers[name]


def test_a_creator_without_a_type_makes_the_only_class_that_speaks_beneath_it():
    service = Makes()

    async def work(running):
        await running.change(("workers", "a"), put({"speed": 3}))
        assert service.workers["a"].speed == 3
        await running.change(("workers",), put({"b": {"speed": 4}}))
        assert {name: one.speed for name, one in service.workers.items()} == {"b": 4}

    scene(service, work)


def test_a_creator_of_which_nobody_can_say_what_it_makes_is_told_by_name():
    class Hidden:
        @config.create_child("others/*")
        def make(self, name):
            return object()

    async def work(running):
        with pytest.raises(Misfit, match="make does not say what it makes: annotate what it returns"):
            await running.change(("others", "a"), put({"speed": 3}))

    scene(Hidden(), work)


def test_a_method_that_needs_more_than_it_can_be_given_is_refused_at_once():
    class Wrong:
        @config.set("server/port")
        def set_port(self, host, port, reason):
            pass

    with pytest.raises(InvalidInput, match="set_port needs 3 arguments; set of 'server/port' gives 0 for its"):
        RunningTree(Wrong(), (), None, Object("running"))


def test_a_service_without_accessors_is_told_in_the_log(caplog):
    class Plain:
        port = 1

    async def work(running):
        assert "no accessors were found" in caplog.text
        assert "Plain" in caplog.text

    scene(Plain(), work)

"""Changes of a running service: types, order, refusals, undo."""

import asyncio

import pytest
from support.running import put, scene
from support.services import Echo, Session

import gitconfig_server.manager.bindings.marks as config
from gitconfig_server.manager.errors import ApplyInProgress, Busy, LookupFailed, Misfit, NotAllowed


def test_a_new_service_shows_its_defaults_and_what_is_read_only():
    async def work(running):
        assert await running.read() == {"server": {"port": 7000, "started": "today"}, "sessions": {}}
        assert running.known == {"server": {"port": 7000}, "sessions": {}}
        assert await running.bindings.status() == {"clients": 0}

    scene(Echo(), work)


def test_setting_a_value_calls_the_setter_and_the_getter_shows_what_the_service_does_itself():
    service = Echo()

    async def work(running):
        applied = await running.change(("server", "port"), put(7001))
        assert [str(one) for one in applied.changes] == ["~ server/port: 7000 -> 7001"]
        assert service.calls == [("set_port", 7001)]
        service.port = 9
        assert await running.read(("server", "port")) == 9
        assert not (await running.change(("server", "port"), put(9))).changed
        assert service.calls == [("set_port", 7001)]

    scene(service, work)


def test_objects_are_made_parents_first_and_deleted_last():
    service = Echo()

    async def work(running):
        await running.change((), lambda old: {**old, "sessions": {"sa": {"rate": 5}, "10.0.0.1": {}}})
        assert service.calls == [("add", "sa"), ("add", "10.0.0.1")]
        assert service.sessions["sa"].rate == 5
        assert running.known["sessions"] == {"sa": {"rate": 5}, "10.0.0.1": {"rate": 10}}
        service.calls.clear()
        await running.change((), lambda old: {"server": {"port": 1}, "sessions": {"sb": {}}})
        assert service.calls == [("add", "sb"), ("set_port", 1), ("drop", "10.0.0.1"), ("drop", "sa")]

    scene(service, work)


def test_what_is_left_out_gets_its_default_again():
    service = Echo()

    async def work(running):
        await running.change((), put({"server": {"port": 1}, "sessions": {"sa": {"rate": 3}}}))
        await running.change((), put({"sessions": {"sa": {}}}))
        assert service.port == 7000
        assert service.sessions["sa"].rate == 10

    scene(service, work)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("server", "port"), True, "server/port"),
        (("server", "port"), "7001", "server/port"),
        (("server", "started"), "now", "server/started: is read-only"),
        (("server", "nothing"), 1, "server/nothing.*: no such path: expected one of port, started"),
        (("server",), 5, "server: expected a map, got a number"),
        (("sessions", "sa"), {"rate": "x"}, "sessions/sa/rate"),
        (("sessions", "sa"), {"speed": 1}, "sessions/sa/speed: no such path"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_called(path, value, told):
    service = Echo()

    async def work(running):
        with pytest.raises((Misfit, NotAllowed, LookupFailed), match=told):
            await running.change(path, put(value))
        assert service.calls == []
        assert running.known == {"server": {"port": 7000}, "sessions": {}}

    scene(service, work)


def test_all_problems_are_told_together():
    async def work(running):
        found = await running.problems_with(
            {"server": {"port": "x", "nope": 1}, "sessions": {"sa": {"rate": None}}, "z": 1}
        )
        assert [one.path for one in found] == ["server/port", "server/nope", "sessions/sa/rate", "z"]

    scene(Echo(), work)


def test_text_may_mean_any_type_where_it_is_text():
    service = Echo()

    async def work(running):
        await running.change(("server", "port"), put("7001"), text=True)
        assert service.port == 7001

    scene(service, work)


def test_a_setter_that_calls_its_manager_gets_an_error_and_no_deadlock():
    class Loop(Echo):
        @config.set("server/port")
        async def set_port(self, port: int) -> None:
            with pytest.raises(ApplyInProgress):
                await self.running.change(("server", "port"), put(2))
            self.port = port

    service = Loop()

    async def work(running):
        service.running = running
        await running.change(("server", "port"), put(1))
        assert service.port == 1

    scene(service, work)


def test_a_synchronous_setter_gets_the_error_too_and_a_change_without_waiting_needs_no_turn():
    class Loop(Echo):
        @config.set("server/port")
        def set_port(self, port: int) -> None:
            inner = self.running.change(("server", "port"), put(2))
            with pytest.raises(ApplyInProgress):
                inner.send(None)
            self.port = port

    service = Loop()

    async def work(running):
        service.running = running
        change = running.change(("server", "port"), put(1))
        with pytest.raises(StopIteration):
            change.send(None)
        assert (service.port, running.turns.is_applying) == (1, False)
        await running.change(("server", "port"), put(3))
        assert service.port == 3

    scene(service, work)


def test_a_cancelled_caller_stops_nothing_and_readers_get_the_last_whole_tree():
    class Slow(Echo):
        def __init__(self) -> None:
            super().__init__()
            self.going = asyncio.Event()

        @config.create_child("sessions/*")
        async def add(self, name: str) -> Session:
            await self.going.wait()
            return self.sessions.setdefault(name, Session(name))

    service = Slow()

    async def work(running):
        task = asyncio.ensure_future(running.change((), put({"server": {"port": 1}, "sessions": {"a": {}, "b": {}}})))
        await asyncio.sleep(0.01)
        task.cancel()
        assert await running.read(("server", "port")) == 7000
        with pytest.raises(Busy):
            await running.change(("server", "port"), put(3), wait=0.01)
        service.going.set()
        await running.turns.idle()
        assert service.port == 1
        assert list(service.sessions) == ["a", "b"]
        assert running.known == {"server": {"port": 1}, "sessions": {"a": {"rate": 10}, "b": {"rate": 10}}}

    scene(service, work)


def test_what_the_service_makes_itself_is_listed_by_children():
    class Login(Echo):
        @config.children("sessions")
        def all_sessions(self):
            return self.sessions

    service = Login()

    async def work(running):
        service.sessions["own"] = Session("own")
        assert await running.read(("sessions",)) == {"own": {"rate": 10}}
        await running.change(("sessions", "own", "rate"), put(3))
        assert service.sessions["own"].rate == 3
        del service.sessions["own"]
        assert await running.read(("sessions",)) == {}
        with pytest.raises(LookupFailed):
            await running.read(("sessions", "own"))

    scene(service, work)


def test_elements_of_a_list_keep_their_objects_when_indexes_shift():
    class Step:
        def __init__(self, text: str) -> None:
            self.text = text

        @config.get("steps/*/text")
        def get_text(self) -> str:
            return self.text

        @config.set("steps/*/text")
        def set_text(self, text: str) -> None:
            self.text = text

    class Plan:
        def __init__(self) -> None:
            self.steps: list[Step] = []

        @config.create_element("steps/*")
        def insert(self, index: int, value: dict) -> Step:
            step = Step("")
            self.steps.insert(index, step)
            return step

        @config.delete("steps/*")
        def remove(self, index: str) -> None:
            del self.steps[int(index)]

    service = Plan()

    def steps(*texts):
        return put({"steps": [{"text": one} for one in texts]})

    async def work(running):
        await running.change((), steps("a", "b", "c"))
        _a, b, c = service.steps
        assert running.known == {"steps": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}
        await running.change((), steps("b", "x", "c"))
        assert service.steps[0] is b
        assert service.steps[2] is c
        assert [one.text for one in service.steps] == ["b", "x", "c"]
        await running.change((), steps("b", "c"))
        assert service.steps == [b, c]
        await running.change((), steps())
        assert service.steps == []
        assert running.known == {"steps": []}

    scene(service, work)


def test_a_large_change_lets_the_loop_have_its_turn():
    class Large:
        def __init__(self) -> None:
            self.values: dict[str, int] = {}

        @config.children("v")
        def names(self):
            return list(self.values)

        @config.get("v/*")
        def get(self, name: str) -> int:
            return self.values.get(name, 0)

        @config.set("v/*")
        def put(self, name: str, value: int) -> None:
            self.values[name] = value

    turns = 0

    async def work(running):
        async def count():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.ensure_future(count())
        await running.change((), put({"v": {f"n{index}": index for index in range(3_000)}}))
        counting.cancel()
        assert len(running.known["v"]) == 3_000

    scene(Large(), work)
    assert turns > 5


def test_what_stands_beneath_nothing_is_refused_before_anything_is_called():
    service = Echo()

    async def work(running):
        for path in (("sessions", "none", "rate"), ("nothing", "at", "all")):
            with pytest.raises(LookupFailed) as raised:
                await running.change(path, put(5))
            assert raised.value.segment in path[:2]
        assert (service.calls, running.unknowns.paths) == ([], {})

    scene(service, work)

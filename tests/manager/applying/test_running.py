"""Changes of a running service: types, order, refusals, undo."""

import asyncio

import pytest
from support.services import Echo, Session

import gitconfig_server.manager.bindings.marks as config
from gitconfig_server.errors import InvalidInput
from gitconfig_server.manager.applying.running import RunningTree
from gitconfig_server.manager.errors import ApplyFailed, ApplyInProgress, Busy, LookupFailed, Misfit, NotAllowed
from gitconfig_server.manager.nodes.tree import Object
from gitconfig_server.manager.nodes.values import MISSING


async def running_of(service, *classes):
    running = RunningTree(service, classes, None, Object("running"))
    await running.start()
    return running


def put(value):
    return lambda old: value


async def settled(running):
    """Return when nothing is unknown any more: the accessor that was late has ended, and its path was seen to."""
    async with asyncio.timeout(10):
        while running.unknown:  # noqa: ASYNC110 - what is waited for is the service itself
            await asyncio.sleep(0.01)


def scene(service, work, *classes):
    async def run():
        running = await running_of(service, *classes)
        try:
            return await work(running)
        finally:
            running.stop()

    return asyncio.run(run())


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


def test_a_refusal_undoes_all_of_the_change_and_names_the_path():
    service = Echo()

    async def work(running):
        await running.change((), put({"server": {"port": 7000}, "sessions": {"old": {"rate": 4}}}))
        new = {"server": {"port": 1}, "sessions": {"sa": {"rate": 5}, "sb": {"rate": 0}}}
        with pytest.raises(ApplyFailed) as raised:
            await running.change((), put(new))
        assert (raised.value.path, raised.value.refused, raised.value.unknown) == ("sessions/sb/rate", True, ())
        assert service.port == 7000
        assert list(service.sessions) == ["old"]
        assert await running.read() == {"server": {"port": 7000, "started": "today"}, "sessions": {"old": {"rate": 4}}}

    scene(service, work)


def test_a_failed_deletion_makes_again_what_was_deleted_and_says_so():
    class Stubborn(Echo):
        @config.delete("sessions/*")
        async def drop(self, name: str) -> None:
            if name == "a":
                raise RuntimeError("no")
            del self.sessions[name]

    service = Stubborn()

    async def work(running):
        await running.change((), put({"sessions": {"a": {}, "b": {"rate": 7}}}))
        first = service.sessions["b"]
        with pytest.raises(ApplyFailed) as raised:
            await running.change((), put({"server": {"port": 5}, "sessions": {}}))
        assert raised.value.path == "sessions/a"
        assert raised.value.recreated == ("sessions/b",)
        assert service.sessions["b"] is not first
        assert service.sessions["b"].rate == 7
        assert service.port == 7000

    scene(service, work)


def test_an_accessor_that_fails_after_it_changed_something_is_put_back():
    class Half(Echo):
        @config.set("server/port")
        async def set_port(self, port: int) -> None:
            self.port = port
            if port == 1:
                raise RuntimeError("after the change")

    service = Half()

    async def work(running):
        with pytest.raises(ApplyFailed, match="server/port: RuntimeError: after the change"):
            await running.change(("server", "port"), put(1))
        assert service.port == 7000

    scene(service, work)


def test_one_that_hangs_is_cancelled_and_the_rest_undone():
    class Hanging(Echo):
        @config.get("z")
        def get_z(self) -> int:
            return 0

        @config.set("z", timeout=0.05)
        async def set_z(self, z: int) -> None:
            await asyncio.sleep(60)

    service = Hanging()

    async def work(running):
        with pytest.raises(ApplyFailed, match="z: did not end within"):
            await running.change((), lambda old: {**old, "server": {"port": 1}, "z": 1})
        assert service.port == 7000
        assert not running.calls.lingering

    scene(service, work)


def test_one_that_swallows_its_cancellation_leaves_its_path_unknown_and_busy_until_it_has_ended():
    class Deaf(Echo):
        def __init__(self) -> None:
            super().__init__()
            self.release = asyncio.Event()

        @config.set("server/port", timeout=0.05)
        async def set_port(self, port: int) -> None:
            if port == 1:
                while not self.release.is_set():
                    try:
                        await self.release.wait()
                    except asyncio.CancelledError:
                        continue
            self.port = port

    service = Deaf()

    async def work(running):
        with pytest.raises(ApplyFailed) as raised:
            await running.change(("server", "port"), put(1))
        assert raised.value.unknown == ("server/port",)
        assert "server/port" in running.unknown
        with pytest.raises(ApplyFailed, match="not ended yet"):
            await running.change(("server", "port"), put(2))
        service.release.set()
        await settled(running)
        assert service.port == 7000
        await running.change(("server", "port"), put(2))
        assert service.port == 2

    scene(service, work)


def test_a_thread_has_a_real_limit():
    import threading

    release = threading.Event()

    class Slow(Echo):
        @config.set("server/port", timeout=0.05, thread=True)
        def set_port(self, port: int) -> None:
            release.wait(10)

    async def work(running):
        with pytest.raises(ApplyFailed, match="still running"):
            await running.change(("server", "port"), put(1))
        release.set()
        await settled(running)

    scene(Slow(), work)


def test_a_generator_prepares_before_anything_is_swapped():
    class Two(Echo):
        @config.get("pool")
        def get_pool(self) -> int:
            return 3

        @config.set("pool")
        def set_pool(self, old: int, new: int):
            self.calls.append(("prepare", old, new, self.port))
            try:
                yield
            except config_aborted():
                self.calls.append(("aborted",))
                raise
            self.calls.append(("swap", self.port))

    service = Two()

    async def work(running):
        await running.change((), lambda old: {**old, "server": {"port": 1}, "pool": 4})
        assert service.calls == [("prepare", 3, 4, 7000), ("set_port", 1), ("swap", 1)]

    scene(service, work)


def config_aborted():
    from gitconfig_server.manager.errors import ApplyAborted

    return ApplyAborted


def test_somebody_elses_refusal_aborts_what_was_prepared():
    class Two(Echo):
        @config.get("a")
        def get_a(self) -> int:
            return 0

        @config.set("a")
        async def set_a(self, old: int, new: int):
            try:
                yield
            except config_aborted():
                self.calls.append(("aborted", new))
                raise
            self.calls.append(("swapped", new))

        @config.get("b")
        def get_b(self) -> int:
            return 0

        @config.set("b")
        def set_b(self, b: int):
            raise ValueError("no b")
            yield

    service = Two()

    async def work(running):
        with pytest.raises(ApplyFailed, match="b: no b"):
            await running.change((), lambda old: {**old, "a": 1, "b": 1})
        assert service.calls == [("aborted", 1)]

    scene(service, work)


def test_a_missing_yield_is_told_by_name():
    class WithoutYield(Echo):
        @config.set("server/port")
        def set_port(self, port: int):
            if port < 0:
                yield

    async def work(running):
        with pytest.raises(ApplyFailed, match="set_port ended without a yield"):
            await running.change(("server", "port"), put(1))

    scene(WithoutYield(), work)


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
        assert (service.calls, running.unknown) == ([], {})

    scene(service, work)


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

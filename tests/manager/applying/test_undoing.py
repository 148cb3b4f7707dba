"""A change that fails is undone whole: refusals, accessors that hang, and others that take part."""

import asyncio

import pytest
from support.running import put, scene, settled
from support.services import Echo, Late, Session

import gitconfig_server.manager.bindings.marks as config
from gitconfig_server.manager.errors import ApplyFailed, Busy
from gitconfig_server.manager.nodes.values import MISSING


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
        assert "server/port" in running.unknowns.paths
        with pytest.raises(Busy, match=r"server/port: .* not ended yet"):
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


@pytest.mark.parametrize(
    ("path", "new"),
    [(("sessions", "late"), {"rate": 3}), (("sessions", "here"), MISSING), (("token",), "new")],
    ids=["made", "deleted", "set, which cannot be read"],
)
def test_what_is_carried_out_too_late_is_taken_back(path, new):
    service = Late()

    async def work(running):
        await running.change((), put({"token": "old", "sessions": {"here": {"rate": 4}}}))
        service.is_slow = True
        with pytest.raises(ApplyFailed) as raised:
            await running.change(path, put(new))
        assert raised.value.unknown == ("/".join(path),)
        service.release.set()
        await settled(running)
        assert {name: one.rate for name, one in service.sessions.items()} == {"here": 4}
        assert service.token == "old"
        assert (await running.read())["sessions"] == {"here": {"rate": 4}}

    scene(service, work)


def test_a_service_that_lists_what_it_has_tells_whether_a_failure_made_anything():
    class Listed(Echo):
        @config.children("sessions")
        def all_sessions(self):
            return self.sessions

        @config.create_child("sessions/*")
        def add(self, name: str) -> Session:
            if name != "before":
                self.sessions[name] = Session(name)
            raise RuntimeError("no")

        @config.delete("sessions/*")
        def drop(self, name: str) -> None:
            del self.sessions[name]

    service = Listed()

    async def work(running):
        for name in ("before", "after"):
            with pytest.raises(ApplyFailed) as raised:
                await running.change(("sessions", name), put({}))
            assert (raised.value.unknown, service.sessions) == ((), {})
        assert not running.unknowns.paths

    scene(service, work)

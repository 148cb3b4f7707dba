"""Code written for aioconfig runs under an alias: its names, its ways to declare, its errors."""

import asyncio
import sys

import pytest

import gitconfig_server.manager as config
from gitconfig_server.manager.errors import LookupFailed


@pytest.fixture
def aioconfig(monkeypatch):
    monkeypatch.setitem(sys.modules, "aioconfig", config)
    import aioconfig

    return aioconfig


def test_every_decorated_function_is_in_funcs_by_path_and_verb(aioconfig):
    class Server:
        @aioconfig.create_object("funcs")
        def __init__(self):
            self._p1 = 1

        @aioconfig.get("funcs.p1")
        def p1(self):
            return self._p1

        @aioconfig.set("funcs.p1")
        def set_p1(self, value):
            self._p1 = value

    assert aioconfig.FUNCS["funcs.p1"] == {"get": Server.p1, "set": Server.set_p1}
    assert aioconfig.FUNCS["funcs"] == {"object": Server.__init__}


def test_a_service_of_subclasses_of_property_with_verbs_that_nobody_awaits(aioconfig):
    class Number(aioconfig.Property):
        def __init__(self, name, parent, getter, setter):
            super().__init__(name, parent)
            self._getter, self._setter = getter, setter

        def get(self):
            return self._getter()

        def set(self, value):
            self._setter(value)
            return value

    class Sessions(aioconfig.Object):
        def add_session(self, name):
            session = self.add_child(aioconfig.Object(name, self))
            session.add_child(aioconfig.Property("rate", session)).set(5)

        def delete_session(self, name):
            self.remove_child(name).delete()

    class Service:
        p1 = 1

    service = Service()

    async def scene():
        manager = aioconfig.Manager()
        manager.add_access("rest://127.0.0.1:0")
        running = manager.get_node("config.running")
        assert manager.get_node("config/running") is running
        server = running.add_child(aioconfig.Object("server", running))
        server.add_child(Number("p1", server, lambda: service.p1, lambda value: setattr(service, "p1", value)))
        sessions = running.add_child(Sessions("sessions", running))
        await manager.start()
        for name in ("sa", "sb"):
            sessions.add_session(name)
        sessions.delete_session("sa")
        await manager.set("server.p1", 7)
        manager.save_running()
        async with asyncio.timeout(20):
            while not manager.get_node("config/saved").keys():  # noqa: ASYNC110 - nobody has the task in hand
                await asyncio.sleep(0)
        saved = await manager.list_saved()
        service.p1 = 9
        assert await manager.load_saved(saved[0].name) == {"server": {"p1": 7}, "sessions": {"sb": {"rate": 5}}}
        name = manager.get_node("config/saved").keys()[-1]
        assert manager.get_node(f"config/saved/{name}/server/p1").get() == 7
        await manager.restore_running()
        assert service.p1 == 7
        await manager.stop()

    asyncio.run(scene())


def test_errors_are_those_that_aioconfig_raises(aioconfig):
    manager = aioconfig.Manager()
    running = manager.get_node("config.running")
    running.add_child(aioconfig.Object("server"))
    with pytest.raises(KeyError, match="Child name already exists: server"):
        running.add_child(aioconfig.Object("server"))
    with pytest.raises(NameError, match="Lookup failed: nothing"):
        manager.get_node("config/running/nothing")
    with pytest.raises(KeyError, match="No implementation for scheme"):
        manager.add_access("carrier-pigeon://roof")
    assert issubclass(LookupFailed, aioconfig.AsynchronousConfigException)


def test_objects_that_a_constructor_declares_are_where_it_says(aioconfig):
    class Disk:
        @aioconfig.create_element("disks/*")
        def __init__(self):
            self.size = 1

        @aioconfig.get("disks/*/size")
        def get_size(self) -> int:
            return self.size

        @aioconfig.set("disks/*/size")
        def set_size(self, size: int) -> None:
            self.size = size

    class Server:
        @aioconfig.create_object("machine")
        def __init__(self):
            self.port = 1

        @aioconfig.get("machine/port")
        def get_port(self) -> int:
            return self.port

        @aioconfig.set("machine/port")
        def set_port(self, port: int) -> None:
            self.port = port

    server = Server()

    async def scene():
        async with aioconfig.Manager(service=server, classes=[Disk], server_id="echo") as manager:
            await manager.set("", {"machine": {"port": 5}, "disks": {"10.0.0.1": {"size": 3}, "b": {"size": 4}}})
            assert server.port == 5
            assert await manager.get("disks") == {"10.0.0.1": {"size": 3}, "b": {"size": 4}}
            await manager.delete("disks/10.0.0.1")
            assert await manager.get("disks") == {"b": {"size": 4}}

    asyncio.run(scene())

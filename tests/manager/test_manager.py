"""The Manager: life, persistence, history, staged, probation. A service, a store and time passed in."""

import subprocess

import pytest
from support.running import run
from support.services import Echo

from gitconfig_server.errors import GitConfigError
from gitconfig_server.manager import AccessAdaptor, Manager, register_access_adaptor
from gitconfig_server.manager.errors import (
    BadServerId,
    BadStorageURLScheme,
    Diverged,
    LookupFailed,
    Misfit,
)
from gitconfig_server.model.writes import PutFile


def test_a_fresh_manager_has_the_standard_root():
    root = Manager().get_node("")
    assert root.keys() == ["config", "status"]
    assert sorted(root.get_child("config").keys()) == ["running", "saved", "staged"]
    with pytest.raises(NameError, match="Lookup failed: nothing"):
        Manager().get_node("config/nothing")


def test_what_is_saved_is_a_commit_and_comes_back(url):
    async def work():
        async with Manager(url, service=Echo(), server_id="echo") as manager:
            await manager.set("server/port", 7001)
            await manager.create("sessions", "sa", {"rate": 5})
            saved = await manager.save_running("move to 7001", author="ann")
            assert (saved.message, saved.author) == ("move to 7001", "ann")
            assert await manager.save_running() is None
            assert manager.status()["unsaved"] == 0
        service = Echo()
        async with Manager(url, service=service) as manager:
            assert service.port == 7001
            assert service.sessions["sa"].rate == 5
            assert manager.status()["path"] == "echo.yml"
            assert manager.status()["commit"] == saved.commit
            assert service.calls == [("add", "sa"), ("set_port", 7001)]

    run(work())
    shown = subprocess.run(["git", "-C", url, "show", "main:echo.yml"], capture_output=True, text=True, check=True)
    assert shown.stdout.replace("'", "") == "server:\n  port: 7001\nsessions:\n  sa:\n    rate: 5\n"


def test_three_configurations_are_three(url):
    service = Echo()

    async def work():
        async with Manager(url, service=service) as manager:
            await manager.save_running()
            await manager.stage({"server.port": 1, "sessions/sa": {"rate": 3}})
            assert service.calls == []
            assert [str(one) for one in await manager.diff("running", "staged")] == [
                "~ server/port: 7000 -> 1",
                "+ sessions/sa: {'rate': 3}",
            ]
            await manager.set("server/port", 2)
            assert (
                await manager.get("/config/staged/server/port"),
                (await manager.diff("saved", "running"))[0].new,
            ) == (1, 2)
            with pytest.raises(Diverged):
                await manager.deploy_staged()
            applied = await manager.deploy_staged(prefer="staged")
            assert applied.changed
            assert (service.port, service.sessions["sa"].rate) == (1, 3)

    run(work())


def test_what_is_saved_is_made_at_the_start_and_nothing_else_is_called(url):
    async def work():
        async with Manager(url, server_id="echo") as writer:
            await writer.set("sessions", {"sa": {"rate": 1}, "sb": {"rate": 2}, "sc": {}})
            await writer.save_running()
        service = Echo()
        async with Manager(url, service=service):
            assert service.calls == [("add", "sa"), ("add", "sb"), ("add", "sc")]
            assert {name: one.rate for name, one in service.sessions.items()} == {"sa": 1, "sb": 2, "sc": 10}

    run(work())


def test_at_the_start_what_does_not_fit_is_left_out_or_refused(url):
    async def work():
        async with Manager(url, server_id="echo") as writer:
            await writer.set("server", {"port": 7005, "colour": "red"})
            await writer.save_running()
        service = Echo()
        async with Manager(url, service=service) as manager:
            assert service.port == 7005
            assert manager.status()["refused"] == ["server/colour: no such path: expected one of port, started"]
            await manager.set("server/port", 7006)
            await manager.save_running()
            assert manager._keeping.loaded.own["server"] == {"port": 7006, "colour": "red"}  # another version's
        with pytest.raises(Misfit, match="server/colour"):
            await Manager(url, service=Echo(), on_misfit="refuse").start()

    run(work())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("application.properties", "server.port=5\nother=1\nsessions.s\\ a.rate=3\n"),
        ("application.yml", "server.port: 5\nother: 1\nsessions: {s a: {rate: 3}}\n"),
        ("application.yml", "base: ${unit}\nunit: 5\nserver: {port: '${base:4}'}\nsessions.s a: {rate: '${none:3}'}\n"),
        ("echo.properties", "server.port=5\nsessions.s\\ a.rate=3\n"),
        ("echo.yml", "server.port: 5\nsessions: {s a: {rate: 3}}\n"),
    ],
)
def test_files_are_read_as_spring_reads_them(url, name, text):
    async def work():
        async with Manager(url, server_id="everybody") as writer:
            await writer.set("x", 1)
            await writer.save_running()
            store = writer._keeping.store
            await store.service.commit(store._who, None, [PutFile(name, text.encode())])
        service = Echo()
        async with Manager(url, service=service) as manager:
            assert (service.port, service.sessions["s a"].rate) == (5, 3)
            assert (manager.status()["refused"], manager.status()["unsaved"]) == ([], 0)
            assert manager.origin("server/port") == name
            await manager.set("server/port", 6)
            await manager.save_running()
            assert manager.status()["unsaved"] == 0
            path = manager.status()["path"]
            assert path == ("echo.yml" if name.startswith("application") else name)
            assert manager.origin("server/port") == path
            if name.startswith("application"):
                assert manager._keeping.loaded.own == {"server": {"port": 6}}
        service = Echo()
        async with Manager(url, service=service) as manager:
            assert (service.port, service.sessions["s a"].rate) == (6, 3)

    run(work())


@pytest.mark.parametrize("value", ["${nobody}", "${a}", "${" * 200])
def test_placeholders_that_lead_nowhere_stay_as_they_are_written(url, value):
    async def work():
        manager = Manager(url, server_id="echo")
        kept = {}
        manager.bind("a", get=lambda: kept.get("a", ""), set=lambda text: kept.update(a=text), type=str)
        async with manager:
            await manager.set("a", "mine")
            await manager.save_running()
            store = manager._keeping.store
            content = f"a: '{value}'\n".encode()
            await store.service.commit(store._who, None, [PutFile("application.yml", content)])
            await manager.set("a", value)
            await manager.save_running()
            await manager.restore_running()
            assert kept["a"] == value

    run(work())


def test_unawaited_verbs_happen(url):
    service = Echo()

    async def work():
        async with Manager(url, service=service) as manager:
            manager.set("server/port", 1)
            manager.save_running("unawaited")
        async with Manager(url, service=Echo()) as manager:
            assert [one.message for one in await manager.list_saved()] in (["unawaited"], [])

    run(work())


@pytest.mark.parametrize("name", ["application", "a b/../c", "", " ", "a,b", "..", "x" * 5000])
def test_a_server_id_that_is_no_name_is_refused(name):
    with pytest.raises(BadServerId):
        Manager(server_id=name)


def test_urls_that_nobody_offers_are_refused_by_class(tmp_path):
    with pytest.raises(KeyError, match="No implementation for scheme nope"):
        Manager().set_config("echo", "nope://x")
    with pytest.raises(BadStorageURLScheme):
        run(Manager("nope://x", server_id="echo").start())
    file = tmp_path / "file"
    file.write_text("no repository")
    with pytest.raises(GitConfigError):
        run(Manager(str(file), server_id="echo").start())


def test_a_manager_can_be_started_again_and_load_keeps(url):
    async def work():
        service = Echo()
        manager = Manager(service=service)
        await manager.start()
        await manager.set("server/port", 3)
        await manager.stop()
        await manager.load(url)
        await manager.save_running()
        await manager.stop()
        again = Echo()
        async with Manager(url, service=again):
            assert again.port == 3

    run(work())


def test_a_third_partys_access_is_started_and_stopped_with_its_manager_and_a_broken_one_closes_the_others():
    told = []

    class Recorded(AccessAdaptor):
        async def start(self):
            told.append(("start", self.url))
            if "broken" in self.url:
                raise OSError("no")

        async def stop(self):
            told.append(("stop", self.url))

    register_access_adaptor("recorded", Recorded)
    with pytest.raises(KeyError, match="Adaptor scheme rest already registered"):
        register_access_adaptor("rest", Recorded)
    with pytest.raises(KeyError, match="No implementation for scheme nothing"):
        Manager().add_access("nothing://x")

    async def work():
        manager = Manager(service=Echo())
        access = manager.add_access("recorded://a")
        async with manager:
            assert manager.status()["access"] == ["recorded://a"]
            assert (await access.manager.verb("save", {"message": "by it"}, author="me"))["author"] == "me"
            with pytest.raises(LookupFailed, match="the verbs are"):
                await access.manager.verb("nothing", {})
        manager.add_access("recorded://broken")
        with pytest.raises(OSError, match="no"):
            await manager.start()

    run(work())
    assert told == [
        ("start", "recorded://a"),
        ("stop", "recorded://a"),
        ("start", "recorded://a"),
        ("start", "recorded://broken"),
        ("stop", "recorded://broken"),
        ("stop", "recorded://a"),
    ]


@pytest.mark.parametrize("rest", [False, True])
@pytest.mark.parametrize("telnet", [False, True])
def test_rest_or_telnet_or_both_or_neither(rest, telnet):
    service = Echo()

    async def work():
        manager = Manager(service=service)
        accesses = [
            manager.add_access(f"{one}://127.0.0.1:0") for one, asked in (("rest", rest), ("telnet", telnet)) if asked
        ]
        async with manager:
            assert all(one.port for one in accesses)
            assert len(manager.status()["access"]) == rest + telnet

    run(work())

"""The Manager: life, persistence, history, staged, probation. A service, a store and time passed in."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import yaml
from support.services import Echo

import gitconfig_server.manager as config
from gitconfig_server.errors import GitConfigError
from gitconfig_server.manager import AccessAdaptor, Manager, register_access_adaptor
from gitconfig_server.manager.errors import (
    ApplyFailed,
    BadServerId,
    BadStorageURLScheme,
    Diverged,
    LookupFailed,
    Misfit,
    NotNow,
)
from gitconfig_server.manager.nodes.differences import differences
from gitconfig_server.manager.staging import Reverted
from gitconfig_server.model.writes import PutFile, PutSource, SourcePlace


@pytest.fixture
def url(tmp_path):
    return str(tmp_path / "config.git")


def run(work):
    return asyncio.run(work)


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


def test_staged_is_checked_without_touching_running():
    service = Echo()

    async def work():
        async with Manager(service=service) as manager:
            await manager.stage({"server/port": "x", "server/nope": 1, "z/y": 2})
            assert [one.path for one in await manager.check_staged()] == ["server/port", "server/nope", "z"]
            with pytest.raises(Misfit):
                await manager.deploy_staged()
            assert service.calls == []

    run(work())


def test_a_deployment_that_a_setter_refuses_is_taken_back_whole_and_names_the_path():
    service = Echo()

    async def work():
        async with Manager(service=service) as manager:
            await manager.create("sessions", "old", {"rate": 5})
            await manager.stage({"server/port": 1, "sessions/sa": {"rate": 3}, "sessions/sb": {"rate": 0}})
            await manager.stage({"sessions": {"sa": {"rate": 3}, "sb": {"rate": 0}}})
            service.calls.clear()
            with pytest.raises(ApplyFailed, match="sessions/sb/rate: at least 1") as raised:
                await manager.deploy_staged()
            assert (raised.value.path, raised.value.unknown) == ("sessions/sb/rate", ())
            assert (service.port, list(service.sessions), service.sessions["old"].rate) == (7000, ["old"], 5)
            await manager.stage({"sessions/sb/rate": 4})
            service.calls.clear()
            await manager.deploy_staged()
            assert service.calls == [("add", "sa"), ("add", "sb"), ("set_port", 1), ("drop", "old")]

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


def test_saves_are_commits_of_one_line_whose_trees_stay_and_a_save_of_one_key_is_one_line(url):
    def git(*arguments):
        return subprocess.run(["git", "-C", url, *arguments], capture_output=True, text=True, check=True).stdout

    async def work():
        async with Manager(url, server_id="echo") as manager:
            await manager.set("", {"on": "yes", "mode": "0755", "list": [1, {"a": 2}], "port": 1})
            saves, trees = [await manager.save_running("port 1")], []
            trees.append(git("rev-parse", f"{saves[0].commit}^{{tree}}"))
            for port in (2, 3):
                await manager.set("port", port)
                saves.append(await manager.save_running(f"port {port}"))
            assert git("show", "--format=", "--unified=0", "main").splitlines()[-2:] == ["-port: 2", "+port: 3"]
            await manager.rollback(saves[0].name)
            assert git("rev-parse", "main^{tree}") == trees[0]
            assert git("rev-parse", f"{saves[0].commit}^{{tree}}") == trees[0]
            assert git("rev-list", "--first-parent", "main").split()[1:] == [one.commit for one in reversed(saves)]
        return git("show", "main:echo.yml")

    text = run(work())
    assert yaml.safe_load(text) == {"on": "yes", "mode": "0755", "list": [1, {"a": 2}], "port": 1}
    assert git_fsck(url) == 0


def git_fsck(url):
    return subprocess.run(["git", "-C", url, "fsck", "--full", "--strict"], capture_output=True, check=False).returncode


def test_two_saved_ones_are_compared_by_their_times(url):
    async def work():
        async with Manager(url, server_id="echo") as manager:
            saves = []
            for port in (1, 2):
                await manager.set("", {"port": port, f"only{port}": True})
                saves.append(await manager.save_running())
            loaded = [await manager.load_saved(one.at) for one in saves]
            found = await manager.compare(saves[0].at.isoformat(), saves[1].at.isoformat())
            assert found == list(differences(*loaded))
            assert [str(one) for one in found] == ["- only1: True", "~ port: 1 -> 2", "+ only2: True"]

    run(work())


PROGRAM = """
import asyncio, sys
from gitconfig_server.manager import Manager

async def main():
    async with Manager(sys.argv[1], server_id="echo", follow=False) as manager:
        for number in range(10):
            await manager.set(sys.argv[2], number)
            await manager.save_running()

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["disk", "sqlite"])
def test_two_processes_with_one_server_id_lose_nothing(kind, tmp_path):
    url = str(tmp_path / "c.git") if kind == "disk" else f"sqlite:///{tmp_path}/c.db"

    async def work():
        async with Manager(url, server_id="echo") as manager:
            await manager.set("", {"a": -1, "b": -1})
            await manager.save_running()
        command = [sys.executable, "-c", PROGRAM, url]
        both = [await asyncio.create_subprocess_exec(*command, name) for name in "ab"]
        assert [await one.wait() for one in both] == [0, 0]
        async with Manager(url, server_id="echo") as manager:
            assert await manager.get() == {"a": 9, "b": 9}
            assert len(await manager.list_saved()) == 21

    run(work())


def test_a_deployment_keeps_what_changed_in_running_meanwhile():
    service = Echo()

    async def work():
        async with Manager(service=service) as manager:
            await manager.stage({"server/port": 1})
            await manager.create("sessions", "late")
            await manager.deploy_staged()
            assert (service.port, list(service.sessions)) == (1, ["late"])

    run(work())


def test_restore_calls_only_what_differs(url):
    service = Echo()

    async def work():
        async with Manager(url, service=service) as manager:
            await manager.create("sessions", "sa", {"rate": 5})
            await manager.save_running()
            await manager.set("server/port", 1)
            await manager.create("sessions", "sb")
            await manager.delete("sessions/sa")
            service.calls.clear()
            await manager.restore_running()
            assert service.calls == [("add", "sa"), ("set_port", 7000), ("drop", "sb")]
            assert service.sessions["sa"].rate == 5

    run(work())


def test_history_only_grows_and_rollback_is_a_new_save(url):
    service = Echo()

    async def work():
        async with Manager(url, service=service, server_id="echo") as manager:
            saves = []
            for port in (1, 2, 3):
                await manager.set("server/port", port)
                saves.append(await manager.save_running(f"port {port}"))
            assert [one.message for one in await manager.list_saved()] == ["port 3", "port 2", "port 1"]
            assert (await manager.load_saved(saves[0].name))["server"]["port"] == 1
            assert (await manager.load_saved(saves[1].at))["server"]["port"] == 2
            found = await manager.compare(saves[0].name, saves[2].commit)
            assert [str(one) for one in found] == ["~ server/port: 1 -> 3"]
            await manager.set("server/port", 99)  # dirty: comparing works all the same
            assert await manager.compare(saves[0].name, saves[2].commit) == found
            await manager.rollback(saves[0].name, "back")
            assert service.port == 1
            assert [one.message for one in await manager.history()] == ["back", "port 3", "port 2", "port 1"]
            with pytest.raises(GitConfigError):
                await manager.load_saved("2001-01-01T00:00:00")

    run(work())


def test_pruning_hides_and_deletes_nothing(url):
    async def work():
        async with Manager(url, service=Echo(), server_id="echo") as manager:
            saves = []
            for port in (1, 2, 3):
                await manager.set("server/port", port)
                saves.append(await manager.save_running(f"port {port}"))
            await manager.stage({"server/port": 9})
            await manager.save_staged()
            assert await manager.prune_saved(saves[1].at) == 1
            assert [one.message for one in await manager.list_saved()] == ["port 3", "port 2"]
            assert await manager.prune_saved(datetime(2200, 1, 1, tzinfo=UTC)) == 1
            assert [one.message for one in await manager.list_saved()] == ["port 3"]
            manager.discard_staged()
            await manager.restore_staged()
            assert await manager.get("/config/staged/server/port") == 9
        return saves

    saves = run(work())
    count = subprocess.run(
        ["git", "-C", url, "rev-list", "--count", "main"], capture_output=True, text=True, check=True
    )
    assert count.stdout.strip() == "3"
    subprocess.run(["git", "-C", url, "cat-file", "-e", saves[0].commit], check=True)


def test_save_to_staged_copies_running_or_what_was_saved(url):
    async def work():
        async with Manager(url, service=Echo()) as manager:
            await manager.set("server/port", 1)
            first = await manager.save_running()
            await manager.set("server/port", 2)
            await manager.save_to_staged()
            assert await manager.get("/config/staged/server/port") == 2
            await manager.save_to_staged(first.name)
            assert await manager.get("/config/staged/server/port") == 1
            await manager.copy("config/staged/server/port", "config/running/server/port")
            assert await manager.get("server/port") == 1

    run(work())


def test_two_managers_of_one_service_see_each_others_changes(url):
    async def work():
        one, other = Echo(), Echo()
        async with (
            Manager(url, service=one, server_id="echo", follow=False) as first,
            Manager(url, service=other, server_id="echo", follow=False) as second,
        ):
            await first.set("server/port", 1)
            await first.save_running("first")
            await second.create("sessions", "sa")
            await second.save_running("second")  # saved by the other meanwhile: merged by key, nothing is lost
            assert other.port == 1
            await first._keeping.sync()
            assert list(one.sessions) == ["sa"]
            assert one.port == 1

    run(work())


def test_what_both_changed_is_told_and_not_saved_before_somebody_says_which(url):
    async def work():
        one, other = Echo(), Echo()
        async with (
            Manager(url, service=one, server_id="echo", follow=False) as first,
            Manager(url, service=other, server_id="echo", follow=False) as second,
        ):
            await first.set("server/port", 1)
            await second.set("server/port", 2)
            await first.save_running()
            with pytest.raises(Diverged) as raised:
                await second.save_running()
            assert raised.value.sides == (("server/port", 2, 1),)
            assert second.status()["diverged"] == ["server/port"]
            await second.save_running(prefer="saved")
            assert other.port == 1
            await second.set("server/port", 3)
            await first.set("server/port", 4)
            await first.save_running()
            with pytest.raises(Diverged):
                await second.save_running()
            await second.save_running(prefer="running")
            assert second.status()["diverged"] == []
            await first.restore_running()
            assert one.port == 3

    run(work())


def test_a_push_is_followed(url, tmp_path):
    service = Echo()

    def git(*arguments, at=tmp_path / "clone"):
        subprocess.run(
            ["git", "-C", at, "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True, capture_output=True
        )

    async def work():
        async with Manager(url, service=service, server_id="echo", poll=0.02) as manager:
            heard = []
            changed = asyncio.Event()

            @manager.on_change("server")
            def hear(change):
                heard.append((change.path, change.old, change.new, change.reason, change.author))
                changed.set()

            await manager.create("sessions", "sa")
            await manager.save_running()
            await asyncio.to_thread(git, "clone", url, "clone", at=tmp_path)
            file = tmp_path / "clone" / "echo.yml"
            file.write_text(file.read_text().replace("7000", "7005"))
            await asyncio.to_thread(git, "commit", "-am", "by push")
            await asyncio.to_thread(git, "push")
            await asyncio.wait_for(changed.wait(), 20)
            assert service.port == 7005
            assert heard == [("server/port", 7000, 7005, "save", "a")]
            assert list(service.sessions) == ["sa"]

    run(work())


def test_a_pushed_value_that_does_not_fit_is_told_and_running_stays(url):
    service = Echo()

    async def work():
        async with (
            Manager(url, service=service, server_id="echo", follow=False) as manager,
            Manager(url, server_id="echo", follow=False) as other,
        ):
            await manager.save_running()
            await other.restore_running()
            await other.set("server/port", "many")
            await other.save_running()
            await manager._keeping.sync()
            assert service.port == 7000
            assert "server/port" in manager.status()["refused"][0]
            with pytest.raises(Diverged):
                await manager.save_running()
            await other.set("server/port", 8)
            await other.save_running()
            await manager._keeping.sync()
            assert (service.port, manager.status()["refused"], manager.status()["diverged"]) == (8, [], [])

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


def test_what_everybody_inherits_is_read_and_not_written(url):
    async def work():
        async with Manager(url, server_id="everybody") as writer:
            await writer.set("x", 1)
            await writer.save_running()
            service = writer._keeping.store.service
            place = SourcePlace("application", "default")
            await service.commit(
                writer._keeping.store._who, None, [PutSource(place, {"server": {"port": 5}, "other": 1})]
            )
        service = Echo()
        async with Manager(url, service=service) as manager:
            assert service.port == 5
            assert manager.status()["refused"] == []
            assert manager.origin("server/port") == "application.yml"
            await manager.create("sessions", "sa")
            await manager.save_running()
            assert manager._keeping.loaded.own == {"sessions": {"sa": {"rate": 10}}}
            assert manager.origin("sessions/sa/rate") == "echo.yml"
            await manager.set("server/port", 6)
            await manager.save_running()
            assert manager._keeping.loaded.own["server"] == {"port": 6}

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


def test_bad_health_takes_a_deployment_back_by_itself():
    service = Echo()

    async def work():
        async with Manager(service=service) as manager:
            await manager.stage({"server/port": 1})
            with pytest.raises(Reverted, match="health is bad"):
                await manager.deploy_staged(confirm_within=5, health=lambda: service.port != 1)
            assert service.port == 7000

            async def broken():
                raise OSError("no database")

            await manager.stage({"server/port": 1})
            with pytest.raises(Reverted, match="OSError: no database"):
                await manager.deploy_staged(confirm_within=5, health=broken)
            assert service.port == 7000

    run(work())


def test_good_health_to_the_end_confirms():
    service = Echo()
    asked = []

    async def work():
        async with Manager(service=service) as manager:
            await manager.stage({"server/port": 1})
            await manager.deploy_staged(confirm_within=0.05, health=lambda: asked.append(1) or True)
            assert (service.port, manager.status()["pending"]) == (1, None)
            assert len(asked) >= 2

    run(work())


def test_without_health_somebody_confirms_or_it_is_taken_back_and_later_changes_stay():
    service = Echo()

    async def work():
        async with Manager(service=service) as manager:
            await manager.stage({"server/port": 1})
            await manager.deploy_staged(confirm_within=60)
            assert manager.status()["pending"]["seconds_left"] > 50
            with pytest.raises(NotNow, match="awaits its confirmation"):
                await manager.deploy_staged()
            manager.confirm()
            await manager.stage({"server/port": 2})
            await manager.deploy_staged(confirm_within=1)
            watch = manager._staging.probation.task
            await manager.create("sessions", "later")
            await asyncio.wait_for(watch, 30)
            assert (service.port, list(service.sessions)) == (1, ["later"])
            with pytest.raises(NotNow, match="nothing awaits"):
                manager.confirm()

    run(work())


def test_a_cancelled_caller_does_not_keep_anybody_from_hearing_of_the_change():
    class Slow(Echo):
        @config.set("server/port")
        async def set_port(self, port: int) -> None:
            await self.going.wait()
            self.port = port

    service = Slow()

    async def work():
        service.going = asyncio.Event()
        heard = asyncio.Event()
        async with Manager(service=service) as manager:
            manager.on_change("server")(lambda change: heard.set())
            caller = asyncio.ensure_future(manager.set("server/port", 5))
            await asyncio.sleep(0)
            caller.cancel()
            with pytest.raises(asyncio.CancelledError):
                await caller
            service.going.set()
            await asyncio.wait_for(heard.wait(), 20)
            assert service.port == 5

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

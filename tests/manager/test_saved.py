"""What a Manager saves: commits, their comparison, history that only grows, restore and pruning."""

import asyncio
import subprocess
from datetime import UTC, datetime

import pytest
import yaml
from support.running import run, settled
from support.services import Echo, Late

import gitconfig_server.manager.bindings.marks as config
from gitconfig_server.errors import GitConfigError
from gitconfig_server.manager import Manager
from gitconfig_server.manager.errors import ApplyFailed, Misfit, Unsettled
from gitconfig_server.manager.nodes.differences import differences


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
            await manager.set("port", 3)  # what runs and is not saved plays no part
            found = await manager.compare(saves[0].at.isoformat(), saves[1].at.isoformat())
            assert found == list(differences(*loaded))
            assert [str(one) for one in found] == ["- only1: True", "~ port: 1 -> 2", "+ only2: True"]

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
            with pytest.raises(Misfit, match="before: expected a time as 2026-01-31T12:00:00, got 'last week'"):
                await manager.prune_saved("last week")
            assert await manager.prune_saved(saves[1].at.isoformat()) == 1
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


def test_as_many_saved_ones_are_listed_as_are_asked_for(url):
    async def work():
        async with Manager(url, server_id="echo", follow=False) as manager:
            for number in range(3):
                await manager.set("n", number)
                await manager.save_running(str(number))
            for limit, wanted in ((2, ["2", "1"]), (0, []), (-1, [])):
                assert [one.message for one in await manager.list_saved(limit)] == wanted

    asyncio.run(work())


def test_nothing_is_saved_while_a_path_is_unknown_and_all_of_it_afterwards(url):
    service = Late()

    async def work():
        async with Manager(url, service=service, server_id="echo") as manager:
            await manager.set("token", "old")
            await manager.save_running()
            service.is_slow = True
            with pytest.raises(ApplyFailed):
                await manager.set("token", "new")
            await manager.set("server/port", 7001)
            with pytest.raises(Unsettled, match=r"^what it holds is unknown: token: an accessor has not ended"):
                await manager.save_running()
            assert list(manager.status()["unknown"]) == ["token"]
            await manager.restore_running()  # goes through, and does not make the token known
            await manager.set("server/port", 7001)
            with pytest.raises(Unsettled):
                await manager.save_running()
            service.release.set()
            await settled(manager.running)
            assert await manager.save_running() is not None

    run(work())
    git = ["git", "-C", url, "show", "main:echo.yml"]
    assert yaml.safe_load(subprocess.run(git, capture_output=True, check=True).stdout)["server"] == {"port": 7001}


def test_what_could_not_be_put_back_is_saved_when_it_was_set_again(url):
    class Broken(Echo):
        tries = 0

        @config.set("secret")
        def set_secret(self, secret: str) -> None:
            self.tries += 1
            if self.tries in (2, 3):
                raise RuntimeError("broken")

    async def work():
        async with Manager(url, service=Broken(), server_id="echo") as manager:
            await manager.set("secret", "a")
            with pytest.raises(ApplyFailed):
                await manager.set("secret", "b")
            with pytest.raises(Unsettled, match=r"secret: could be neither set nor put back: set it again"):
                await manager.save_running()
            await manager.set("secret", "a")  # what it held last, as far as anybody knows: it is set all the same
            assert await manager.save_running() is not None

    run(work())

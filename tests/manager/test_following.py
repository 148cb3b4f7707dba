"""What others change beneath a Manager: another one of its service, a push, what all inherit."""

import asyncio
import json
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest
from pydantic import BaseModel
from support.running import run
from support.services import Echo

from gitconfig_server.errors import StorageError
from gitconfig_server.manager import Manager
from gitconfig_server.manager.errors import Diverged
from gitconfig_server.model.writes import PutSource, SourcePlace

PROGRAM = """
import asyncio, sys
from gitconfig_server.errors import StorageError
from gitconfig_server.manager import Manager

async def main():
    async with Manager(sys.argv[1], server_id="echo", follow=False) as manager:
        for number in range(10):
            await manager.set(sys.argv[2], number)
            await manager.save_running()

asyncio.run(main())
"""


@asynccontextmanager
async def both(url, one, other):
    """A Manager of each of two services that are one to the store; neither looks by itself for what the other does."""
    async with (
        Manager(url, service=one, server_id="echo", follow=False) as first,
        Manager(url, service=other, server_id="echo", follow=False) as second,
    ):
        yield first, second


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


def test_two_managers_of_one_service_see_each_others_changes(url):
    async def work():
        one, other = Echo(), Echo()
        async with both(url, one, other) as (first, second):
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
        async with both(url, one, other) as (first, second):
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
        async with both(url, service, None) as (manager, other):
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


def test_news_that_could_not_be_taken_over_is_found_again(url):
    async def work():
        service = Echo()
        async with (
            Manager(url, server_id="echo", follow=False) as writer,
            Manager(url, service=service, server_id="echo", poll=0.01) as manager,
        ):
            store, failed = manager._keeping.store, asyncio.Event()
            load = store.load

            async def failing():
                store.load = load
                failed.set()
                raise StorageError("not now")

            store.load = failing
            await writer.set("server", {"port": 9})
            await writer.save_running()
            async with asyncio.timeout(20):
                await failed.wait()
                while service.port != 9:  # noqa: ASYNC110 - what is waited for is the Manager's own round
                    await asyncio.sleep(0.01)

    run(work())


def test_a_start_without_what_does_not_fit_follows_the_value_that_does(url, tmp_path):
    class Limits(BaseModel):
        rate: int = 10
        burst: int = 20

    class Settings(BaseModel):
        limits: Limits = Limits()
        title: str = ""

    async def work():
        async with Manager(url, server_id="gate", follow=False) as writer:
            await writer.set("", {"limits": {"rate": 60, "burst": 6}, "title": "a", "gone": 1})
            await writer.save_running()
            manager = Manager(url, model=Settings, server_id="gate", follow=False, cache=cache)

            @manager.check
            def sane(new):
                if new.limits.burst < new.limits.rate:
                    raise ValueError("limits/burst: less than rate")

            async with manager:
                assert manager.snapshot() == Settings(title="a")
                assert "limits/burst: less than rate" in manager.status()["refused"]
                await writer.set("title", "b")
                await writer.save_running()
                await manager._keeping.sync()
                assert manager.snapshot() == Settings(title="b")
                assert "limits/burst: less than rate" in manager.status()["refused"]
                assert not list(tmp_path.glob("cache/*"))  # nobody would want to start from that
                await writer.set("limits/burst", 80)
                await writer.save_running()
                await manager._keeping.sync()
                assert manager.snapshot() == Settings(title="b", limits=Limits(rate=60, burst=80))
                assert [one.partition(":")[0] for one in manager.status()["refused"]] == ["gone"]
                assert manager.status()["unsaved"] == 0
                await writer.set("limits/burst", 1)
                await writer.save_running()
                await manager._keeping.sync()
                assert manager.snapshot().limits.burst == 80

    cache = tmp_path / "cache"
    run(work())
    (kept,) = cache.iterdir()
    assert json.loads(kept.read_text())["own"]["limits"]["burst"] == 80

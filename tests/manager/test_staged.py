"""What is staged in a Manager: checked without touching running, deployed, taken back."""

import asyncio

import pytest
from support.running import run
from support.services import Echo

import gitconfig_server.manager as config
from gitconfig_server.manager import Manager
from gitconfig_server.manager.errors import (
    ApplyFailed,
    Misfit,
    NotNow,
)
from gitconfig_server.manager.probation import Reverted


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


def test_a_deployment_keeps_what_changed_in_running_meanwhile():
    service = Echo()

    async def work():
        async with Manager(service=service) as manager:
            await manager.stage({"server/port": 1})
            await manager.create("sessions", "late")
            await manager.deploy_staged()
            assert (service.port, list(service.sessions)) == (1, ["late"])

    run(work())


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

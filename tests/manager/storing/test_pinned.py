"""A label whose readers get another commit than the one that is saved: what a service runs, and what its saves do."""

import asyncio

import pytest
from support.live import live
from support.services import Echo

from gitconfig_server import create_app
from gitconfig_server.errors import PendingApply
from gitconfig_server.manager import Manager
from gitconfig_server.manager.errors import Diverged
from gitconfig_server.model.pending import Brake
from gitconfig_server.model.principals import Principal
from gitconfig_server.service.opening import open_stored
from gitconfig_server.settings import Settings

ANN = Principal("ann")
KINDS = pytest.mark.parametrize("kind", ["disk", "server"])


def serve(work, kind, tmp_path):
    """Run ``work`` with the URL of a store."""

    async def run():
        url = str(tmp_path / "c.git")
        open_stored(url, make=True).storage.close()
        if kind == "disk":
            return await work(url)
        async with live(create_app(Settings(repository=url))) as server:
            return await work(f"http://127.0.0.1:{server.port}")

    asyncio.run(run())


async def until(is_so):
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - what is waited for is the Manager's own round
            await asyncio.sleep(0.01)


async def saved_twice(writer):
    """Two versions: the first is the one to pin."""
    await writer.set("", {"server": {"port": 1}, "sessions": {"sa": {"rate": 1}}})
    first = await writer.save_running("first")
    await writer.set("sessions/sa/rate", 2)
    await writer.save_running("second")
    return first.commit


@KINDS
def test_a_save_beneath_a_pin_is_joined_with_what_was_saved_since(kind, tmp_path):
    async def work(url):
        async with Manager(url, server_id="echo", follow=False) as writer:
            first, store = await saved_twice(writer), writer._keeping.store.service
            await store.pin(ANN, "main", Brake("broken", revision=first))
            service = Echo()
            async with Manager(url, service=service, server_id="echo", poll=0.02) as manager:
                assert service.sessions["sa"].rate == 1
                told = manager.status()["readers_get"]
                assert told["pin"].startswith(first[:7])
                assert told["saved"] != first
                await manager.set("server/port", 9)
                saved = await manager.save_running("under the pin")
                assert saved.message == "under the pin"
                assert service.port == 9  # what runs here stays, though readers get it later
                assert manager.status()["unsaved"] == 1  # a restart would lose it until then
                assert await manager.save_running() is None
                await store.unpin(ANN, "main")
                await until(lambda: manager.status()["readers_get"] is None)
                assert (service.port, service.sessions["sa"].rate) == (9, 2)
                assert manager.status()["unsaved"] == 0
            async with Manager(url, server_id="echo", follow=False) as after:
                assert await after.get() == {"server": {"port": 9}, "sessions": {"sa": {"rate": 2}}}

    serve(work, kind, tmp_path)


@pytest.mark.parametrize(
    ("kind", "prefer", "wanted"), [("disk", "running", 5), ("server", "running", 5), ("disk", "saved", 2)]
)
def test_what_was_saved_since_and_changed_here_needs_a_word(kind, prefer, wanted, tmp_path):
    async def work(url):
        async with Manager(url, server_id="echo", follow=False) as writer:
            first, store = await saved_twice(writer), writer._keeping.store.service
            await store.pin(ANN, "main", Brake("broken", revision=first))
            async with Manager(url, service=Echo(), server_id="echo", poll=0.02) as manager:
                await manager.set("sessions/sa/rate", 5)
                with pytest.raises(Diverged, match=r"sessions.sa.rate is 5 here and 2 in the store"):
                    await manager.save_running()
                await manager.set("server/port", 9)
                assert await manager.save_running(prefer=prefer) is not None
                await store.unpin(ANN, "main")
            async with Manager(url, server_id="echo", follow=False) as after:
                assert await after.get() == {"server": {"port": 9}, "sessions": {"sa": {"rate": wanted}}}

    serve(work, kind, tmp_path)


def test_a_service_that_is_new_since_the_pinned_revision_can_save(tmp_path):
    async def work(url):
        async with Manager(url, server_id="other", follow=False) as other:
            await other.set("x", 1)
            first = await other.save_running()
            await other.set("x", 2)
            await other.save_running()
            store = other._keeping.store.service
            await store.pin(ANN, "main", Brake("", revision=first.commit))
            async with Manager(url, service=Echo(), server_id="echo", follow=False) as manager:
                await manager.set("server/port", 9)
                assert await manager.save_running() is not None
            await store.unpin(ANN, "main")
            async with Manager(url, server_id="echo", follow=False) as after:
                assert await after.get("server/port") == 9

    serve(work, "disk", tmp_path)


@KINDS
def test_a_save_of_what_is_pending_on_the_label_says_what_to_do(kind, tmp_path):
    async def work(url):
        async with Manager(url, server_id="echo", follow=False) as writer:
            await saved_twice(writer)
            store = writer._keeping.store.service
            await writer.stage({"sessions/sa/rate": 3})
            await writer.save_staged()
            pending = (await store.apply(ANN, "main", confirm_within=600)).pending
            service = Echo()
            async with Manager(url, service=service, server_id="echo", follow=False) as manager:
                assert service.sessions["sa"].rate == 3
                assert manager.status()["readers_get"]["pending"] == pending
                await manager.set("server/port", 9)
                with pytest.raises(PendingApply, match=f"{pending} is pending until .*: confirm it, cancel it or wait"):
                    await manager.save_running()
                await store.confirm(ANN, "main", pending)
                assert await manager.save_running() is not None
            async with Manager(url, server_id="echo", follow=False) as after:
                assert await after.get() == {"server": {"port": 9}, "sessions": {"sa": {"rate": 3}}}

    serve(work, kind, tmp_path)

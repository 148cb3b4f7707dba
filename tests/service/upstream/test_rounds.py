import asyncio
import threading
import time
from contextlib import asynccontextmanager

import anyio
import pytest
from support.git_http import git_http
from support.repositories import commit
from support.upstreams import followed

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.upstream.exchange import Exchange
from gitconfig_server.service.upstream.schedule import Bell
from gitconfig_server.storage.disk.storage import DiskStorage

pytestmark = pytest.mark.anyio


class Hand(Bell):
    """Time passes when the test says so; ``idle`` returns once there is nothing left to do."""

    def __init__(self):
        super().__init__()
        self.delays = []
        self.passed = 0.0
        self.calls = asyncio.Queue()
        self._waiting, self._elapsed = asyncio.Event(), asyncio.Event()

    async def wait(self, seconds):
        self._loop = asyncio.get_running_loop()
        self.delays.append(seconds)
        self.calls.put_nowait(seconds)
        if not self._rung.is_set():
            self._waiting.set()
        waiting = [asyncio.create_task(event.wait()) for event in (self._rung, self._elapsed)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return self._rung.is_set()
        finally:
            for task in waiting:
                task.cancel()
            for event in (self._rung, self._elapsed, self._waiting):
                event.clear()

    def now(self):
        return time.time() + self.passed

    async def idle(self):
        async with asyncio.timeout(30):
            await self._waiting.wait()

    async def turn(self):
        async with asyncio.timeout(30):
            await self.calls.get()

    async def elapse(self):
        await self.idle()
        self.passed += self.delays[-1]
        self._elapsed.set()
        self._waiting.clear()
        await self.idle()


async def test_start_waits_for_the_first_round(remote):
    ours = followed(remote.path)
    async with ours.upstream.running(30):
        assert ours.tip("main") == remote.tip("main")


async def test_start_does_not_wait_for_a_silent_remote_and_the_stop_neither(remote):
    tasks = asyncio.all_tasks()
    with git_http(remote.path.parent) as served:
        served.silent = threading.Event()
        ours = followed(f"{served.url}/remote.git")
        async with ours.upstream.running(0.01):
            assert ours.upstream.status().attempted is None
        assert asyncio.all_tasks() == tasks


async def test_interval_begins_rounds(remote):
    hand = Hand()
    ours = followed(remote.path, bell=hand, now=hand.now, refresh=60, jitter=0)
    async with ours.upstream.running(30):
        tip = remote.commit({"orders.yml": "pool: 2\n"})
        await hand.elapse()
        assert (ours.tip("main"), hand.delays) == (tip, [60, 60])


async def test_remote_that_is_down_is_asked_again_sooner(remote):
    hand = Hand()
    ours = followed(remote.path, bell=hand, now=hand.now, refresh=60, jitter=0)
    async with ours.upstream.running(30):
        away = remote.path.rename(remote.path.with_name("away"))
        good = ours.tip("main")
        for _ in range(3):
            await hand.elapse()
        assert (ours.tip("main"), hand.delays[1:]) == (good, [1, 2, 4])
        assert ours.upstream.status().failures == 3
        away.rename(remote.path)
        tip = remote.commit({"orders.yml": "pool: 2\n"})
        await hand.elapse()
        assert (ours.tip("main"), hand.delays[-1], ours.upstream.status().error) == (tip, 60, "")


async def test_burst_of_calls_makes_one_more_round(remote):
    hand = Hand()
    with git_http(remote.path.parent) as served:
        ours = followed(f"{served.url}/remote.git", bell=hand, now=hand.now)
        async with ours.upstream.running(30):
            await hand.idle()
            served.silent = threading.Event()
            ours.upstream.trigger()
            await anyio.to_thread.run_sync(served.asked.wait, 30)
            for _ in range(50):
                ours.upstream.trigger()
            served.silent.set()
            await hand.idle()
        assert served.requests[3:] == ["GET /remote.git/info/refs?service=git-upload-pack"]


async def test_local_moves_are_pushed_at_once_and_ours_are_not_heard(remote):
    hand = Hand()
    ours = followed(remote.path, bell=hand, now=hand.now, push_back=True)
    async with ours.upstream.running(30):
        await hand.turn()
        saved = (await Crossing().run(commit, ours.git, {"orders.yml": "pool: 2\n"})).decode()
        await hand.turn()
        assert remote.tip("main") == saved
    assert hand.calls.empty()


async def test_one_process_at_a_time_follows_and_the_others_know(remote, tmp_path):
    with git_http(remote.path.parent) as served:
        storage = DiskStorage(tmp_path)
        stored = [storage.create("ours.git"), storage.open("ours.git")]
        one, two = (followed(f"{served.url}/remote.git", stored=repository) for repository in stored)
        asked = time.time()
        async with anyio.create_task_group() as group:
            group.start_soon(one.upstream.follow, asked)
            group.start_soon(two.upstream.follow, asked)
        assert [line.split()[0] for line in served.requests] == ["GET", "POST"]
        assert one.upstream.status() == two.upstream.status()
        assert two.upstream.status().fetched
        storage.close()


async def test_processes_that_start_together_share_the_first_round(remote, tmp_path):
    with git_http(remote.path.parent) as served:
        storage = DiskStorage(tmp_path)
        stored = [storage.create("ours.git"), *(storage.open("ours.git") for _ in range(3))]
        all_of_them = [followed(f"{served.url}/remote.git", stored=repository) for repository in stored]
        async with anyio.create_task_group() as group:
            for one in all_of_them:
                group.start_soon(_start_and_stop, one)
        assert len(served.requests) == 2
        storage.close()


async def test_failure_of_the_process_before_is_no_reason_to_wait(remote, tmp_path):
    stored = DiskStorage(tmp_path).create("ours.git")
    away = remote.path.rename(remote.path.with_name("away"))
    async with followed(remote.path, stored=stored).upstream.running(30):
        pass
    away.rename(remote.path)
    after = followed(remote.path, stored=stored)
    await _start_and_stop(after)
    assert (after.upstream.status().error, after.tip("main")) == ("", remote.tip("main"))


async def _start_and_stop(one):
    async with one.upstream.running(30):
        assert one.tip("main")


async def test_next_process_knows_how_it_went(remote, tmp_path):
    storage = DiskStorage(tmp_path)
    first = followed(remote.path, stored=storage.create("ours.git"))
    fetched = (await first.round()).fetched
    remote.path.rename(remote.path.with_name("away"))
    status = await followed(remote.path, stored=storage.open("ours.git")).round()
    assert status.fetched == fetched
    assert status.stale(fetched, None)
    storage.close()


class Failing:
    """A remote that fails in a way nobody foresaw."""

    name = "failing://"

    @asynccontextmanager
    async def conversation(self, _):
        raise RuntimeError("boo")
        yield


async def test_unforeseen_failure_is_told_and_does_not_stop_following(remote):
    hand = Hand()
    ours = followed(remote.path, bell=hand, now=hand.now)
    good: Exchange = ours.upstream._exchange
    ours.upstream._exchange = Exchange(Failing(), None, None, Crossing())
    async with ours.upstream.running(30):
        assert "RuntimeError" in ours.upstream.status().error
        ours.upstream._exchange = good
        await hand.elapse()
        assert (ours.upstream.status().error, ours.tip("main")) == ("", remote.tip("main"))


async def test_repository_that_cannot_be_written_cannot_follow(tmp_path, monkeypatch):
    storage = DiskStorage(tmp_path)
    stored = storage.create("ours.git")
    monkeypatch.setattr(type(stored), "writable", False)
    with pytest.raises(InvalidSettings, match="cannot be written"):
        followed(tmp_path / "remote.git", stored=stored)
    storage.close()

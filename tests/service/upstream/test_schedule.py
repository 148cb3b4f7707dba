import threading

import anyio
import pytest

from gitconfig_server.service.upstream.schedule import LAST_RETRY, Bell, Schedule

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("chance", "seconds"), [(0, 54), (0.5, 60), (1, 66)])
def test_interval_has_jitter(chance, seconds):
    assert Schedule(60, 0.1).delay(0, lambda: chance) == pytest.approx(seconds)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (4, 8), (10, 60), (1000, 60)])
def test_failures_are_tried_again_sooner_and_never_later_than_the_interval(failures, seconds):
    assert Schedule(60, 0).delay(failures, lambda: 0) == seconds


def test_without_an_interval_only_failures_are_tried_again():
    schedule = Schedule(0, 0.5)
    assert schedule.delay(0, lambda: 1) is None
    assert schedule.delay(50, lambda: 0.5) == LAST_RETRY


async def test_bell_wakes_from_another_thread():
    bell = Bell()
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.to_thread.run_sync, bell.ring)
        assert await bell.wait(None)


async def test_many_rings_wake_once():
    bell = Bell()
    ringing = [threading.Thread(target=bell.ring) for _ in range(20)]
    for thread in ringing:
        thread.start()
    for thread in ringing:
        thread.join()
    assert await bell.wait(None)
    assert not await bell.wait(0)


def test_ring_after_the_loop_has_ended_is_lost():
    bell = Bell()
    anyio.run(bell.wait, 0)
    bell.ring()

import asyncio
import threading
from contextlib import aclosing

import anyio
import pytest

from gitconfig_server.service.crossing import Crossing

pytestmark = pytest.mark.anyio


async def test_work_runs_in_another_thread():
    assert await Crossing().run(threading.get_ident) != threading.get_ident()


async def test_a_write_is_finished_though_its_caller_is_cancelled():
    crossing, begun, done = Crossing(), threading.Event(), []

    def work():
        begun.set()
        threading.Event().wait(0.05)
        done.append(True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(crossing.write, work)
        await crossing.run(begun.wait)
        tasks.cancel_scope.cancel()
    assert done == [True]


@pytest.mark.parametrize("iterated", [False, True])
async def test_a_write_outlives_a_task_that_is_cancelled_from_outside(iterated):
    crossing, begun, go, done = Crossing(), threading.Event(), threading.Event(), []

    def work():
        begun.set()
        go.wait()
        done.append(True)
        return iter(())

    async def write():
        if not iterated:
            await crossing.write(work)
            return
        async with aclosing(crossing.iterate((chunk for part in [work] for chunk in part()), finish=True)) as chunks:
            async for _ in chunks:
                pass

    task = asyncio.ensure_future(write())
    await crossing.run(begun.wait)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [True]


async def test_drain_waits_for_writes():
    crossing, begun, go = Crossing(), threading.Event(), threading.Event()

    def work():
        begun.set()
        go.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(crossing.write, work)
        await crossing.run(begun.wait)
        with anyio.move_on_after(0.05) as waited:
            await crossing.drain()
        assert waited.cancelled_caught
        go.set()
        await crossing.drain()


async def test_what_is_left_of_a_write_is_worked_through_unheard():
    made = []

    def chunks():
        for number in range(5):
            made.append(number)
            yield b"%d" % number

    async with aclosing(Crossing().iterate(chunks(), finish=True)) as heard:
        assert await anext(heard) == b"0"
    assert made == [0, 1, 2, 3, 4]


async def test_a_read_stops_with_its_consumer():
    made = []

    def chunks():
        for number in range(5):
            made.append(number)
            yield b"%d" % number

    async with aclosing(Crossing().iterate(chunks())) as heard:
        assert await anext(heard) == b"0"
    assert made == [0]

"""Coroutines that are begun at once: without a task where they never wait, as tasks where they do."""

import asyncio

import pytest

from gitconfig_server.manager.eager import begin


def test_one_that_never_waits_has_ended_before_the_loop_has_a_turn():
    async def work():
        return 5

    async def scene():
        begun = begin(work())
        assert begun.done()
        assert not isinstance(begun, asyncio.Task)
        assert await begun == 5

    asyncio.run(scene())


def test_one_that_raises_gives_its_exception_to_who_awaits_it():
    async def work(waits):
        if waits:
            await asyncio.sleep(0)
        raise KeyError("x")

    async def scene():
        for waits in (False, True):
            with pytest.raises(KeyError, match="x"):
                await begin(work(waits))

    asyncio.run(scene())


def test_one_that_waits_goes_on_as_a_task_and_hears_of_its_cancellation():
    async def scene():
        waited, heard = asyncio.get_running_loop().create_future(), []

        async def work():
            heard.append("begun")
            heard.append(await waited)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard.append("cancelled")
                raise

        begun = begin(work())
        assert (heard, begun.done()) == (["begun"], False)
        waited.set_result("given")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert heard == ["begun", "given"]
        begun.cancel()
        with pytest.raises(asyncio.CancelledError):
            await begun
        assert heard == ["begun", "given", "cancelled"]

    asyncio.run(scene())


def test_what_it_waits_for_may_fail():
    async def scene():
        waited = asyncio.get_running_loop().create_future()

        async def work():
            try:
                await waited
            except OSError:
                return "seen"

        begun = begin(work())
        waited.set_exception(OSError())
        assert await begun == "seen"

    asyncio.run(scene())

"""Commits that are in force for a while, over what a server keeps."""

import asyncio

from support.telnet import WHO, file_of, opened, talk

from gitconfig_server.model.reads import Reading, View
from gitconfig_server.telnet.commands import Commands


def test_a_confirmed_commit_is_in_force_at_once_and_saved_by_the_next_one(tmp_path):
    async def after(service):
        return await file_of(service)

    told, text = talk(
        tmp_path,
        "configure",
        "set db pool 30",
        "commit confirmed 10",
        "run show db pool",
        "run show saved db pool",
        "status",
        "set cache 1",
        "commit",
        "run show saved db pool",
        after=after,
    )
    assert told[2][0] == "commit confirmed will be automatically rolled back in 10 minutes unless confirmed"
    assert told[2][1].startswith("in force for 600 s as ")
    assert (told[3], told[4]) == (["30;"], ["20;"])
    assert "pending {" in told[5]
    assert [line.split()[0] for line in told[7]] == ["commit", "confirmed", "commit", "committed"]
    assert told[8] == ["30;"]
    assert "cache: 1" in text


def test_what_nobody_confirms_is_taken_back_and_all_sessions_are_told(tmp_path):
    async def run():
        async with opened(tmp_path) as (service, targets):
            commands = Commands(targets.session("ann"), "ann")
            for line in ("use orders/prod", "configure", "set db pool 30", "commit confirmed 1s"):
                await commands.run(line)
            running = await service.environment(WHO, ("orders",), ("prod",), Reading(view=View.RUNNING))
            assert running.sources[0].properties["db.pool"] == 30
            async with asyncio.timeout(30):
                await targets.notices.wait(0)
            told = "main: what was not confirmed has been taken back: nobody confirmed in time"
            assert targets.notices.after(0) == [told]
            assert await commands.run("run show db pool") == ["20;"]
            assert await commands.run("show | compare") == ["~ db.pool: 20 -> 30"]  # it is still staged
            await commands.run("commit confirmed 10")
            await commands.run("cancel")
            assert targets.notices.after(1) == ["main: what was not confirmed has been taken back: cancelled"]

    asyncio.run(run())


def test_who_confirms_over_http_is_named(tmp_path):
    async def run():
        async with opened(tmp_path) as (service, targets):
            commands = Commands(targets.session("ann"), "ann")
            for line in ("use orders/prod", "configure", "set db pool 30", "commit confirmed 10"):
                await commands.run(line)
            pending = (await service.hanging(WHO, "main")).pending
            await service.confirm(WHO, "main", pending.id)
            async with asyncio.timeout(30):
                await targets.notices.wait(0)
            (told,) = targets.notices.after(0)
            assert told == "main: what awaited its confirmation has been confirmed by tester"

    asyncio.run(run())

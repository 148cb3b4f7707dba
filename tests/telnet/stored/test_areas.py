"""What a session of telnet edits: the label's staged branch, alone or with others, or a branch of its own."""

import asyncio
from datetime import timedelta

from support.telnet import WHO, opened, talk

from gitconfig_server.model.history import HistoryQuery
from gitconfig_server.model.writes import (
    MergePatch,
    NewLabel,
    PatchSource,
    PutSource,
    SourcePlace,
    WriteOptions,
)
from gitconfig_server.telnet.commands import Commands


def test_a_private_configuration_is_a_branch_that_goes_with_its_session(tmp_path):
    async def after(service):
        return [one.name for one in await service.labels(WHO)]

    told, labels = talk(
        tmp_path,
        "1: configure private",
        "2: configure private",
        "1: set db pool 1",
        "2: set cache 2",
        "2: use billing/default",
        "show labels",
        "1: commit",
        "2: commit",
        "2: show db",
        "1: set db pool 3",
        "2: set db pool 4",
        "1: commit",
        "2: commit",
        "2: discard",
        "2: show db pool",
        sessions=2,
        after=after,
    )
    assert told[4] == ["error: what you have staged privately would be lost: commit it, or discard it first"]
    assert [one.rpartition("-")[0] for one in told[5]] == [
        "",
        *(f"{staged}telnet/user{n}" for staged in ("staged-", "") for n in (1, 2)),
    ]
    assert told[7][0] == "commit complete"
    assert "pool 1;" in told[8]  # joined by key
    assert told[12][0].startswith("error: changed differently on both sides: orders-prod.yml#db.pool")
    assert told[14] == ["3;"]
    assert labels == ["main"]


def test_exclusive_keeps_others_out_until_it_is_left(tmp_path):
    told, _ = talk(tmp_path, "1: configure exclusive", "2: configure", "1: exit", "2: configure", sessions=2)
    assert told[1] == ["error: another session edits exclusively: try configure private"]
    assert told[3][0] == "Entering configuration mode"


def test_a_racing_writer_loses_nothing(tmp_path):
    async def run():
        async with opened(tmp_path) as (service, targets):
            commands = [Commands(targets.session(name), name) for name in ("ann", "bob")]
            for one in commands:
                await one.run("use orders/prod")
                await one.run("configure")
            lines = [(one, f"set k{number}-{who} {number}") for number in range(8) for who, one in enumerate(commands)]
            told = await asyncio.gather(*(one.run(line) for one, line in lines))
            assert told == [[]] * 16
            change = PatchSource(SourcePlace("orders", "prod"), MergePatch({"other": 1}))
            await service.commit(WHO, "main", [change])
            assert (await commands[0].run("commit"))[0] == "commit complete"
            found = await service.source(WHO, "orders", "prod")
            assert {"k0-0", "k7-1", "other"} <= set(found.items[0].properties)

    asyncio.run(run())


def test_branches_that_a_killed_server_left_are_removed_a_day_later(tmp_path):
    async def run():
        async with opened(tmp_path) as (service, targets):
            branch, own = "telnet/ann-0123abcd", "telnet/somebodys-own"
            await service.make_label(WHO, branch, NewLabel("main"))
            await service.make_label(WHO, own, NewLabel("main"))
            options = WriteOptions(staged=True)
            await service.commit(WHO, branch, [PutSource(SourcePlace("x", "default"), {"a": 1})], options)
            entries = (await service.history(WHO, branch, HistoryQuery(limit=1))).entries
            await targets.tidy(entries[0].received_at)
            assert len(await service.labels(WHO)) == 4
            await targets.tidy(entries[0].received_at + timedelta(days=2))
            assert [one.name for one in await service.labels(WHO)] == ["main", own]

    asyncio.run(run())


def test_what_was_staged_and_committed_does_not_hide_what_the_label_got_since(tmp_path):
    async def run():
        async with opened(tmp_path) as (service, targets):
            commands = Commands(targets.session("ann"), "ann")
            for line in ("use orders/prod", "configure", "set db pool 30", "commit", "exit"):
                await commands.run(line)
            for change in ({"db": {"pool": 40}}, {"added": 1}):
                await service.commit(WHO, "main", [PatchSource(SourcePlace("orders", "prod"), MergePatch(change))])
            assert await commands.run("configure") == ["Entering configuration mode"]
            assert await commands.run("show db pool") == ["40;"]
            assert await commands.run("show | compare") == ["no differences"]
            assert await commands.run("set port 9") == []
            assert await commands.run("show | compare") == ["~ port: 8080 -> 9"]
            await commands.run("commit")
            found = (await service.source(WHO, "orders", "prod")).items[0].properties
            assert (found["db.pool"], found["added"]) == (40, 1)

    asyncio.run(run())


def test_an_edit_asks_for_its_own_source_and_not_for_all_that_is_staged(tmp_path, monkeypatch):
    async def run():
        async with opened(tmp_path) as (service, targets):

            async def staged(*_):
                raise AssertionError("the whole of staged was asked for")

            monkeypatch.setattr(service, "staged", staged)
            commands = Commands(targets.session("ann"), "ann")
            lines = ["use orders/prod", "configure", "set db pool 30", "delete port", "show db pool", "show | compare"]
            told = [await commands.run(line) for line in lines]
            assert told[4] == ["30;"]
            assert len(told[5]) == 2

    asyncio.run(run())

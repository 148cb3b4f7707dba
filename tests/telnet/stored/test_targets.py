"""The language over what a server keeps: the same verbs, on the branches of a repository."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from support.storages import Made

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.model.history import HistoryQuery
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import LabelKind, Reading, View
from gitconfig_server.model.writes import (
    MergePatch,
    NewLabel,
    PatchSource,
    PutFile,
    PutSource,
    SourcePlace,
    WriteOptions,
)
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.telnet.commands import Commands
from gitconfig_server.telnet.stored.targets import StoredTargets

WHO = Principal("tester")
QUERY = HistoryQuery(limit=1)
FILES = {
    "application-prod.yml": b"log: warning\n",
    "orders-prod.yml": b"# comment\ndb:\n  pool: 20 # of each\n  hosts: [a, b]\nport: '8080'\n",
    "billing.yml": b"currency: EUR\n",
}


@asynccontextmanager
async def opened(tmp_path, kind="memory"):
    made = Made(kind, tmp_path)
    try:
        git = DoorRules().open(made().create("test"))
        service = EmbeddedConfigService(ConfigEngine(git), Crossing())
        await service.commit(WHO, "main", [PutFile(path, content) for path, content in FILES.items()])
        targets = StoredTargets(service, {})
        yield service, targets
        await targets.stop()
    finally:
        made.close()


def talk(tmp_path, *lines, sessions=1, after=None, kind="memory"):
    """What each line answers, ``2: line`` belonging to the second session; and what ``after(service)`` finds."""

    async def run():
        async with opened(tmp_path, kind) as (service, targets):
            users = [f"user{number}" for number in range(1, sessions + 1)]
            commands = [Commands(targets.session(user), user) for user in users]
            for one in commands:
                await one.run("use orders/prod")
            told = []
            for line in lines:
                number, colon, rest = line.partition(": ")
                which = int(number) - 1 if colon and number.isdigit() else 0
                told.append(await commands[which].run(rest if colon and number.isdigit() else line))
            found = await after(service) if after else None
            for one in commands:
                await one.close()
            return told, found

    return asyncio.run(run())


async def file_of(service, label="main", path="orders-prod.yml"):
    return (await service.file(WHO, path, Reading(label))).content.decode()


@pytest.mark.parametrize("kind", ["memory", "disk", "sqlite"])
def test_a_change_is_staged_compared_checked_and_committed(tmp_path, kind):
    told, text = talk(
        tmp_path,
        "conf",
        "edit db",
        "set pool 30",
        "top set cache size 5",
        "show | compare",
        "commit check",
        'commit comment "orders: larger"',
        "run show db pool",
        "history 1",
        after=file_of,
        kind=kind,
    )
    assert told[4] == ["~ db.pool: 20 -> 30", "+ cache.size: 5"]
    assert told[5] == ["configuration check succeeds"]
    assert told[6][0] == "commit complete"
    assert told[7] == ["30;"]
    assert told[8][0].startswith("0 ")
    assert "user1" in told[8][0]
    assert told[8][0].endswith("orders: larger")
    assert text.startswith("# comment\ndb:\n  pool: 30 # of each\n")  # the user's comments stay


def test_what_is_staged_is_seen_by_others_and_only_ones_own_source_is_committed(tmp_path):
    async def after(service):
        return await file_of(service, "staged", "billing.yml"), await file_of(service, "main", "billing.yml")

    told, (staged, saved) = talk(
        tmp_path,
        "1: configure",
        "1: set db pool 21",
        "2: use billing",
        "2: configure",
        "2: set currency USD",
        "1: commit",
        "2: show | compare",
        sessions=2,
        after=after,
    )
    assert told[5][0] == "commit complete"
    assert told[6] == ["~ currency: EUR -> USD"]
    assert ("USD" in staged, "EUR" in saved) == (True, True)


def test_values_are_what_they_look_like_and_text_stays_text(tmp_path):
    _, text = talk(
        tmp_path,
        "configure",
        "set port 9090",
        'set a "5"',
        "set b 5",
        "set c true",
        'set d {"x": [1, null]}',
        "set e [ one two ]",
        "set f/10.0.0.1 6",
        "set db/hosts 2 c",
        "create empty",
        "commit",
        after=file_of,
    )
    assert "port: '9090'" in text
    for line in ("a: '5'", "b: 5", "c: true", "10.0.0.1: 6", "empty: {}", "- one", "hosts: [a, b, c]"):
        assert line in text, text


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["configure", "set port x y"], "error: port is a value: delete it first"),
        (["configure", "set db hosts 7 c"], "error: db hosts is a list of 2: say the number of an item"),
        (["configure", "delete nothing"], "error: nothing: nothing is at 'nothing'"),
        (["configure", "create db"], "error: db is there already"),
        (["configure", "commit"], "nothing to commit"),
        (["configure", "confirm"], "error: nothing awaits a confirmation"),
        (["configure", "rollback 7"], "error: rollback 7: 1 are saved: type history"),
        (["configure", "commit confirmed 25h"], "error: commit confirmed: from 1s to 24h"),
        (["configure", "commit at 23:00"], "error: commit at: a commit has no hour here"),
        (["save"], "error: save: unknown"),
        (["use nothing/at/all label none"], "error: no such label: none"),
        (["use orders/prod,dev"], "error: one profile can be edited at a time"),
    ],
)
def test_errors_tell_the_way_out(tmp_path, lines, told):
    if "confirmed" in lines[-1]:
        lines = [*lines[:-1], "set x 1", lines[-1]]
    found, _ = talk(tmp_path, *lines)
    assert found[-1][0].startswith(told), found


def test_nothing_is_worked_on_before_it_is_chosen(tmp_path):
    async def run():
        async with opened(tmp_path) as (_, targets):
            commands = Commands(targets.session(""))
            assert commands.prompt == "config> "
            (told,) = await commands.run("show")
            assert told.startswith("error: say first what to work on: use APPLICATION")
            assert "orders/prod" in told
            assert await commands.run("show applications") == ["application/prod", "billing/default", "orders/prod"]
            assert [word for word, _ in await commands.choices("use o")] == ["orders/prod"]
            await commands.run("edit application billing label main")
            assert commands.prompt.endswith("[edit]\r\nbilling/default:main# ")
            assert await commands.run("show") == ["currency EUR;"]

    asyncio.run(run())


def test_effective_values_say_where_they_come_from(tmp_path):
    told, _ = talk(tmp_path, "show effective log", "show db | display inheritance", "show log")
    assert told[0] == ["warning;"]
    assert told[1] == ["pool 20;  ## orders-prod.yml", 'hosts ["a", "b"];  ## orders-prod.yml']
    assert told[2][0].startswith("error: log: nothing is at")


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


def test_rollback_stages_the_very_file_that_was_saved(tmp_path):
    async def after(service):
        return await file_of(service)

    told, text = talk(
        tmp_path,
        "configure",
        "delete db",
        "commit",
        "rollback 1",
        "show | compare rollback 1",
        "commit",
        "run show configuration | compare rollback 2",
        after=after,
    )
    assert told[4] == ["no differences"]
    assert told[5][0] == "commit complete"
    assert text.encode() == FILES["orders-prod.yml"]
    assert told[6] == ["no differences"]


def test_another_label_and_a_new_source(tmp_path):
    async def run():
        async with opened(tmp_path) as (service, targets):
            await service.make_label(WHO, "release", NewLabel())
            await service.make_label(WHO, "v1", NewLabel(kind=LabelKind.TAG))
            commands = Commands(targets.session("ann"), "ann")
            await commands.run("use shop/dev label release")
            assert await commands.run("show") == []
            await commands.run("configure")
            await commands.run("set title Shop")
            assert (await commands.run("commit"))[0] == "commit complete"
            assert await file_of(service, "release", "shop-dev.yml") == "title: Shop\n"
            await commands.run("exit")
            await commands.run("use label v1")
            (told,) = await commands.run("configure")
            assert told.startswith("error: ")
            assert "v1" in told

    asyncio.run(run())


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


def test_what_a_schema_forbids_is_found_by_check_and_refused_by_commit(tmp_path):
    async def run():
        async with opened(tmp_path) as (service, targets):
            schema = b'{"properties": {"db": {"properties": {"pool": {"maximum": 50}}}}}'
            await service.commit(WHO, "main", [PutFile("schemas/orders.json", schema)])
            commands = Commands(targets.session("ann"), "ann")
            for line in ("use orders/prod", "configure", "set db pool 500"):
                assert not [one for one in await commands.run(line) if one.startswith("error")]
            (found,) = [one for one in await commands.run("check") if one.startswith("error")]
            assert "db.pool" in found
            assert (await commands.run("commit"))[0].startswith("error: ")

    asyncio.run(run())


def test_branches_that_a_killed_server_left_are_removed_a_day_later(tmp_path):
    async def run():
        async with opened(tmp_path) as (service, targets):
            branch, own = "telnet/ann-0123abcd", "telnet/somebodys-own"
            await service.make_label(WHO, branch, NewLabel("main"))
            await service.make_label(WHO, own, NewLabel("main"))
            options = WriteOptions(staged=True)
            await service.commit(WHO, branch, [PutSource(SourcePlace("x", "default"), {"a": 1})], options)
            entries = (await service.history(WHO, branch, QUERY)).entries
            await targets.tidy(entries[0].received_at)
            assert len(await service.labels(WHO)) == 4
            await targets.tidy(entries[0].received_at + timedelta(days=2))
            assert [one.name for one in await service.labels(WHO)] == ["main", own]

    asyncio.run(run())

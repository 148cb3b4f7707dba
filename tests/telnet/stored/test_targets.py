"""The language over what a server keeps: the same verbs, on the branches of a repository."""

import asyncio

import pytest
from support.telnet import FILES, WHO, file_of, opened, talk

from gitconfig_server.model.reads import LabelKind
from gitconfig_server.model.writes import (
    NewLabel,
    PutFile,
)
from gitconfig_server.telnet.commands import Commands


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
        (
            ["configure", "set db pool2"],
            "error: db is a map: say create db pool2, set db NAME VALUE, or delete it first",
        ),
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

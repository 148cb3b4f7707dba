"""The language, without a socket: words that mean what a Junos hand expects."""

import asyncio

import pytest
import typer
from support.service import DictService
from support.services import Echo, Late

import gitconfig_server.manager.bindings.marks as config
from gitconfig_server.cli import app as command_line
from gitconfig_server.errors import InvalidInput
from gitconfig_server.manager import Manager
from gitconfig_server.manager.telnet_targets import ManagerTargets
from gitconfig_server.manager.verbs import VERBS as REST_VERBS
from gitconfig_server.telnet.commands import _HANDLERS, Commands
from gitconfig_server.telnet.grammar import CONFIGURE, OPERATIONAL, VERBS, find_verb
from gitconfig_server.telnet.words import Word, path_of, split_words
from gitconfig_server.text.sayings import SAYINGS
from gitconfig_server.web.native import native_app


def talk(*lines, service=None, sessions=1):
    """What each line answers; ``2: line`` belongs to the second session."""
    service = service or Echo()

    async def run():
        async with Manager(service=service, server_id="echo") as manager:
            targets = ManagerTargets(manager)
            users = [f"user{number}" for number in range(sessions)]
            commands = [Commands(targets.session(user), user) for user in users]
            told = []
            for line in lines:
                number, colon, rest = line.partition(": ")
                which = int(number) - 1 if colon and number.isdigit() else 0
                told.append(await commands[which].run(rest if colon and number.isdigit() else line))
            return told, commands[0]

    return asyncio.run(run())


def test_a_session_of_junos_words():
    service = Echo()
    told, commands = talk(
        "conf",
        "edit server",
        "set port 7001",
        "up",
        "cre sessions sa",
        "set sessions/sa/rate 3",
        "show | compare",
        "show server | display set",
        "show sessions | display json",
        "commit check",
        'commit comment "first"',
        "rollback 0",
        "delete sessions sa",
        "commit and-quit",
        service=service,
    )
    assert told[6] == ["~ server/port: 7000 -> 7001", "+ sessions/sa: {'rate': 3}"]
    assert told[7] == ["set server port 7001"]
    assert told[8] == ["{", '  "sa": {', '    "rate": 3', "  }", "}"]
    assert told[9] == ["configuration check succeeds"]
    assert told[10][-1].startswith("committed ")
    assert told[13][-1] == "Exiting configuration mode"
    assert (service.port, service.sessions, commands.mode) == (7001, {}, OPERATIONAL)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["xyz"], "error: xyz: unknown; type ? or help"),
        (["s"], "error: s: show or save or status?"),
        (["set a 1"], "error: set: not here: type configure first"),
        (["configure", "configure"], "error: configure: not here: type exit first"),
        (["show nothing"], "error: nothing: nothing is at 'nothing'"),
        (["configure", "set server"], "error: set PATH VALUE"),
        (["configure", "edit server port"], "error: server port is a value: set it, there is nothing beneath it"),
        (["configure", 'set server port "'], "error: from '\"' on"),
        (["configure", "set server port {"], "error: from '{' on"),
        (["configure", "set server port x"], "error: server/port: Input should be a valid integer"),
        (["configure", "set sessions sa"], "error: sessions is a map: say create sessions sa, set sessions NAME VALUE"),
        (["configure", "create server"], "error: Child name already exists: server"),
        (["configure", "commit confirmed 5x"], "error: 5x: minutes, or 90s, 2h"),
        (["configure", "rollback 7"], "error: Lookup failed: 7 (in rollback 7): 0 are saved: type history"),
        (["configure", "show | frobnicate"], "error: frobnicate: expected compare, display, match"),
        (["show | compare"], "error: nothing is being edited: type configure first"),
        (["history | compare"], "error: only show is compared"),
    ],
)
def test_errors_tell_the_way_out(lines, told):
    found, _ = talk(*lines)
    assert found[-1][0].startswith(told)


def test_what_does_not_fit_is_found_by_check_and_refused_by_commit():
    service = Echo()
    told, _ = talk("configure", "load merge", '{"colour": "red"}', ".", "check", "commit", service=service)
    assert told[4][0].startswith("colour: no such path")
    assert told[5][0].startswith("error: colour: no such path")
    assert service.calls == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("set colour red", "error: Lookup failed: colour: no such path: expected one of server, sessions"),
        ("set server colour red", "error: Lookup failed: colour (in server/colour): no such path"),
        ("set server started today", "error: server/started: is read-only"),
        ("create rooms hall", "error: Lookup failed: rooms: no such path"),
    ],
)
def test_what_can_never_stand_there_is_refused_when_it_is_typed(line, told):
    found, _ = talk("configure", line, "show | compare")
    assert found[1][0].startswith(told)
    assert found[2] == ["no differences"]


def test_load_from_the_terminal():
    service = Echo()
    told, _ = talk(
        "configure",
        "load merge",
        '{"server": {"port": 5}}',
        ".",
        "commit",
        "load set",
        "set server port 6",
        "delete x",
        ".",
        "load override",
        "{",
        ".",
        service=service,
    )
    assert service.port == 5
    assert told[8] == ["error: Lookup failed: x"]
    assert told[11][0].startswith("error: not JSON")


def test_private_areas_join_by_key_and_tell_conflicts():
    service = Echo()
    told, _ = talk(
        "1: configure private",
        "2: configure private",
        "1: set server port 1",
        "2: create sessions sa",
        "1: commit",
        "2: commit",
        "1: set server port 2",
        "2: set server port 3",
        "1: commit",
        "2: commit",
        service=service,
        sessions=2,
    )
    assert told[5][-1].startswith("committed")
    assert (service.port, list(service.sessions)) == (2, ["sa"])
    assert told[9][0].startswith("error: changed on both sides: server/port is 2 here and 3")


def test_exclusive_keeps_others_out_until_it_is_left():
    told, _ = talk("1: configure exclusive", "2: configure", "1: exit", "2: configure", sessions=2)
    assert told[1] == ["error: another session edits exclusively: try configure private"]
    assert told[3][0] == "Entering configuration mode"


def test_leaving_with_changes_asks():
    told, commands = talk("configure", "set server port 1", "quit", "no", "quit", "yes")
    assert told[2] == ["The configuration has been changed but not committed"]
    assert told[5] == ["Exiting configuration mode"]
    assert commands.mode == OPERATIONAL


def test_commit_confirmed_is_kept_by_the_next_commit():
    service = Echo()
    told, _ = talk("configure", "set server port 1", "commit confirmed", "commit", "history", service=service)
    assert told[2][-1] == "in force for 600 s: commit again to keep it"
    assert told[3][-1].startswith("committed")
    assert len(told[4]) == 1
    assert service.port == 1


def test_show_running_is_a_word_and_a_path_may_say_so():
    told, _ = talk("show running server", "show ./running", "show server/port", "show server.port", "show status")
    assert told[0] == ["port 7000;", "started today;"]
    assert told[1][0].startswith("error: running")
    assert told[2] == told[3] == ["7000;"]
    assert "clients 0;" in told[4]


def test_completion_knows_verbs_keywords_and_the_tree():
    async def run():
        async with Manager(service=Echo(), server_id="echo") as manager:
            commands = Commands(ManagerTargets(manager).session(""))
            assert [word for word, _ in await commands.choices("con")] == ["configure"]
            assert [word for word, _ in await commands.choices("configure p")] == ["private"]
            await commands.run("configure")
            assert [word for word, _ in await commands.choices("set s")] == ["server", "sessions"]
            assert [word for word, _ in await commands.choices("set server/p")] == ["server/port"]
            assert "port" in [word for word, _ in await commands.choices("set server ")]
            assert [word for word, _ in await commands.choices("show | co")] == ["compare", "count"]

    asyncio.run(run())


def test_words():
    assert split_words('set a "b c" [1, 2] {"x": 1}|y') == [
        Word("set"),
        Word("a"),
        Word("b c", quoted=True),
        Word("[1, 2]", is_json=True),
        Word('{"x": 1}', is_json=True),
        Word("|"),
        Word("y"),
    ]
    assert path_of([Word("a/b"), Word("c.d")], ("here",)) == ("here", "a", "b", "c.d")
    assert path_of([Word("/a")], ("here",)) == ("a",)
    assert path_of([Word("10.0.0.1")], (), {"10.0.0.1": 1}) == ("10.0.0.1",)
    assert path_of([Word("a.b", quoted=True)], ()) == ("a.b",)


def test_each_operation_of_the_language_is_one_of_rest():
    others = {"get", "set", "create", "delete", "status"}
    assert {one.operation for one in VERBS if one.operation} <= {*REST_VERBS, *others}
    for mode in (OPERATIONAL, CONFIGURE):
        for one in VERBS:
            if mode in one.modes:
                assert find_verb(mode, one.name) is one
    with pytest.raises(InvalidInput):
        find_verb(CONFIGURE, "")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["show configuration | display set"], ["set server port 7000", "set server started today"]),
        (["show | display set | match port"], ["set server port 7000"]),
        (["show | display set | except port | count"], ["Count: 2 lines"]),
        (["show | display set | find STARTED | no-more"], ["set server started today"]),
        (["show | display set | last 1"], ["set sessions {}"]),
        (["configure", "edit server", "top show server port"], ["7000;"]),
        (["configure", "edit server port2 deep", "up 2", "show port"], ["7000;"]),
        (["configure", "edit server", "run show server port"], ["7000;"]),
        (["configure", "edit server", "up set server port 1", "show port"], ["1;"]),
        (["configure", "edit server", "up edit server", "exit", "show server port"], ["7000;"]),
        (["conf t", "do show"], ["error: do: say run COMMAND"]),
        (["edit server", "show port"], ["7000;"]),
        (["configure", "set server port 2", "rollback 0"], ["error: Lookup failed: 0 (in rollback 0): 0 are saved"]),
        (["configure", "run set server port 2"], ["error: set: not here: type configure first"]),
        (["configure", "run quit"], ["error: run quit: say it without run, or exit first"]),
        (["configure", "set server port 2", "quit", "n", "show server port"], ["2;"]),
        (["configure", "exit configuration-mode"], ["Exiting configuration mode"]),
        (["configure", "delete", "yes", "show server"], ["error: server: nothing is at 'server'"]),
        (["configure", "delete", "no", "show server port"], ["7000;"]),
        (["configure", "load merge terminal", "server {", "  port 3;", "}", ".", "show server port"], ["3;"]),
        (["configure", "edit server", "load merge relative", "port 4;", ".", "show port"], ["4;"]),
        (["configure", "load merge file.conf"], ["error: load merge|override|set [terminal] (there are no files"]),
        (["configure", "load set terminal", "set server port 5", "nonsense", "."], ["error: nonsense: unknown"]),
        (["configure", "load set terminal", "set server port 5", "set x 1", "."], ["error: Lookup failed: x"]),
        (["configure", "create sessions a", "rename sessions a to b", "show sessions"], ["b {};"]),
        (["configure", "create sessions a", "copy sessions a to b", "show sessions | count"], ["Count: 2 lines"]),
        (["configure", "deactivate server"], ["error: deactivate: there are no marks"]),
        (["ping 10.0.0.1"], ["error: ping: this is a configuration and nothing else"]),
        (["show | save file"], ["error: | save: nothing is written to files here"]),
        (["show | display xml"], ["error: display set|json|inheritance"]),
        (["show system commit"], ["nothing has been saved"]),
        (["show system uptime"], ["error: show system commit, or show system rollback N"]),
        (["set cli screen-length 0"], ["Screen length set to 0"]),
        (["set cli screen-width 511", "show cli | match width"], ["screen-width 511"]),
        (["set cli complete-on-space off"], ["Disabling complete-on-space"]),
        (["use other"], ["error: use: unknown; type ? or help"]),
        (["configure", "commit at 23:00"], ["error: commit at: a commit has no hour here"]),
        (["configure", 'set server port "x'], ["error: from"]),
        (["configure", "set x " + "[" * 50_000], ["error: from"]),
    ],
    ids=lambda value: value[-1][:40] if isinstance(value, list) else value,
)
def test_what_a_junos_hand_types_first(lines, told):
    found, _ = talk(*lines)
    assert [one[: len(two)] for one, two in zip(found[-1], told, strict=False)] == told, found


def test_pages_lists_and_rollbacks_are_offered():
    async def run():
        async with Manager("memory://", service=Echo(), server_id="echo") as manager:
            await manager.save_running("first")
            commands = Commands(ManagerTargets(manager).session(""))
            assert ("inheritance", "") in await commands.choices("show | display ")
            assert [word for word, _ in await commands.choices("set cli s")] == ["screen-length", "screen-width"]
            await commands.run("configure")
            ((number, told),) = await commands.choices("rollback ")
            assert (number, told.endswith("first")) == ("0", True)
            assert [word for word, _ in await commands.choices("commit confirmed ")] == ["10", "90s", "2h"]
            assert [word for word, _ in await commands.choices("run sh")] == ["show"]
            assert "port" in [word for word, _ in await commands.choices("top set server ")]
            assert [word for word, _ in await commands.choices("conf")] == ["confirm"]
            assert await commands.choices("x" * 5000) == []

    asyncio.run(run())


def test_every_verb_is_carried_out_and_every_operation_of_a_server_exists():
    described = native_app(DictService({"main": {}})).openapi()["paths"].values()
    known = {one["operationId"] for methods in described for one in methods.values()}
    assert {one.api for one in VERBS if one.api} <= known
    assert {one.name for one in VERBS} - set(_HANDLERS) == {"run", "top", "up"}


def test_the_command_line_telnet_and_rest_say_the_same_of_the_same():
    said = {one.help for one in VERBS} & set(SAYINGS.values())
    assert said == set(SAYINGS.values())
    assert {one.summary for one in REST_VERBS.values()} >= said
    told = {name: command.help for name, command in typer.main.get_group(command_line).commands.items()}
    for name in ("apply", "cancel", "check", "confirm", "discard", "history"):
        assert told[name].startswith(f"{SAYINGS[name]}.")


def test_a_commit_that_cannot_be_saved_says_that_it_is_in_force():
    class Ending(Late):
        @config.set("server/port")
        def set_port(self, port: int) -> None:
            self.port = port
            if port == 1:
                self.release.set()

    service = Ending()
    service.is_slow = True
    lines = ["configure", "set token new", "commit", "discard"]
    told, _ = talk(*lines, "set server port 7001", "commit", "set server port 1", "commit", service=service)
    assert told[2] == ["error: token: did not end within 0.05 s and is still running; unknown now: token"]
    assert told[5][0].startswith("error: in force, but not saved: what it holds is unknown: token: ")
    assert service.port == 1

"""Verbs that read, over HTTP and over a repository: what they say, and exit with."""

import json
import re

import pytest


def test_get_says_each_key_with_its_value_and_origin(gitcfg):
    done = gitcfg("get", "orders/prod")
    assert (done.code, done.err) == (0, "")
    assert ["db.pool", "30", "orders-prod.yml:1:10"] in done.rows
    assert ["db.url", "postgresql://db/orders", "orders.yml:4:8"] in done.rows
    assert ["note", "two\\nlines\\n", "orders-prod.yml:3:7"] in done.rows
    assert ["shared", "1", "application.yml:1:9"] in done.rows


def test_get_of_one_key_is_its_value_alone(gitcfg):
    assert gitcfg("get", "orders/prod", "db.pool").out == "30\n"
    assert gitcfg("get", "orders/prod", "note").out == "two\nlines\n\n"
    assert gitcfg("get", "orders/prod", "db.pool", "--show-origin").rows == [["db.pool", "30", "orders-prod.yml:1:10"]]
    assert [row[0] for row in gitcfg("get", "orders/prod", "db").rows] == ["db.pool", "db.url"]
    assert [row[0] for row in gitcfg("get", "orders/prod", "rate", "db.url").rows] == ["rate", "db.url"]


def test_get_of_what_is_not_there(gitcfg):
    done = gitcfg("get", "orders/prod", "db.poll")
    assert (done.code, done.out) == (5, "")
    assert done.err == "error: orders/prod has no key db.poll, did you mean db.pool?\n"
    assert gitcfg("get", "orders", "prod").err.endswith("(a profile stands behind a slash: orders/prod)\n")
    both = gitcfg("get", "orders/prod", "rate", "none")
    assert (both.code, both.rows) == (5, [["rate", "0.5", "orders-prod.yml:2:7"]])
    assert gitcfg("get", "none/prod", "--stored").code == 5


def test_get_json_tells_types_and_places(gitcfg):
    found = json.loads(gitcfg("get", "orders/prod", "db.pool", "rate", "--json").out)
    assert found["properties"] == {"db.pool": 30, "rate": 0.5}
    assert found["origins"]["rate"] == {"path": "orders-prod.yml", "document": None, "line": 2, "column": 7}
    assert re.fullmatch("[0-9a-f]{40}", found["commit"])


def test_get_stored_is_of_exactly_that_source(gitcfg):
    assert [row[0] for row in gitcfg("get", "orders/default", "--stored").rows] == ["db.pool", "db.url"]
    assert gitcfg("get", "eu", "--stored").rows == [["a", "1", "eu.yml:1:4"], ["b", "2", "eu.yml:3:4"]]
    gitcfg("set", "zone", "size=1", "--path", "zone.yml")
    assert gitcfg("get", "zone", "--stored").rows == [["size", "1", "zone.yml:1:7"]]


def test_get_of_several_applications_profiles_and_times(gitcfg):
    assert gitcfg("get", "eu,orders/prod,test", "db.pool").out == "30\n"
    assert gitcfg("get", "eu,orders/prod,test", "a").out == "1\n"
    gitcfg("set", "orders/prod", "db.pool=31")
    assert gitcfg("get", "orders/prod", "db.pool").out == "31\n"
    later = gitcfg("get", "orders/prod", "db.pool", "--at", "2100-01-01")
    assert (later.code, later.out) == (0, "31\n")
    assert gitcfg("get", "orders/prod", "--at", "1999-01-01").code == 5


def test_diff_exits_with_1_where_something_differs(gitcfg, label):
    gitcfg("set", "orders/prod", "db.pool=31", "rate=0.5 ", "new=1")
    gitcfg("unset", "orders", "db.url")
    done = gitcfg("diff", "main")
    assert (done.code, done.err) == (1, "")
    assert done.rows == [
        ["~", "orders/prod", "db.pool", "30", "31", "orders-prod.yml"],
        ["~", "orders/prod", "rate", "0.5", "0.5 ", "orders-prod.yml"],
        ["+", "orders/prod", "new", "", "1", "orders-prod.yml"],
        ["-", "orders/default", "db.url", "postgresql://db/orders", "", "orders.yml"],
    ]
    assert len(gitcfg("diff", "main", label, "orders/default").rows) == 1
    same = gitcfg("diff", "main", "main")
    assert (same.code, same.out, same.err) == (0, "", "no difference between main and main\n")
    assert gitcfg("diff", "main", "nowhere").code == 5


def test_diff_tells_text_from_numbers_and_files_without_keys(gitcfg):
    gitcfg("set", "orders/prod", 'db.pool:="30"')
    assert gitcfg("diff", "main").rows == [["~", "orders/prod", "db.pool", "30", '"30"', "orders-prod.yml"]]


def test_diff_and_show_tell_empty_maps_and_lists_and_null(gitcfg, label):
    gitcfg("set", "orders/prod", "m:={}", "l:=[]", "n:=null", "t={}", "db.pool:=null")
    rows = [
        ["~", "orders/prod", "db.pool", "30", "null", "orders-prod.yml"],
        ["+", "orders/prod", "m", "", "{}", "orders-prod.yml"],
        ["+", "orders/prod", "l", "", "[]", "orders-prod.yml"],
        ["+", "orders/prod", "n", "", "null", "orders-prod.yml"],
        ["+", "orders/prod", "t", "", '"{}"', "orders-prod.yml"],
    ]
    assert gitcfg("diff", "main").rows == rows
    assert gitcfg("show", label).rows[-5:] == rows
    told = json.loads(gitcfg("show", label, "--json").out)["changes"]
    assert [(one["op"], one["new"]) for one in told] == [
        ("change", None), ("add", {}), ("add", []), ("add", None), ("add", "{}"),
    ]  # fmt: skip
    assert [row[:2] for row in gitcfg("get", "orders/prod", "m", "l", "n", "--stored").rows] == [
        ["m", "{}"], ["l", "[]"], ["n", "null"],
    ]  # fmt: skip


def test_diff_formats(gitcfg, label):
    gitcfg("set", "orders/prod", "db.pool=31")
    unified = gitcfg("diff", "main", label, "--format", "unified")
    assert "-db.pool: 30\n+db.pool: 31\n" in unified.out
    assert json.loads(gitcfg("diff", "main", label, "--format", "json-patch").out) == [
        {"op": "replace", "path": "/orders-prod.yml/db/pool", "value": 31}
    ]
    assert "values_changed" in json.loads(gitcfg("diff", "main", "--format", "deepdiff").out)
    shape = json.loads(gitcfg("diff", "main", label, "--json").out)
    assert shape["changes"][0] == {
        "application": "orders", "profile": "prod", "path": "orders-prod.yml", "document": None, "key": "db.pool",
        "op": "change", "old": 30, "new": 31,
    }  # fmt: skip
    assert (shape["from"]["revision"], shape["to"]["revision"]) == ("main", label)
    assert json.loads(gitcfg("diff", "main", "--format", "unified", "--json").out)["unified"] == unified.out
    assert gitcfg("diff", "main", "--format", "nonsense").code == 2


def test_diff_effective_is_of_what_clients_get(gitcfg, label):
    gitcfg("set", "orders", "db.pool=9", "db.url=other")
    done = gitcfg("diff", "main", label, "orders/prod", "--effective")
    assert [row[2:5] for row in done.rows] == [["db.url", "postgresql://db/orders", "other"]]
    all_of_them = gitcfg("diff", "main", label, "--effective")
    assert all_of_them.code == 1
    assert {tuple(row[1:3]) for row in all_of_them.rows} == {
        ("orders/default", "db.pool"),
        ("orders/default", "db.url"),
        ("orders/prod", "db.url"),
    }


def test_log_lists_what_was_in_force(gitcfg):
    gitcfg("set", "orders/prod", "db.pool=31", "-m", "one")
    gitcfg("set", "other", "a=1", "-m", "two")
    done = gitcfg("log", "-n", "2")
    assert [(row[2], row[3], row[4]) for row in done.rows] == [("Tess", "save", "two"), ("Tess", "save", "one")]
    assert all(re.fullmatch(r"[0-9a-f]{40}", row[0]) for row in done.rows)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[1]) for row in done.rows)
    assert "there is more" in done.err
    assert gitcfg("log", "orders/prod").rows[0][4] == "one"
    assert gitcfg("log", "--since", "2100-01-01").out == ""
    assert gitcfg("log", "--since", "nonsense").code == 2


def test_show_tells_one_commit(gitcfg, label):
    short = gitcfg("set", "orders/prod", "db.pool=31", "-m", "subject\n\nbody \x1b[31m").commit
    done = gitcfg("show", short)
    assert done.code == 0
    assert f"in force  on {label} from 20" in done.out
    assert "    subject\n\n    body" in done.out
    assert done.rows[-1] == ["~", "orders/prod", "db.pool", "30", "31", "orders-prod.yml"]
    shape = json.loads(gitcfg("show", label, "--json").out)
    assert (shape["commit"][:12], shape["subject"], shape["in_force"][0]["label"]) == (short, "subject", label)
    assert [change["key"] for change in shape["changes"]] == ["db.pool"]
    assert gitcfg("show", "deadbeef").code == 5


def test_cat_is_byte_for_byte(gitcfg):
    assert gitcfg("cat", "motd.txt").out == "hello\n"
    assert gitcfg("cat", "none.txt").code == 5
    for path in ("../motd.txt", "/etc/passwd", ".git/config", ""):
        assert gitcfg("cat", path).code == 2


@pytest.mark.parametrize(
    "name", ["", "/", "orders/", "../x", "orders/..", "a b/pr od", "orders/prod/", "x" * 3000, "o\nx"]
)
def test_names_nobody_can_have_are_usage_errors(gitcfg, name):
    for words in (["get", name], ["set", name, "a=1"], ["log", name]):
        done = gitcfg(*words)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("error: ")


def test_what_a_terminal_would_obey_is_shown_and_not_sent(gitcfg):
    gitcfg("set", "evil", "x=\x1b]0;owned\x07", "--message", "evil \x1b[2J")
    assert gitcfg("get", "evil", "--show-origin", "x").rows[0][1] == "\\x1b]0;owned\\x07"
    assert "\x1b" not in gitcfg("log", "-n", "1").out
    assert "\x1b" not in gitcfg("get", "evil", "\x1b[2J").err

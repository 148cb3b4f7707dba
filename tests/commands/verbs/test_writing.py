"""Verbs that write, over HTTP and over a repository: what they do, say, and exit with."""

import json
import re

import pytest

from gitconfig_server.client.transport import Wire


def test_set_says_what_it_did_and_what_comes_next(gitcfg, label):
    done = gitcfg("set", "orders/prod", "db.pool=31", "-m", "a larger pool")
    assert (done.code, done.out[:60]) == (0, f"set 1 key of orders/prod on {label}, in orders-prod.yml (commi"[:60])
    assert done.err == f"next: gitcfg show {done.commit}, gitcfg revert {done.commit} --label {label}\n"
    assert gitcfg("cat", "orders-prod.yml").out.startswith("db.pool: 31\nrate: 0.5\n")
    again = gitcfg("set", "orders/prod", "db.pool=31")
    assert (again.code, again.out, again.err) == (0, "nothing changed: orders/prod says that already\n", "")


def test_set_says_how_many_keys_change_and_how_many_go(gitcfg, label):
    gitcfg("set", "counted", 'hosts:=["a", "b", "c"]', "db.pool=1")
    done = gitcfg("set", "counted", 'hosts:=["a"]', "db.pool=2")
    assert done.out.startswith(f"set 1 key of counted/default, removed 2 keys on {label}, in counted.yml")
    done = gitcfg("set", "counted", "db=5")
    assert done.out.startswith(f"set 1 key of counted/default, removed 1 key on {label}, in counted.yml")


def test_set_stores_null_and_empty_maps_and_lists(gitcfg):
    for _ in range(2):
        assert gitcfg("set", "empty", "n:=null", "m:={}", "l:=[]", "db.url:=null").code == 0
        assert gitcfg("cat", "empty.yml").out == "n: null\nm: {}\nl: []\ndb:\n  url: null\n"
        gitcfg("set", "empty", "n=1", "db.url=x")
    found = json.loads(gitcfg("get", "empty", "--stored", "--json").out)["properties"]
    assert found == {"n": 1, "m": {}, "l": [], "db.url": "x"}
    assert gitcfg("set", "empty.p/x", "a=1").code == 0
    assert gitcfg("unset", "empty", "m", "l", "db.url").code == 0
    assert gitcfg("cat", "empty.yml").out == "n: 1\ndb: {}\n"


def test_set_counts_a_key_once_that_takes_two_changes(gitcfg):
    assert "set 3 keys of orders/prod" in gitcfg("set", "orders/prod", "n:=null", "m:={}", "a=1").out
    assert "set 1 key of orders/prod" in gitcfg("set", "orders/prod", "a:=null").out


def test_set_types_what_would_be_printed_back_the_same(gitcfg):
    gitcfg("set", "typed", "i=30", "f=0.5", "t=true", "v=1.10", "o=0755", "y=yes", "n=null", "e=", "u=a=b", "neg=-3")
    found = json.loads(gitcfg("get", "typed", "--stored", "--json").out)["properties"]
    assert found == {
        "i": 30, "f": 0.5, "t": True, "v": "1.10", "o": "0755", "y": "yes", "n": "null", "e": "", "u": "a=b", "neg": -3
    }  # fmt: skip


def test_set_takes_json_files_input_and_text(gitcfg, tmp_path):
    (tmp_path / "cert.pem").write_text("-----\nabc\n")
    done = gitcfg(
        "set",
        "ways",
        'list:=["a", 1, {"b": null}]',
        f"big:={10**30}",
        f"cert=@{tmp_path / 'cert.pem'}",
        "secret=@-",
        input="pa ss\n",
    )
    assert done.code == 0
    assert gitcfg("set", "ways", "num=30", "at=@x", "--text").code == 0
    found = json.loads(gitcfg("get", "ways", "--stored", "--json").out)["properties"]
    assert found == {
        "list[0]": "a", "list[1]": 1, "list[2].b": None, "big": 10**30, "cert": "-----\nabc", "secret": "pa ss",
        "num": "30", "at": "@x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["x"], 2, "expected key=value"),
        (["=1"], 2, "expected key=value"),
        (["a=1", "a=2"], 2, "set twice"),
        (["a:={"], 2, "no JSON"),
        (["a:=NaN"], 2, "no number"),
        (["a:=1e999"], 2, "no number"),
        (["a:=" + "[" * 100_000], 2, "no JSON"),
        (["a=@/no/such/file"], 2, "No such file"),
        (["a=1", "--author", "<x"], 2, "Ada <ada@example.com>"),
        (["a=1", "--expect", "main"], 2, "full commit id"),
        (["a=1", "--expect", "0" * 40], 3, "is not as you saw it"),
        (["a[100000000]=1"], 4, "add them in order"),
        (["x\udc80=1"], 4, "not Unicode"),
    ],
)
def test_set_refuses_what_makes_no_sense(gitcfg, words, code, said):
    done = gitcfg("set", "orders/prod", *words)
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert said in done.err
    assert done.code == code


def test_set_of_a_source_with_several_documents_asks_which(gitcfg):
    assert gitcfg("set", "eu", "a=2").code == 0, "a key goes where its value stands"
    assert gitcfg("set", "eu", "b=3", "--document", "1").code == 0
    assert gitcfg("cat", "eu.yml").out == "a: 2\n---\nb: 3\n"
    assert gitcfg("set", "eu", "b=3", "--document", "7").code == 4


def test_set_is_by_the_author_that_is_named_else_by_git(gitcfg):
    gitcfg("set", "who", "a=1")
    gitcfg("set", "who", "a=2", "--author", "Ada Lovelace <ada@example.com>")
    log = json.loads(gitcfg("log", "--json", "-n", "2").out)["history"]
    assert [(one["author"], one["email"]) for one in log] == [
        ("Ada Lovelace", "ada@example.com"),
        ("Tess", "tess@example.com"),
    ]


def test_who_git_says_one_is(gitcfg, tmp_path):
    (tmp_path / "gitconfig").write_text("[user]\n\tname = Grace\n\temail = grace@example.com\n")
    nobody = {"GIT_AUTHOR_NAME": "", "GIT_AUTHOR_EMAIL": ""}
    gitcfg("set", "who", "a=3", GIT_CONFIG_GLOBAL=str(tmp_path / "gitconfig"), **nobody)
    gitcfg("set", "who", "a=4", **nobody)
    log = json.loads(gitcfg("log", "--json", "-n", "2").out)["history"]
    assert [(one["author"], one["email"]) for one in log][1] == ("Grace", "grace@example.com")
    assert log[0]["author"] == "gitconfig-server"


def test_dry_run_changes_nothing(gitcfg, label):
    done = gitcfg("set", "orders/prod", "db.pool=99", "--dry-run")
    assert done.out == f"would have set 1 key of orders/prod on {label}, in orders-prod.yml\n"
    assert gitcfg("get", "orders/prod", "db.pool").out == "30\n"
    shape = json.loads(gitcfg("set", "orders/prod", "db.pool=99", "--dry-run", "--json").out)
    assert (shape["commit"], shape["changed"], shape["dry_run"], shape["paths"]) == (
        None,
        True,
        True,
        ["orders-prod.yml"],
    )


def test_unset_removes_keys_and_names_what_is_not_there(gitcfg, label):
    done = gitcfg("unset", "orders", "db")
    assert done.out.startswith(f"removed 2 keys of orders/default on {label}, in orders.yml (commit ")
    assert gitcfg("get", "orders", "db", "--stored").code == 5
    wrong = gitcfg("unset", "orders/prod", "rate", "not")
    assert (wrong.code, wrong.err) == (5, "error: orders/prod does not store not, did you mean note?\n")
    assert gitcfg("get", "orders/prod", "rate").out == "0.5\n", "all or nothing"


def test_unset_keeps_what_it_empties_unless_tidying_is_asked_for(gitcfg):
    gitcfg("set", "fresh", "k=1", "m.n.a=1", "m.n.b=2")
    assert gitcfg("unset", "fresh", "m.n", "--dry-run").out.startswith("would have removed 2 keys of fresh/default")
    gitcfg("unset", "fresh", "m.n.a", "m.n.b")
    assert gitcfg("cat", "fresh.yml").out == "k: 1\nm:\n  n: {}\n"
    gitcfg("set", "fresh", "m.n.a=1")
    gitcfg("unset", "fresh", "m.n.a", "--tidy")
    assert gitcfg("cat", "fresh.yml").out == "k: 1\n"


def test_restore_of_all_one_source_and_one_key(gitcfg, label):
    gitcfg("set", "orders/prod", "db.pool=31", "rate=1")
    gitcfg("set", "orders", "db.pool=9")
    dry = gitcfg("restore", "main", "orders/prod", "db.pool", "--dry-run")
    assert dry.rows[0] == ["~", "orders/prod", "db.pool", "31", "30", "orders-prod.yml"]
    assert dry.out.endswith(f"would have restored db.pool of orders/prod on {label} to main, in orders-prod.yml\n")
    next_one = rf"next: gitcfg restore [0-9a-f]{{12}} orders/prod db.pool --label {label}"
    assert re.fullmatch(next_one, dry.err.splitlines()[-1]), "the commit itself, not a name"
    assert gitcfg("restore", "main", "orders/prod", "db.pool").code == 0
    assert [row[2] for row in gitcfg("diff", "main").rows] == ["rate", "db.pool"]
    assert gitcfg("restore", "main", "--path", "orders.yml").code == 0
    assert [row[2] for row in gitcfg("diff", "main").rows] == ["rate"]
    assert gitcfg("restore", "main").out.startswith(f"restored everything on {label} to main, in orders-prod.yml")
    assert gitcfg("diff", "main").code == 0
    assert gitcfg("restore", "main").out == "nothing changed: everything is as it was at main\n"
    assert gitcfg("restore", "nowhere").code == 5


def test_revert_undoes_one_commit(gitcfg, label):
    one = gitcfg("set", "orders/prod", "db.pool=31").commit
    gitcfg("set", "orders", "db.pool=9")
    done = gitcfg("revert", one)
    assert done.out.startswith(f"reverted {one} (orders/prod: db.pool) on {label}, in orders-prod.yml (commit ")
    assert [row[2] for row in gitcfg("diff", "main").rows] == ["db.pool"]
    assert gitcfg("revert", one).out == f"nothing changed: {one} is undone already\n"
    gitcfg("set", "orders/prod", "db.pool=32")
    assert gitcfg("revert", one).code == 3


def test_labels_and_tags(gitcfg, label):
    name = f"v-{label}"
    assert gitcfg("tag", name, label, "-m", "a release").out.startswith(f"made the tag {name} (commit ")
    assert gitcfg("tag", name, label).out == f"nothing changed: {name} is there already\n"
    rows = gitcfg("labels").rows
    assert [row[1:2] + row[3:] for row in rows if row[0] in ("main", name)] == [["branch", "default"], ["tag", ""]]
    assert name in [row[0] for row in gitcfg("tag").rows]
    assert all(row[1] == "tag" for row in gitcfg("tag").rows)
    shape = json.loads(gitcfg("labels", "--json").out)["labels"]
    assert {"name", "kind", "commit", "default"} == set(shape[0])
    gitcfg("set", "orders", "db.pool=9")
    assert gitcfg("tag", name, label).code == 3
    assert "moved the tag" in gitcfg("tag", name, label, "--force").out
    assert gitcfg("tag", "-d", name).out.startswith(f"removed the tag {name}, which was at ")
    assert gitcfg("tag", "-d", name).code == 5
    branch = gitcfg("tag", "-d", label)
    assert (branch.code, branch.err) == (2, f"error: {label} is a branch, not a tag\n")
    assert gitcfg("tag", "-d").code == 2
    assert gitcfg("tag", "bad..name").code == 2


@pytest.fixture
def asked(place, monkeypatch):
    """The requests that commands send to a server, method and path; None where the place is no server."""
    if not place.startswith("http"):
        return None
    found, ask = [], Wire.ask
    monkeypatch.setattr(Wire, "ask", lambda wire, *words, **more: found.append(words[:2]) or ask(wire, *words, **more))
    return found


def test_what_is_staged_is_said_in_one_request(gitcfg, asked):
    assert gitcfg("set", "orders/prod", "rate=0.75", "--stage").code == 0
    assert asked is None or [method for method, _ in asked] == ["PATCH"]


def test_what_is_staged_is_read_and_written_in_two_requests(gitcfg, asked, tmp_path):
    assert gitcfg("unset", "orders/prod", "rate", "--stage").code == 0
    assert asked is None or [method for method, _ in asked] == ["GET", "PATCH"]
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i s/30/31/ $1\n")
    editor.chmod(0o755)
    assert gitcfg("edit", "orders/prod", "--path", "orders-prod.yml", "--stage", EDITOR=str(editor)).code == 0
    assert asked is None or [method for method, _ in asked[2:]] == ["GET", "PUT"]
    assert gitcfg("stage").rows[0][2:5] == ["db.pool", "30", "31"]


def test_a_write_may_say_what_it_has_seen(gitcfg, label, run, place):
    seen = json.loads(run("show", label, "--json", "--server", place).out)["commit"]
    gitcfg("set", "orders", "db.pool=9")
    assert gitcfg("set", "orders", "db.url=x", "--base", seen).code == 0
    clash = gitcfg("set", "orders", "db.pool=10", "--base", seen)
    assert (clash.code, "orders.yml#db.pool" in clash.err) == (3, True)
    assert gitcfg("set", "orders", "db.pool=10", "--base", "main").code == 2
    assert gitcfg("get", "orders", "db.pool").out == "9\n"


def test_a_restore_may_take_back_what_is_tried_out(gitcfg):
    gitcfg("set", "orders", "db.pool=9")
    gitcfg("set", "orders", "db.pool=10", "--stage")
    gitcfg("apply", "--confirm-within", "10m")
    assert gitcfg("restore", "main", "orders").code == 3
    assert gitcfg("restore", "main", "orders", "--cancel-pending").code == 0
    assert gitcfg("get", "orders", "db.pool").out == "8\n"


def test_a_revert_may_say_which_side_is_right(gitcfg):
    bad = gitcfg("set", "orders", "db.pool=99").commit
    gitcfg("set", "orders", "db.pool=100")
    assert gitcfg("revert", bad).code == 3
    assert gitcfg("revert", bad, "--keep", "db.pool=staged").code == 0
    assert gitcfg("get", "orders", "db.pool").out == "8\n"

"""Finding one's way: lists, search, status, help, names that are nearly right, times, options in front of the verb."""

import json
import re

import pytest


def test_list_names_applications_and_profiles(run, place):
    listed = run("list", "--server", place)
    assert ["orders", "default, prod"] in listed.rows
    assert run("list", "orders", "--server", place).rows == [["orders", "default, prod"]]
    absent = run("list", "ordres", "--server", place)
    assert (absent.code, absent.err) == (5, "error: nothing is stored for ordres, did you mean orders?\n")
    found = json.loads(run("list", "eu", "--json", "--server", place).out)
    assert found == {"applications": [{"name": "eu", "profiles": ["default"]}]}


def test_search_finds_keys_and_values(gitcfg):
    assert gitcfg("search", "POOL").rows == [
        ["orders/default", "db.pool", "8", "orders.yml:3:9"],
        ["orders/prod", "db.pool", "30", "orders-prod.yml:1:10"],
    ]
    assert gitcfg("search", "postgresql", "orders").rows[0][1] == "db.url"
    nothing = gitcfg("search", "no such thing")
    assert (nothing.code, nothing.err) == (5, "error: no key and no value holds 'no such thing'\n")
    assert json.loads(gitcfg("search", "rate", "--json").out)["matches"][0]["value"] == 0.5


def test_status_says_where_things_stand(run, place):
    told = run("status", "--server", place)
    assert told.code == 0
    assert f"server    {place}\nready     yes\nlabels    " in told.out
    assert re.search(r"^default   main at [0-9a-f]{40} since .*: first$", told.out, re.MULTILINE)
    assert "staged    nothing\n" in told.out
    assert json.loads(run("status", "--json", "--server", place).out)["default"]["name"] == "main"


def test_status_of_an_empty_repository_says_what_to_do(run, tmp_path):
    from gitconfig_server.backends.git import GitConfigBackend

    GitConfigBackend(tmp_path / "empty.git", create=True).close()
    told = run("status", "--server", tmp_path / "empty.git")
    assert "default   nothing is stored yet\n" in told.out
    assert told.err == "next: push something, or gitcfg set APPLICATION KEY=VALUE\n"


def test_status_says_what_readers_and_writers_are_held_by(run, tmp_path):
    place = tmp_path / "held.git"
    assert run("init", place).code == 0
    for words in (("pin", "main"), ("freeze",)):
        assert run(*words, "--reason", "an incident", "--server", place).code == 0
    told = run("status", "--server", place).out
    assert re.search(r"^pinned    .*an incident$", told, re.MULTILINE)
    assert re.search(r"^frozen    .*an incident$", told, re.MULTILINE)
    assert json.loads(run("status", "--json", "--server", place).out)["hanging"]["pin"]["reason"] == "an incident"


def test_a_first_schema_is_json_that_can_be_saved(run, place):
    assert json.loads(run("schema", "orders", "--server", place).out)["title"] == "orders"


def test_a_branch_is_made_listed_and_removed(run, place, label):
    name = f"made-{label}"
    made = run("branch", name, label, "--server", place)
    assert made.out.startswith(f"made the branch {name}")
    assert any(row[:2] == [name, "branch"] for row in run("branch", "--server", place).rows)
    run("set", "orders", "a=1", "--label", name, "--server", place)
    assert run("tag", name, "-d", "--server", place).err == f"error: {name} is a branch, not a tag\n"
    removed = run("branch", name, "--delete", "--server", place)
    assert removed.out.startswith(f"removed the branch {name}, which was at ")
    assert run("branch", "--delete", "--server", place).code == 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("get", "orders", "--label", "mian"), "no such label: mian, did you mean main?"),
        (("show", "HAED"), "no such label: HAED, did you mean HEAD?"),
        (("show", "1h"), "no such label: 1h (a time is written main@1h, or --at '1h')"),
        (("cat", "order.yml"), "did you mean orders.yml?"),
        (("cat", "motd"), "did you mean motd.txt?"),
        (("get", "ordres", "--stored"), "did you mean orders?"),
        (("log", "ordres"), "error: nothing is stored for ordres, did you mean orders?"),
    ],
)
def test_a_name_that_is_nearly_right_gets_the_right_one(run, place, words, hint):
    done = run(*words, "--server", place)
    assert done.code == 5
    assert hint in done.err


def test_a_name_that_is_nearly_right_is_doubted_where_clients_would_get_something(gitcfg):
    wrong = gitcfg("get", "ordres")
    assert (wrong.code, wrong.out) == (0, "shared\t1\tapplication.yml:1:9\n")
    assert wrong.err == "warning: nothing is stored for ordres itself, did you mean orders?\n"
    assert "the profile prdo of orders, did you mean prod?" in gitcfg("get", "orders/prdo").err
    for right in ("orders", "orders/prod", "eu", "application"):
        assert gitcfg("get", right).err == ""


def test_a_write_that_makes_a_file_says_so(gitcfg):
    made = gitcfg("set", "ordres", "a=1", "--dry-run")
    assert ", a new file, in ordres.yml" in made.out
    assert made.err == "warning: nothing was stored for ordres before, did you mean orders?\n"
    assert "new file" not in gitcfg("set", "orders", "a=1").out


def test_times_count_from_now(gitcfg):
    gitcfg("set", "orders/prod", "db.pool=31")
    assert len(gitcfg("log", "--since", "1 hour ago").rows) == 2
    assert gitcfg("log", "--since", "1h", "--until", "30m").rows == []
    assert gitcfg("get", "orders/prod", "db.pool", "--at", "now").out == "31\n"
    before = gitcfg("get", "orders/prod", "db.pool", "--at", "2 hours ago")
    assert (before.code, "begins at" in before.err) == (5, True)
    wrong = gitcfg("log", "--since", "noon")
    assert (wrong.code, "'1 hour ago'" in wrong.err) == (2, True)


def test_options_may_stand_in_front_of_the_verb(run, place, label):
    behind = run("get", "orders", "db.pool", "--json", "--label", label, "--server", place)
    for before in (("--json", "-l", label, "--server", place), (f"--server={place}", f"--label={label}", "--json")):
        assert run(*before, "get", "orders", "db.pool").out == behind.out


@pytest.mark.parametrize("words", [("--profile", "prod"), ("--profile=prod",)])
def test_a_profile_as_an_option_is_told_where_it_stands(run, words):
    done = run("get", "orders", *words)
    assert done.code == 2
    assert "A profile stands behind a slash: gitcfg get orders/prod" in " ".join(done.err.replace("│", "").split())


@pytest.mark.parametrize(("word", "meant"), [("rollback", "restore"), ("ls", "list"), ("lables", "labels")])
def test_a_verb_of_other_tools_gets_ours(run, word, meant):
    done = run(word)
    assert done.code == 2
    assert f"'{meant}'" in done.err


def test_history_is_log(gitcfg):
    assert gitcfg("history").out == gitcfg("log").out != ""


def test_the_log_says_what_was_staged(run, place):
    run("set", "staging", "a=1", "--stage", "-m", "staging: a begins", "--server", place)
    run("set", "staging", "b=2", "--stage", "-m", "staging: b begins", "--server", place)
    assert run("diff", "--server", place).code == 1
    run("apply", "--server", place)
    assert run("log", "-n", "1", "--server", place).rows[0][-1] == "staging: a begins; staging: b begins"
    assert run("diff", "--server", place).err == "nothing is staged\n"


def test_dry_runs_of_going_back_show_commit_and_keys(gitcfg, label):
    one = gitcfg("set", "orders/prod", "db.pool=31", "-m", "a larger pool").commit
    dry = gitcfg("revert", one, "--dry-run")
    assert dry.rows[0] == ["~", "orders/prod", "db.pool", "31", "30", "orders-prod.yml"]
    assert dry.out.splitlines()[-1].startswith(f"would have reverted {one} (a larger pool) on {label}, in orders-prod")
    assert dry.err.splitlines()[0].startswith(f"{one} ")
    assert dry.err.splitlines()[-1] == f"next: gitcfg revert {one} --label {label}"
    whole = gitcfg("restore", "main")
    assert "applications touched: orders" in whole.err


def test_help_prints_chapters_and_commands(run):
    assert ["settings", "Every setting, its default and its meaning."] in run("help").rows
    assert run("help", "git").out.startswith("# Git\n")
    assert "Usage: gitcfg get [OPTIONS] {APPLICATION[/PROFILE]} [KEY]... " in run("help", "get").out
    absent = run("help", "setings")
    assert (absent.code, absent.err) == (5, "error: no topic 'setings': did you mean 'settings'?\n")


def test_help_flows_and_shows_no_type_of_flags(run):
    said = run("get", "-h").out
    assert said == run("get", "--help").out
    assert "<bool>" not in said + run("-h").out
    assert "one KEY the value alone. Exit code 5 if nothing is stored. " in said
    assert "``" not in run("--help").out

"""Staging, checking, applying and discarding, over HTTP and over a repository."""

import json


def test_stage_check_apply(gitcfg, label):
    nothing = gitcfg("stage")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", f"nothing is staged for {label}\n")
    done = gitcfg("set", "orders/prod", "db.pool=31", "rate=1", "--stage", "-m", "pool")
    assert done.out.startswith(f"staged 2 changes to orders/prod on staged-{label}, in orders-prod.yml (commit ")
    option = f" --label {label}"
    assert done.err == f"next: gitcfg stage{option}, gitcfg check{option}, gitcfg apply{option}\n"
    assert gitcfg("get", "orders/prod", "db.pool").out == "30\n"
    staged = gitcfg("stage")
    assert [row[2:5] for row in staged.rows] == [["db.pool", "30", "31"], ["rate", "0.5", "1"]]
    assert staged.err.startswith(f"staged for {label} on staged-{label}: 1 commit(s)\n")
    assert gitcfg("diff").rows == staged.rows
    shape = json.loads(gitcfg("stage", "--json").out)
    assert (shape["label"], shape["branch"], shape["behind"]) == (label, f"staged-{label}", 0)
    checked = gitcfg("check")
    assert (checked.code, checked.out) == (0, f"{label}: 1 file(s) can be applied\n")
    assert json.loads(gitcfg("check", "--json").out)["passed"] is True
    dry = gitcfg("apply", "--dry-run")
    assert dry.out == f"would have applied what was staged to {label}, in orders-prod.yml\n"
    applied = gitcfg("apply", "-m", "larger")
    assert applied.out.startswith(f"applied what was staged to {label}, in orders-prod.yml (commit ")
    assert gitcfg("get", "orders/prod", "db.pool").out == "31\n"
    assert gitcfg("apply").out == "nothing changed: nothing is staged\n"
    assert gitcfg("check").out == "nothing is staged\n"
    undone = gitcfg("revert", applied.commit, "--mainline", "1")
    assert undone.code == 0
    assert gitcfg("get", "orders/prod", "db.pool").out == "30\n"


def test_unset_restore_and_revert_can_be_staged(gitcfg, label):
    assert gitcfg("unset", "orders/prod", "rate", "--stage").out.startswith(
        "staged the removal of 1 key of orders/prod"
    )
    assert [row[:3] for row in gitcfg("stage").rows] == [["-", "orders/prod", "rate"]]
    assert gitcfg("restore", "main", "orders/prod", "--stage").code == 0
    assert gitcfg("stage").rows == []


def test_parts_of_what_is_staged(gitcfg):
    gitcfg("set", "orders", "db.pool=9", "--stage")
    gitcfg("set", "other/prod", "a=1", "--stage", "--path", "other-prod.yml")
    gitcfg("set", "third", "a=1", "--stage")
    assert gitcfg("check", "other").code == 0
    assert "in orders.yml (commit" in gitcfg("apply", "orders").out
    assert "other-prod.yml" in gitcfg("discard", "other-prod.yml").out
    assert [row[1] for row in gitcfg("stage").rows] == ["third/default"]
    wrong = gitcfg("apply", "nobody")
    assert (wrong.code, "nothing is staged for an application, file or folder 'nobody'" in wrong.err) == (2, True)
    assert gitcfg("discard").code == 0
    assert gitcfg("stage").out == ""
    assert gitcfg("discard").out == "nothing changed: nothing of that is staged\n"


def test_a_broken_staged_file_is_found_by_check(gitcfg, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nprintf 'a: [' > \"$1\"\n")
    editor.chmod(0o755)
    gitcfg("set", "orders/prod", "x=1", "--stage")
    done = gitcfg("edit", "orders/prod", "--stage", VISUAL=str(editor))
    assert done.code == 4, "an editor saves nothing that cannot be read"
    assert gitcfg("check").code == 0


def test_a_conflict_is_3_and_names_the_way_out(gitcfg, label):
    gitcfg("set", "orders", "db.pool=9", "--stage")
    gitcfg("set", "orders", "db.pool=10", "-m", "meanwhile")
    checked = gitcfg("check")
    assert (checked.code, checked.out.startswith("conflict: orders.yml#db.pool: 10 in line ")) == (3, True)
    applied = gitcfg("apply")
    assert (applied.code, applied.out) == (3, "")
    way = f"gitcfg stage --update --keep 'orders.yml#db.pool=staged' --label {label}"
    assert way in applied.err
    assert way in gitcfg("stage").err
    assert gitcfg("stage", "--update").code == 3
    assert gitcfg("stage", "--update", "--keep", "orders.yml=nobody").code == 2
    assert gitcfg("stage", "--update", "--keep", "orders.yml#db.pool=staged").code == 0
    assert gitcfg("apply").code == 0
    assert gitcfg("get", "orders", "db.pool").out == "9\n"


def test_some_keys_of_what_is_staged(gitcfg, label):
    gitcfg("set", "orders", "db.pool=9", "db.url=x", "--stage")
    assert gitcfg("check", "--key", "db.url").code == 0
    done = gitcfg("apply", "orders", "--key", "db.url")
    assert done.out.startswith(f"applied db.url of orders to {label}, in orders.yml (commit ")
    assert [row[2] for row in gitcfg("stage").rows] == ["db.pool"]
    assert gitcfg("discard", "--key", "db.pool").code == 0
    assert gitcfg("stage").rows == []


def test_another_branch_is_applied(gitcfg, run, place, label):
    feature = f"{label}-feature"
    run("branch", feature, label, "--server", place)
    for source in ("orders", "other"):
        run("set", source, "a=1", "--label", feature, "--server", place)
    assert gitcfg("check", "other", "--from", feature).out == f"{label}: 1 file(s) can be applied\n"
    assert gitcfg("apply", "nobody", "--from", feature).code == 2
    assert gitcfg("apply", "other", "--from", feature).out.startswith(
        f"applied other to {label}, in other.yml (commit "
    )
    assert gitcfg("apply", "--from", feature).out.startswith(f"applied {feature} to {label}, in orders.yml (commit ")


def test_conflicts_are_settled_by_an_apply_too(gitcfg):
    gitcfg("set", "orders", "db.pool=9", "db.url=x", "--stage")
    gitcfg("set", "orders", "db.pool=10", "db.url=y")
    assert gitcfg("apply", "--keep", "db.pool:={").code == 2
    assert gitcfg("apply", "--keep", "db.pool:=40").code == 3
    assert gitcfg("apply", "--keep", "db.pool:=40", "--on-conflict", "label").code == 0
    assert [gitcfg("get", "orders", key).out for key in ("db.pool", "db.url")] == ["40\n", "y\n"]


def test_what_was_undone_is_applied_where_it_is_said(gitcfg):
    bad = gitcfg("set", "orders", "db.pool=99").commit
    assert gitcfg("revert", bad).code == 0
    gitcfg("set", "orders", "db.pool=99", "--stage")
    checked = gitcfg("check")
    assert (checked.code, checked.out.startswith("error: orders.yml: db.pool is set again as it was before ")) == (
        4,
        True,
    )
    assert (gitcfg("apply").code, gitcfg("apply", "--include-known-bad").code) == (3, 0)

"""``gitcfg edit``: what an editor brings back is saved where it can be read, and never lost."""

import re
import shlex
import sys
from pathlib import Path

import pytest


@pytest.fixture
def editor(tmp_path):
    """Makes an editor that writes the given texts, one each time it is opened; None leaves the file as it is."""

    def make(*texts, code=0):
        script = tmp_path / "an editor"
        script.write_text(
            f"#!{sys.executable}\nimport pathlib, sys\n"
            f"texts, count = {list(texts)!r}, pathlib.Path({str(tmp_path / 'count')!r})\n"
            "number = len(count.read_text()) if count.exists() else 0\n"
            "count.write_text('x' * (number + 1))\n"
            f"pathlib.Path({str(tmp_path / 'opened')!r}).write_text(sys.argv[-1])\n"
            "if texts[number] is not None:\n    pathlib.Path(sys.argv[-1]).write_text(texts[number])\n"
            f"sys.exit({code})\n"
        )
        script.chmod(0o755)
        return f"{shlex.quote(str(script))} --wait"

    return make


def opened(tmp_path):
    return Path((tmp_path / "opened").read_text())


def test_what_comes_back_is_saved(gitcfg, editor, tmp_path, label):
    done = gitcfg("edit", "orders/prod", "-m", "by hand", VISUAL=editor("db.pool: 31\n"))
    assert done.out.startswith(f"saved orders-prod.yml on {label} (commit ")
    assert gitcfg("cat", "orders-prod.yml").out == "db.pool: 31\n"
    assert opened(tmp_path).name == "orders-prod.yml"
    assert not opened(tmp_path).parent.exists()


def test_a_text_left_as_it_is_changes_nothing(gitcfg, editor, tmp_path):
    done = gitcfg("edit", "orders/prod", EDITOR=editor(None))
    assert (done.code, done.out, done.err) == (0, "", "nothing changed: orders-prod.yml was left as it is\n")
    assert not opened(tmp_path).parent.exists()


def test_what_cannot_be_read_is_edited_again(gitcfg, editor):
    done = gitcfg("edit", "orders/prod", input="\n", VISUAL=editor("a: [\n", "a: [1]\n"))
    assert done.code == 0
    assert re.search(r"orders-prod\.yml:\d+:\d+: .*\[yaml-syntax\]\nedit it again\?", done.err)
    assert gitcfg("cat", "orders-prod.yml").out == "a: [1]\n"


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_a_refused_text_is_kept_for_who_gives_up(gitcfg, editor, tmp_path, answer):
    done = gitcfg("edit", "orders/prod", "--stage", input=answer, VISUAL=editor("a: [\n"))
    assert done.code == 4
    assert f"your text is in {opened(tmp_path)}\n" in done.err
    assert opened(tmp_path).read_text() == "a: [\n"
    assert gitcfg("stage").out == ""


def test_who_edits_never_overwrites_what_they_did_not_see(gitcfg, editor, tmp_path, label, run, place):
    inner = f"{sys.executable} -c " + shlex.quote(
        "import os, pathlib, subprocess, sys\n"
        f"command = [sys.executable, '-m', 'gitconfig_server', 'set', 'orders/prod', 'db.pool=77', '-l', {label!r}]\n"
        f"subprocess.run([*command, '-s', {place!r}], check=True, stdout=subprocess.DEVNULL)\n"
        "pathlib.Path(sys.argv[-1]).write_text('db.pool: 31\\n')\n"
        f"pathlib.Path({str(tmp_path / 'opened')!r}).write_text(sys.argv[-1])\n"
    )
    done = gitcfg("edit", "orders/prod", VISUAL=inner)
    assert (done.code, "orders-prod.yml is not as you saw it" in done.err) == (3, True)
    assert opened(tmp_path).read_text() == "db.pool: 31\n"
    assert gitcfg("get", "orders/prod", "db.pool").out == "77\n"


def test_a_named_path_may_be_new(gitcfg, editor, label):
    done = gitcfg("edit", "fresh", "--path", "fresh.properties", "--stage", VISUAL=editor("a=1\n"))
    assert done.out.startswith(f"staged fresh.properties on staged-{label} (commit ")
    assert gitcfg("stage").rows[0][2:5] == ["a", "", "1"]
    assert gitcfg("edit", "fresh2", VISUAL=editor("a=1\n")).code == 5
    assert gitcfg("edit", "x", "--path", "../x", VISUAL=editor("a=1\n")).code == 2


@pytest.mark.parametrize("broken", ["/no/such/editor", "'unclosed", "false"])
def test_an_editor_that_fails_saves_nothing(gitcfg, broken):
    done = gitcfg("edit", "orders/prod", EDITOR=broken)
    assert (done.code, done.out) == (2, "")
    assert "the editor" in done.err

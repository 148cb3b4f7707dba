"""The hooks that stand in the folder run for pushes over HTTP as they do for those by path."""

import pytest
from support.git import git, try_git

from gitconfig_server.git.rules import RefRules

UPDATE = """#!/bin/sh
echo "update $1 $(test $2 = 0000000000000000000000000000000000000000 || echo old)"
git cat-file -e $3^{tree} && git cat-file -p $3:a.yml >> "$GIT_DIR/seen"
case $1 in *no*) exit 1;; esac
"""
POST_RECEIVE = """#!/bin/sh
sed 's/^/received /' >> "$GIT_DIR/seen"
echo "options $GIT_PUSH_OPTION_COUNT $GIT_PUSH_OPTION_0"
"""
POST_UPDATE = """#!/bin/sh
echo "updated $*" >> "$GIT_DIR/seen"
git update-server-info
"""


@pytest.fixture
def hooked(serve, clone):
    """A served repository with hooks, and a clone of it; takes the options of GitRepository."""

    def make(**options):
        served = serve(**options)
        for name, text in (("update", UPDATE), ("post-receive", POST_RECEIVE), ("post-update", POST_UPDATE)):
            path = served.folder / "hooks" / name
            path.write_text(text)
            path.chmod(0o755)
        return served, clone(served)

    return make


def seen(served):
    path = served.folder / "seen"
    return path.read_text().split("\n") if path.exists() else []


@pytest.mark.parametrize("files", [1, 150])
def test_hooks_see_what_comes_and_hear_of_what_has_moved(hooked, files):
    served, work = hooked()
    first = work.commit(a="a: 1\n", **{f"f{number}": f"n: {number}" for number in range(files)})
    said = work.try_git("push", "--push-option=ticket=7", "origin", "main").stderr
    assert "remote: update refs/heads/main" in said
    assert "remote: options 1 ticket=7" in said
    assert seen(served)[:3] == ["a: 1", f"received {'0' * 40} {first} refs/heads/main", "updated refs/heads/main"]
    assert (served.folder / "info" / "refs").exists()
    work.commit(a="a: 2\n")
    said = work.try_git("push", "origin", "main").stderr
    assert "remote: update refs/heads/main old" in said
    assert "remote: options 0" in said
    assert served.sound()


def test_update_drops_a_ref_or_all_of_an_atomic_push(hooked):
    served, work = hooked()
    tip = work.commit(a="a: 1\n")
    said = work.refused("push", "origin", "main", "main:no")
    assert "[remote rejected] main -> no (hook declined)" in said
    assert list(served.repository.snapshot()) == [b"refs/heads/main"]
    assert f"received {'0' * 40} {tip} refs/heads/no" not in seen(served)
    work.refused("push", "--atomic", "origin", "main:other", "main:no")
    assert list(served.repository.snapshot()) == [b"refs/heads/main"]
    assert served.sound()


def test_a_setting_turns_them_off(hooked):
    served, work = hooked(rules=RefRules(run_hooks=False))
    work.commit(a="a: 1\n")
    assert "update" not in work.try_git("push", "origin", "main:no").stderr
    assert seen(served) == []


def test_a_hook_without_an_end_is_ended(hooked):
    served, work = hooked(rules=RefRules(check_seconds=0.5))
    work.commit(a="a: 1\n")
    (served.folder / "hooks" / "post-receive").write_text("#!/bin/sh\nsleep 600 &\nsleep 600\n")
    assert "a hook of the folder was ended" in work.try_git("push", "origin", "main").stderr
    assert b"refs/heads/main" in served.repository.snapshot()
    (served.folder / "hooks" / "update").write_text("#!/bin/sh\nsleep 600\n")
    assert "push.check_seconds" in work.refused("push", "origin", "main:dev")


def test_another_folder_of_hooks_is_honoured(hooked):
    served, work = hooked()
    git(served.folder, "config", "core.hooksPath", "elsewhere")
    work.commit(a="a: 1\n")
    assert try_git(work.folder, "push", "origin", "main").returncode == 0
    assert seen(served) == []

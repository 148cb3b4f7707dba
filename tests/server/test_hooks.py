import io
import subprocess

import pytest
from support.repositories import build_commit, commit, move

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.server.hooks import hook_scripts, judge_push
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.storage.disk.storage import DiskStorage

ZERO = "0" * 40


@pytest.fixture
def pushed(tmp_path):
    """A served repository with one commit, and what a push of ``files`` on top of it gives the hook."""
    storage = DiskStorage(tmp_path)
    git = DoorRules().open(storage.create("config.git"))
    tip = commit(git, {"orders.yml": "pool: 4\n"})

    def push(files, ref="refs/heads/main", rules=None):
        waiting = storage.create("quarantine.git")
        objects = build_commit(git, files, [tip])
        waiting.objects.put(objects)
        environ = {
            "GIT_DIR": str(tmp_path / "config.git"),
            "GIT_QUARANTINE_PATH": str(tmp_path / "quarantine.git" / "objects"),
        }
        old = tip.decode() if ref == "refs/heads/main" else ZERO
        out = io.StringIO()
        passed = judge_push(rules or DoorRules(), environ, [f"{old} {objects[-1].id.decode()} {ref}\n"], out)
        return passed, out.getvalue()

    yield push
    storage.close()


def test_a_sound_push_passes_and_hears_whom_it_concerns(pushed):
    assert pushed({"orders.yml": "pool: 8\n"}) == (True, "affects orders/default: pool\n")


def test_broken_file_is_refused_with_its_place(pushed):
    passed, told = pushed({"orders.yml": "pool: [\n"})
    assert not passed
    assert told.startswith("orders.yml:2:1: ")
    assert told.endswith("refused: refs/heads/main: 1 invalid file(s)\n")


def test_ignored_file_is_not_looked_at(pushed):
    assert pushed({"orders.yml": "pool: [\n"}, rules=DoorRules(ignore=("orders.*",)))[0]


@pytest.mark.parametrize("ref", ["refs/gitconfig/x", "refs/heads/a.lock", "refs/notes/x"])
def test_refs_that_are_not_labels_are_refused(pushed, ref):
    passed, told = pushed({"orders.yml": "pool: 8\n"}, ref=ref)
    assert not passed
    assert ref in told


def test_deletion_follows_the_rules(tmp_path):
    storage = DiskStorage(tmp_path)
    git = DoorRules().open(storage.create("config.git"))
    commit(git, {"a.yml": "k: 1\n"})
    tip = move(git, b"refs/heads/old", (), git.snapshot()[b"refs/heads/main"])
    storage.close()
    environ = {"GIT_DIR": str(tmp_path / "config.git")}
    lines = [f"{tip.decode()} {ZERO} refs/heads/old\n"]
    assert not judge_push(DoorRules(), environ, lines, io.StringIO())
    assert judge_push(DoorRules(allow_deletion=True), environ, lines, io.StringIO())


def test_a_push_onto_what_has_moved_is_told_so_before_anything_is_looked_at(tmp_path):
    storage = DiskStorage(tmp_path)
    git = DoorRules().open(storage.create("config.git"))
    old, _tip = commit(git, {"a.yml": "k: 1\n"}), commit(git, {"a.yml": "k: 2\n"})
    storage.close()
    out, nowhere = io.StringIO(), "1" * 40
    environ = {"GIT_DIR": str(tmp_path / "config.git"), "GIT_QUARANTINE_PATH": str(tmp_path / "nowhere")}
    assert not judge_push(DoorRules(), environ, [f"{old.decode()} {nowhere} refs/heads/main\n"], out)
    assert out.getvalue() == "refused: refs/heads/main has moved meanwhile: fetch, then push again\n"


def test_what_git_would_never_send_is_refused(tmp_path):
    with pytest.raises(MalformedRequest):
        judge_push(DoorRules(), {"GIT_DIR": str(tmp_path)}, ["nonsense"], io.StringIO())


def test_script_carries_the_rules(tmp_path):
    storage = DiskStorage(tmp_path)
    git = DoorRules().open(storage.create("config.git"))
    tip = commit(git, {"a.yml": "k: 1\n"})
    storage.close()
    script = tmp_path / "pre-receive"
    for rules, code in ((DoorRules(ignore=("it's",)), 1), (DoorRules(allow_deletion=True, default_label="x"), 0)):
        script.write_text(hook_scripts(rules)["pre-receive"])
        done = subprocess.run(
            ["sh", str(script)],
            input=f"{tip.decode()} {ZERO} refs/heads/main\n",
            env={"GIT_DIR": "config.git"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert ("refused: " in done.stderr) == bool(code)

"""Stock Git pushing straight into a served folder meets the same rules, through the hook."""

import contextlib
import os
import socket
import threading
from contextlib import contextmanager

import pytest
from support.git import git, try_git
from support.server import clone_bundle

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.findings import Finding
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.writes import PutFile, WriteRequest
from gitconfig_server.server import answering, holding
from gitconfig_server.server.answering import HookServer
from gitconfig_server.server.asking import ask_server
from gitconfig_server.server.hooks import hook_scripts, rules_text
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.storage.disk.storage import DiskStorage


@pytest.fixture
def clone(tmp_path):
    """A clone of petclinic, whose origin is a folder as ``serve`` prepares it."""
    folder = clone_bundle("petclinic.bundle", tmp_path / "petclinic.git")
    storage = DiskStorage(tmp_path, hook_scripts(DoorRules()))
    assert storage.open(folder.name).prepare() == []
    storage.close()
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(folder), "clone")
    return tmp_path / "clone"


def commit(clone):
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "change")


def test_a_sound_change_goes_in(clone):
    (clone / "new.yml").write_text("a: 1\n")
    commit(clone)
    said = try_git(clone, "push", "--quiet").stderr
    assert "remote: affects new/default: " in said


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda clone: (clone / "new.yml").write_text("a: [\n"), "remote: new.yml:2:1: "),
        (lambda clone: (clone / "link.yml").symlink_to("/etc/passwd"), "link.yml"),
        (lambda clone: git(clone, "checkout", "--quiet", "--detach", "HEAD~2"), "non-fast-forward"),
    ],
)
def test_what_the_server_would_refuse_is_refused(clone, spoil, told):
    before = git(clone, "ls-remote", "origin")
    spoil(clone)
    if git(clone, "status", "--porcelain"):
        commit(clone)
    pushed = try_git(clone, "push", "--force", "origin", "HEAD:main")
    assert pushed.returncode != 0
    assert told in pushed.stderr
    assert git(clone, "ls-remote", "origin") == before


@contextmanager
def listening(clone, check, rules=None):
    """A server beside the folder, whose door asks ``check``."""
    folder = clone.parent / "petclinic.git"
    storage = DiskStorage(folder.parent)
    server = HookServer(GitRepository(storage.open(folder.name), checks=(check,)), rules or rules_text(DoorRules()))
    server.start()
    try:
        yield folder
    finally:
        server.stop()
        storage.close()


def says(text, *, fatal):
    """A check that says the same of everything."""
    return lambda old, new: [Finding("all.yml", "seen", text, fatal=fatal)]


def test_a_server_that_runs_is_asked_first(clone):
    (clone / "new.yml").write_text("a: 1\n")
    commit(clone)
    with listening(clone, says("by the server", fatal=True)):
        assert "remote: all.yml: by the server" in try_git(clone, "push", "origin", "HEAD:main").stderr
    with listening(clone, says("by the server", fatal=False)) as folder:
        said = try_git(clone, "push", "origin", "HEAD:main").stderr
        assert "remote: warning: all.yml: by the server" in said
        assert git(folder, "rev-parse", "main") == git(clone, "rev-parse", "HEAD")
        git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/other")
    assert not list((folder / "gitconfig").glob("check-*"))


def test_what_a_server_would_refuse_it_refuses_for_the_hook(clone):
    git(clone, "checkout", "--quiet", "--detach", "HEAD~2")
    with listening(clone, says("looked", fatal=False)):
        assert "non-fast-forward" in try_git(clone, "push", "--force", "origin", "HEAD:main").stderr


def test_the_hook_sees_for_itself_where_no_server_answers_for_its_rules(clone):
    (clone / "new.yml").write_text("a: 1\n")
    commit(clone)
    with listening(clone, says("by the server", fatal=True), rules="{}"):
        git(clone, "push", "--quiet", "origin", "HEAD:main")


def test_a_server_that_died_is_not_waited_for(clone):
    folder = clone.parent / "petclinic.git"
    (folder / "gitconfig").mkdir(exist_ok=True)
    dead = folder / "gitconfig" / "check-1.sock"
    with socket.socket(socket.AF_UNIX) as left, contextlib.chdir(folder / "gitconfig"):
        left.bind(dead.name)
    (clone / "new.yml").write_text("a: [\n")
    commit(clone)
    assert "remote: new.yml:2:1: " in try_git(clone, "push", "origin", "HEAD:main").stderr
    with listening(clone, says("looked", fatal=False)):
        assert not dead.exists()


def test_only_what_waits_in_this_repository_is_looked_at(clone, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    rules = rules_text(DoorRules())
    with listening(clone, says("looked", fatal=False)) as folder:
        environ = {"GIT_DIR": str(folder), "GIT_QUARANTINE_PATH": str(elsewhere)}
        assert ask_server(rules, environ, b"") is None
        assert ask_server(rules, {"GIT_DIR": str(folder)}, b"") == (True, b"")
        agrees, said = ask_server(rules, {"GIT_DIR": str(folder)}, b"nonsense")
        assert not agrees
        assert b"nonsense" in said


def test_a_question_that_is_too_long_is_not_answered_for_a_part_of_it(clone, monkeypatch):
    rules, line = rules_text(DoorRules()), b"%s %s refs/heads/a\n" % (b"0" * 40, b"0" * 40)
    with listening(clone, says("looked", fatal=False)) as folder:
        monkeypatch.setattr(answering, "MOST_ASKED", len(rules) + len(line) + 1)
        assert ask_server(rules, {"GIT_DIR": str(folder)}, line[:-2]) is not None
        assert ask_server(rules, {"GIT_DIR": str(folder)}, line) is None


def test_a_check_that_is_stuck_does_not_hold_up_a_stop(clone, monkeypatch):
    monkeypatch.setattr(answering, "_GRACE", 0.05)
    begun, go_on = threading.Event(), threading.Event()

    def stuck(old, new):
        begun.set()
        go_on.wait()
        return []

    (clone / "new.yml").write_text("a: 1\n")
    commit(clone)
    with listening(clone, stuck):
        pushing = threading.Thread(target=try_git, args=(clone, "push", "origin", "HEAD:main"))
        pushing.start()
        begun.wait()
    go_on.set()
    pushing.join()
    assert "main" in git(clone, "ls-remote", "origin")


def write_update_hook(folder, script):
    """What Git runs between our hook's yes and the move."""
    hook = folder / "hooks" / "update"
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


@contextmanager
def a_turn(folder):
    """That of somebody else who wants to save."""
    with contextlib.closing(DiskStorage(folder.parent)) as storage, storage.open(folder.name).turn():
        yield


def change(clone):
    (clone / "new.yml").write_text("a: 1\n")
    commit(clone)


def test_who_saves_waits_until_git_has_moved_what_is_pushed(clone):
    saving = threading.Thread()

    def save():
        engine.save(WriteRequest("main", Principal("ann")), [PutFile("saved.yml", b"a: 1\n")])

    def save_meanwhile(old, new):
        nonlocal saving
        saving = threading.Thread(target=save)
        saving.start()
        return []

    change(clone)
    with listening(clone, save_meanwhile) as folder, contextlib.closing(DiskStorage(folder.parent)) as storage:
        engine = ConfigEngine(GitRepository(storage.open(folder.name)))
        write_update_hook(folder, "flock --nonblock --conflict-exit-code 9 gitconfig/turn true; [ $? = 9 ]")
        git(clone, "push", "--quiet", "origin", "HEAD:main")
        saving.join()
    assert git(folder, "rev-parse", "main~1") == git(clone, "rev-parse", "HEAD")
    assert git(folder, "show", "main:saved.yml") == "a: 1\n"


def test_nobody_waits_for_a_git_that_is_gone(clone, monkeypatch):
    monkeypatch.setattr(holding, "HELD_SECONDS", 600)
    change(clone)
    with listening(clone, says("looked", fatal=False)) as folder:
        write_update_hook(folder, "kill -9 $PPID")
        assert try_git(clone, "push", "origin", "HEAD:main").returncode != 0
        with a_turn(folder):
            pass


def test_nobody_waits_long_for_a_slow_push(clone, monkeypatch):
    monkeypatch.setattr(holding, "HELD_SECONDS", 0.1)
    fifo = clone.parent / "go-on"
    os.mkfifo(fifo)

    def push():
        try_git(clone, "push", "--quiet", "origin", "HEAD:main")
        os.close(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK))  # who waits for the hook to open it waits no more

    change(clone)
    with listening(clone, says("looked", fatal=False)) as folder:
        write_update_hook(folder, f"cat {fifo}")
        pushing = threading.Thread(target=push)
        pushing.start()
        with (
            fifo.open("w"),
            contextlib.closing(DiskStorage(folder.parent)) as storage,
            storage.open(folder.name).turn(),
        ):
            before = git(folder, "rev-parse", "main")
        pushing.join()
    assert before == git(clone, "rev-parse", "HEAD~1")
    assert git(folder, "rev-parse", "main") == git(clone, "rev-parse", "HEAD")


def test_a_slow_judgement_holds_nobody_up(clone, monkeypatch):
    monkeypatch.setattr(holding, "HELD_SECONDS", 0.1)
    served = []

    def wait_in_line(old, new):
        with a_turn(clone.parent / "petclinic.git"):
            served.append(True)
        return []

    change(clone)
    with listening(clone, wait_in_line):
        git(clone, "push", "--quiet", "origin", "HEAD:main")
    assert served == [True]

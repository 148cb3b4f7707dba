"""Trying out, confirming, pinning and freezing, over HTTP and over a repository."""

import json
import os
import pty
import subprocess
import sys

from support.git import GIT_ENVIRONMENT


def stage(gitcfg):
    assert gitcfg("set", "orders/prod", "db.pool=31", "--stage").code == 0


def pool(gitcfg):
    return gitcfg("get", "orders/prod", "db.pool").out


def pending_id(gitcfg):
    return json.loads(gitcfg("pending", "--json").out)["pending"]["id"]


def test_an_apply_is_tried_out_and_confirmed(gitcfg, label):
    stage(gitcfg)
    tried = gitcfg("apply", "--confirm-within", "10m")
    name = pending_id(gitcfg)
    assert tried.out.startswith(f"applied to {label} until it is confirmed as {name}, in orders-prod.yml (commit ")
    assert tried.err == f"next: gitcfg confirm {name} --label {label}, gitcfg cancel {name} --label {label}\n"
    assert pool(gitcfg) == "31\n"
    assert gitcfg("cat", "orders-prod.yml").out.startswith("db.pool: 30\n")
    assert [row[:2] for row in gitcfg("pending").rows] == [["pending", name]]
    assert gitcfg("extend", "1h").out.startswith(f"extended on {label}: 3600 s from now")
    assert gitcfg("confirm").out.startswith(f"confirmed on {label}, in orders-prod.yml (commit ")
    assert gitcfg("confirm", name).out == "nothing changed: it is confirmed already\n"
    assert gitcfg("cat", "orders-prod.yml").out.startswith("db.pool: 31\n")
    nothing = gitcfg("pending")
    assert (nothing.out, nothing.err) == ("", "nothing is pending, pinned or frozen\n")


def test_what_is_tried_out_can_be_cancelled_once(gitcfg, label):
    stage(gitcfg)
    gitcfg("apply", "--confirm-within", "600")
    name = pending_id(gitcfg)
    assert gitcfg("cancel", name).out.startswith(f"cancelled on {label}")
    assert pool(gitcfg) == "30\n"
    again = gitcfg("confirm", name)
    assert (again.code, "(cancel): apply again" in again.err) == (3, True)
    assert gitcfg("cancel").code == 5
    assert gitcfg("apply", "--confirm-within", "soon").code == 2


def test_a_command_decides(gitcfg, label):
    stage(gitcfg)
    undone = gitcfg("apply", "--confirm-if", "exit 7")
    assert (undone.code, "exit 7: exit code 7" in undone.err) == (3, True)
    assert pool(gitcfg) == "30\n"
    kept = gitcfg("apply", "--confirm-within", "1h", "--confirm-if", "true")
    assert (kept.code, f"confirmed on {label}" in kept.out) == (0, True)
    assert gitcfg("cat", "orders-prod.yml").out.startswith("db.pool: 31\n")


def test_a_terminal_is_asked(gitcfg, place, label):
    stage(gitcfg)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "gitconfig_server", "apply", "--confirm-within", "10m"]
    command += ["--label", label, "--server", place]
    environment = {**os.environ, **GIT_ENVIRONMENT, "TERM": "dumb"}
    running = subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env=environment)
    os.close(theirs)
    seen = b""
    while b"confirm? y or n" not in seen:
        seen += os.read(ours, 1000)
    os.write(ours, b"y\n")
    out, _ = running.communicate(timeout=60)
    os.close(ours)
    assert (running.returncode, f"confirmed on {label}" in out.decode()) == (0, True)


def test_readers_and_writers_are_held(gitcfg, label):
    gitcfg("set", "orders/prod", "db.pool=32")
    assert gitcfg("pin", f"{label}~1", "--reason", "incident", "--until", "1h").out.startswith(f"pinned {label} to")
    assert pool(gitcfg) == "30\n"
    assert gitcfg("freeze", "--reason", "audit").out.startswith(f"froze {label}")
    assert [row[0] for row in gitcfg("pending").rows] == ["pinned", "frozen"]
    refused = gitcfg("set", "orders/prod", "db.pool=33")
    assert (refused.code, "audit" in refused.err) == (3, True)
    assert gitcfg("unfreeze").code == gitcfg("unpin").code == 0
    assert pool(gitcfg) == "32\n"
    assert gitcfg("unpin").code == 5

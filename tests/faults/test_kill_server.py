"""kill -9 in the middle of pushes: what was acknowledged is there, nothing is half done, nothing blocks."""

import os
import random
import signal
import threading

from support.git import git, try_git
from support.server import clone_bundle, running_server

KILLS = 100 if os.environ.get("GITCONFIG_TEST_ALL") else 4
LONGEST = 0.35


def push_until_it_fails(clone, remote, acknowledged):
    """Commit and push again and again; the ids the server said yes to are put into ``acknowledged``."""
    while True:
        (clone / "counter.yml").write_text(f"value: {len(acknowledged)}\n")
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--allow-empty", "--message", f"change {len(acknowledged)}")
        if try_git(clone, "push", "--quiet", remote, "HEAD:main").returncode != 0:
            return
        acknowledged.append(git(clone, "rev-parse", "HEAD").strip())


def test_no_acknowledged_push_is_lost(tmp_path):
    chance = random.Random(20260131)
    repository = clone_bundle("petclinic.bundle", tmp_path / "petclinic.git")
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(repository), "clone")
    clone, acknowledged = tmp_path / "clone", []
    for _ in range(KILLS):
        with running_server(repository) as server:
            pushing = threading.Thread(target=push_until_it_fails, args=(clone, server.remote, acknowledged))
            pushing.start()
            threading.Event().wait(chance.uniform(0.05, LONGEST))
            os.killpg(server.process.pid, signal.SIGKILL)
            pushing.join()
        tip = git(repository, "rev-parse", "main").strip()
        assert tip in git(clone, "rev-list", "HEAD").split()
        if acknowledged:
            git(repository, "merge-base", "--is-ancestor", acknowledged[-1], "main")
    git(repository, "fsck", "--strict", "--no-dangling")
    with running_server(repository) as server:
        git(clone, "push", "--quiet", server.remote, "HEAD:main")
    assert git(repository, "rev-parse", "main") == git(clone, "rev-parse", "HEAD")
    assert set(acknowledged) <= set(git(repository, "rev-list", "main").split())

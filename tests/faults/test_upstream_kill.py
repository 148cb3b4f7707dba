"""kill -9 while following and pushing back: nothing acknowledged on either side is lost, and both agree in the end."""

import os
import random
import signal
import threading
import time

from support.git import git, try_git
from support.server import free_port, running_server
from support.upstreams import Remote

KILLS = 60 if os.environ.get("GITCONFIG_TEST_ALL") else 4
LONGEST = 1.5
SECONDS = 60


def push_until(stop, clone, remote, file, acknowledged):
    """Change ``file``, and push it on top of what is there, until told to stop; ids that were taken are noted."""
    while not stop.wait(0.1):
        fetched = try_git(clone, "fetch", "--quiet", remote, "main").returncode == 0
        if not fetched or try_git(clone, "reset", "--quiet", "--hard", "FETCH_HEAD").returncode:
            continue
        (clone / file).write_text(f"value: {len(acknowledged)}\n")
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--allow-empty", "--message", f"{file} {len(acknowledged)}")
        if try_git(clone, "push", "--quiet", remote, "HEAD:main").returncode == 0:
            acknowledged.append(git(clone, "rev-parse", "HEAD").strip())


def until(condition, server):
    """Wait for what the server does in its own time."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, server.log.read_text()
        threading.Event().wait(0.02)


def test_nothing_acknowledged_is_lost(tmp_path):
    chance = random.Random(20260131)
    remote = Remote(tmp_path / "remote.git")
    remote.commit({"start.yml": "a: 1\n"})
    ours, port = tmp_path / "ours.git", free_port()
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "ours.git")
    settings = {
        "GITCONFIG_UPSTREAM__URL": str(remote.path),
        "GITCONFIG_UPSTREAM__PUSH_BACK": "true",
        "GITCONFIG_UPSTREAM__REFRESH": "30ms",
    }
    stop, threads = threading.Event(), []
    acknowledged = {"here": [], "there": []}
    for name, url in (("here", f"http://127.0.0.1:{port}/config.git"), ("there", str(remote.path))):
        git(tmp_path, "clone", "--quiet", str(remote.path), name)
        arguments = (stop, tmp_path / name, url, f"{name}.yml", acknowledged[name])
        threads.append(threading.Thread(target=push_until, args=arguments))
        threads[-1].start()
    try:
        for _ in range(KILLS):
            with running_server(ours, settings=settings, port=port) as server:
                threading.Event().wait(chance.uniform(0.05, LONGEST))
                os.killpg(server.process.pid, signal.SIGKILL)
        with running_server(ours, settings=settings, port=port) as server:
            until(lambda: all(acknowledged.values()), server)
            stop.set()
            for thread in threads:
                thread.join()
            until(lambda: git(ours, "rev-parse", "main") == git(remote.path, "rev-parse", "main"), server)
    finally:
        stop.set()
    history = git(ours, "rev-list", "main").split()
    assert {*acknowledged["here"], *acknowledged["there"]} <= set(history)
    for repository in (ours, remote.path):
        git(repository, "fsck", "--strict", "--no-dangling")

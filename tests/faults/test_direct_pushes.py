"""Stock Git pushes straight into a served folder while others save over HTTP: whoever pulls and tries again gets in."""

import threading
import time
import urllib.request

import pytest
from support.git import git, try_git
from support.server import clone_bundle, running_server

_PUSHES, _TRIES = 5, 25


def saving(url, stop, saved, tried):
    """Three saves a second, one at least; one in two tries where a try takes so long that no other could succeed."""
    while not saved or not stop.wait(max(1 / 3, 2 * tried[-1])):
        body = b"at: %d\n" % len(saved)
        request = urllib.request.Request(f"{url}/api/v1/files/saved.yml?label=main", body, method="PUT")
        with urllib.request.urlopen(request, timeout=30) as answer:
            saved.append(answer.status)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_who_pulls_and_pushes_again_gets_in_beside_three_saves_a_second(tmp_path, workers):
    folder = clone_bundle("petclinic.bundle", tmp_path / "petclinic.git")
    clone, stop, saved, tried = tmp_path / "clone", threading.Event(), [], [0.0]
    with running_server(folder, "--workers", workers) as server:
        git(tmp_path, "clone", "--quiet", "--branch", "main", str(folder), "clone")
        saver = threading.Thread(target=saving, args=(server.url, stop, saved, tried))
        saver.start()
        try:
            for number in range(_PUSHES):
                (clone / f"pushed-{number}.yml").write_text("a: 1\n")
                git(clone, "add", "--all")
                git(clone, "commit", "--quiet", "--message", "change")
                assert any(pushed(clone, tried) for _ in range(_TRIES)), number
        finally:
            stop.set()
            saver.join()
    names = git(folder, "ls-tree", "--name-only", "main").split()
    assert {f"pushed-{number}.yml" for number in range(_PUSHES)} | {"saved.yml"} <= {*names}
    assert len(git(folder, "log", "--format=%h", "main", "--", "saved.yml").split()) == len(saved)
    git(folder, "fsck", "--strict")


def pushed(clone, tried):
    began = time.monotonic()
    git(clone, "pull", "--quiet", "--rebase")
    done = try_git(clone, "push", "--quiet", "origin", "main").returncode == 0
    tried.append(time.monotonic() - began)
    return done

"""Petclinic followed from a second bare repository, by the real server: what the README promises of upstream mode."""

import json
import threading
import time
import urllib.error
import urllib.request

import pytest
from support.git import git, try_git
from support.git_http import git_http
from support.server import clone_bundle, running_server
from support.upstreams import Remote

SECONDS = 30


@pytest.fixture
def remote(tmp_path):
    made = Remote(clone_bundle("petclinic.bundle", tmp_path / "remote.git"))
    git(made.path, "config", "http.receivepack", "true")
    return made


@pytest.fixture
def ours(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "ours.git")
    return tmp_path / "ours.git"


def variables(url, **settings):
    given = {"url": url, "refresh": "1h", "start": "20s", **settings}
    return {f"GITCONFIG_UPSTREAM__{name.upper()}": value for name, value in given.items()} | {"NO_PROXY": "*"}


def ask(server, path, body=None, **headers):
    """Status, headers and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def until(condition):
    """Wait for what the server does in its own time; the last answer of ``condition``."""
    deadline = time.monotonic() + SECONDS
    while not (answer := condition()) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert answer
    return answer


def upstream(server, path="/health"):
    return ask(server, path)[2]["upstream"]


def version(server, label="main"):
    return ask(server, f"/customers-service/default/{label}")[2]["version"]


def test_remote_push_is_followed_after_monitor(remote, ours):
    with (
        git_http(remote.path.parent) as served,
        running_server(ours, settings=variables(f"{served.url}/remote.git")) as server,
    ):
        assert version(server) == remote.tip("main")
        tip = remote.commit({"customers-service.yml": "pool: 7\n"})
        assert version(server) != tip
        assert ask(server, "/monitor", {"path": "customers-service.yml"})[2] == ["customers-service", "customers"]
        until(lambda: version(server) == tip)
        git(ours, "fsck", "--strict")
        assert {"started", "listening", "fetched", "moved"} <= set(server.log.read_text().split())


def test_remote_push_is_followed_after_the_interval_by_several_workers(remote, ours):
    with running_server(ours, "--workers", "2", settings=variables(str(remote.path), refresh="200ms")) as server:
        tip = remote.commit({"customers-service.yml": "pool: 7\n"})
        until(lambda: {version(server) for _ in range(10)} == {tip})


def test_remote_that_is_gone_leaves_the_last_good_state_with_its_age(remote, ours):
    settings = variables(str(remote.path), refresh="100ms", max_age="1s")
    with running_server(ours, settings=settings) as server:
        tip, headers = remote.tip("main"), ask(server, "/customers-service/default")[1]
        assert headers["Config-Upstream-Age"] is None
        away = remote.path.rename(remote.path.with_name("away.git"))
        status, body = until(lambda: (found := ask(server, "/ready"))[0] == 503 and (found[0], found[2]))
        assert ("upstream.max_age" in body["reason"], body["upstream"]["state"]) == (True, "stale")
        assert "does not appear to be a git repository" in body["upstream"]["error"]
        status, headers, _ = ask(server, "/customers-service/default")
        assert (status, version(server)) == (200, tip)
        assert int(headers["Config-Upstream-Age"]) >= 1
        assert ask(server, "/health")[0] == 200
    with running_server(ours, settings=settings) as server:  # the next start serves it too, and knows its age
        assert (version(server), ask(server, "/ready")[0]) == (tip, 503)
        away.rename(remote.path)
        until(lambda: ask(server, "/ready")[0] == 200)
        until(lambda: ask(server, "/customers-service/default")[1]["Config-Upstream-Age"] is None)


def test_broken_tip_leaves_the_last_good_one_with_the_reason(remote, ours):
    with running_server(ours, settings=variables(str(remote.path), invalid="label")) as server:
        good = version(server)
        broken = remote.commit({"customers-service.yml": "a: 1\n  b: 2\n"})
        other = remote.commit({"customers-service.yml": "a: 1\n"}, label="feature/devcontainer")
        ask(server, "/monitor", {})
        (found,) = until(lambda: upstream(server)["labels"])
        assert (found["label"], found["rule"], found["ours"], found["theirs"]) == (
            "main",
            "invalid-content",
            good,
            broken,
        )
        assert found["files"][0].startswith("customers-service.yml:2:4: ")
        assert upstream(server, "/ready") == upstream(server) | {"age": upstream(server, "/ready")["age"]}
        assert (version(server), version(server, "feature(_)devcontainer")) == (good, other)
        assert "customers-service.yml:2:4" in server.log.read_text()


def test_an_application_that_cannot_be_read_keeps_what_it_had(remote, ours):
    with running_server(ours, settings=variables(str(remote.path))) as server:
        good = version(server)
        broken = remote.commit({"customers-service.yml": "a: 1\n  b: 2\n", "vets-service.yml": "pool: 7\n"})
        ask(server, "/monitor", {})
        until(lambda: upstream(server)["state"] == "held")
        for path in ("/customers-service/default", "/api/v1/environments/customers-service/default"):
            status, headers, _ = ask(server, path)
            assert (status, headers["Config-Commit"], headers["Config-Saved"]) == (200, good, broken)
            assert headers["Config-Held"].startswith("customers-service.yml:2:4")
        assert ask(server, "/vets-service/default")[1]["Config-Commit"] == broken
        with urllib.request.urlopen(f"{server.url}/metrics", timeout=SECONDS) as metrics:
            assert b'gitconfig_upstream_labels_in_trouble{rule="held"} 1.0' in metrics.read()
        change = {"message": "x", "changes": [{"op": "put", "path": "vets-service.yml", "content": "pool: 8\n"}]}
        status, _, refused = ask(server, "/api/v1/labels/staged/commits", change)
        assert (status, refused["code"]) == (409, "followed-label")
        mended = remote.commit({"customers-service.yml": "a: 1\n"})
        ask(server, "/monitor", {})
        until(lambda: version(server) == mended)
        until(lambda: upstream(server)["state"] == "current")  # which is told once the round is over


def test_followed_labels_are_read_only_through_every_door(remote, ours, tmp_path):
    with running_server(ours, settings=variables(str(remote.path))) as server:
        git(tmp_path, "clone", "--quiet", "--branch", "main", server.remote, "clone")
        git(tmp_path / "clone", "commit", "--quiet", "--allow-empty", "--message", "mine")
        for target in (server.remote, str(ours)):
            done = try_git(tmp_path / "clone", "push", target, "HEAD:main")
            assert (done.returncode, "follows the upstream repository" in done.stderr) == (1, True)
            git(tmp_path / "clone", "push", "--quiet", "--force", target, "HEAD:staged", "HEAD:mine")
        assert version(server) == remote.tip("main")


def test_push_back_both_ways_with_a_join_and_a_conflict(remote, ours, tmp_path):
    with git_http(remote.path.parent, "tess:s3cret") as served:
        settings = variables(f"{served.url}/remote.git", username="tess", password="s3cret", push_back="true")
        with running_server(ours, settings=settings) as server:
            git(tmp_path, "clone", "--quiet", "--branch", "main", server.remote, "clone")
            saved = _push(tmp_path / "clone", server, {"vets-service.yml": "pool: 1\n"})
            until(lambda: remote.tip("main") == saved)

            theirs = remote.commit({"customers-service.yml": "pool: 2\n"})
            saved = _push(tmp_path / "clone", server, {"vets-service.yml": "pool: 3\n"})
            until(lambda: git(remote.path, "log", "-1", "--format=%P", "main").split() == [saved, theirs])
            until(lambda: version(server) == remote.tip("main"))
            until(lambda: not upstream(server)["unpushed"])

            git(tmp_path / "clone", "pull", "--quiet", "--ff-only", server.remote, "main")
            theirs = remote.commit({"vets-service.yml": "pool: 4\n"})
            saved = _push(tmp_path / "clone", server, {"vets-service.yml": "pool: 5\n"})
            (found,) = until(lambda: upstream(server)["labels"])
            assert (found["rule"], found["files"]) == ("conflict", ["vets-service.yml"])
            assert (found["ours"], found["theirs"], remote.tip("main")) == (saved, theirs, theirs)
            assert upstream(server, "/ready")["unpushed"] == ["main"]
            more = _push(tmp_path / "clone", server, {"visits-service.yml": "pool: 1\n"})
            assert version(server) == more
        assert "s3cret" not in server.log.read_text()
    git(ours, "fsck", "--strict")
    git(remote.path, "fsck", "--strict")


def _push(clone, server, files):
    for name, text in files.items():
        (clone / name).write_text(text)
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", f"change {' '.join(files)}")
    git(clone, "push", "--quiet", server.remote, "HEAD:main")
    return git(clone, "rev-parse", "HEAD").strip()

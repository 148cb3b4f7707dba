"""An apply that awaits its confirmation: real processes, the real git, kill -9, and two replicas of one database."""

import os
import signal
import time
from contextlib import closing, suppress

import httpx
import pytest
from support.git import git, try_git
from support.pending import FILES, PendingDesk
from support.postgres import new_database
from support.server import running_server
from support.writing import disk_repository

from gitconfig_server.config.running.clocks import storage_moments
from gitconfig_server.errors import GitConfigError, PendingEnded, StorageStale
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.postgresql.storage import PgStorage

LABEL = "/api/v1/labels/main"


@pytest.fixture
def repository(tmp_path):
    """A repository with something stored, and something else staged."""
    desk = PendingDesk(disk_repository(tmp_path))
    desk.write(FILES, message="begin")
    desk.stage({"orders.yml": "pool: 9\n"})
    desk.stored.close()
    return tmp_path / "test"


def served(client, application="orders", key="pool"):
    (source,) = client.get(f"/{application}/default").json()["propertySources"]
    return source["source"][key]


def begin(client, seconds):
    answer = client.post(f"{LABEL}/apply", json={"confirm_within": seconds})
    assert answer.status_code == 200, answer.text
    return answer.json()["pending"]


def kill(server):
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def until(condition, seconds=20):
    end = time.monotonic() + seconds

    def holds():
        with suppress(StorageStale):  # a replica that has not looked yet
            return condition()

    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_restart_that_comes_too_late_serves_what_is_saved_from_the_first_answer_on(repository):
    with running_server(repository) as server, httpx.Client(base_url=server.url) as client:
        begin(client, 1)
        deadline = time.time() + 1
        kill(server)
    until(lambda: time.time() > deadline)
    with running_server(repository) as server, httpx.Client(base_url=server.url) as client:
        assert served(client) == 5
        assert client.get(f"{LABEL}/pending").status_code == 404


def test_a_restart_in_time_serves_what_is_pending_which_then_reverts_by_itself(repository):
    with running_server(repository) as server, httpx.Client(base_url=server.url) as client:
        pending = begin(client, 3600)
        kill(server)
    with running_server(repository, "--workers", "2") as server, httpx.Client(base_url=server.url) as client:
        assert served(client) == 9
        assert client.patch(f"{LABEL}/pending/{pending}", json={"confirm_within": 1}).status_code == 200
        until(lambda: served(client) == 5)
        refused = client.post(f"{LABEL}/pending/{pending}/confirm", json={}).json()
        assert (refused["code"], refused["how"]) == ("pending-ended", "timeout")
        with closing(DiskStorage(repository.parent)) as storage:
            journal = storage.open("test").journal
            until(lambda: next(journal(newest_first=True, limit=1)).reason == "timeout")
    git(repository, "fsck", "--strict", "--no-dangling")


def test_git_beside_it(repository, tmp_path):
    with running_server(repository) as server, httpx.Client(base_url=server.url) as client:
        pending = begin(client, 3600)
        git(tmp_path, "clone", "--quiet", server.remote, "clone")
        clone = tmp_path / "clone"
        assert (clone / "orders.yml").read_text() == "pool: 5\n"
        (clone / "billing.yml").write_text("x: 2\n")
        git(clone, "commit", "--quiet", "--all", "--message", "disjoint")
        direct = try_git(clone, "push", str(repository), "HEAD:main")
        assert (direct.returncode, "awaits its confirmation" in direct.stderr) == (1, True)
        git(clone, "push", "--quiet", "origin", "HEAD:main")
        assert (served(client), served(client, "billing", "x")) == (9, 2)
        (clone / "orders.yml").write_text("pool: 7\n")
        git(clone, "commit", "--quiet", "--all", "--message", "touching")
        refused = try_git(clone, "push", "origin", "HEAD:main")
        assert (refused.returncode, f"{pending} is pending until" in refused.stderr) == (1, True)
        kill(server)
    with running_server(repository) as server, httpx.Client(base_url=server.url) as client:
        assert (served(client), served(client, "billing", "x")) == (9, 2)
        assert client.post(f"{LABEL}/pending/{pending}/confirm", json={}).status_code == 200
        git(clone, "fetch", "--quiet", server.remote, "main")
        shown = [git(clone, "show", f"FETCH_HEAD:{name}.yml") for name in ("orders", "billing")]
        assert [text.strip() for text in shown] == ["pool: 9", "x: 2"]


def test_two_replicas_of_one_database_agree():
    dsn = new_database()
    with closing(PgStorage(dsn)) as one, closing(PgStorage(dsn)) as other:
        here = PendingDesk(one.create("config"))
        there = PendingDesk(other.open("config"))
        for desk in (here, there):
            desk.moment = storage_moments(desk.stored)
            desk.open_again()
        here.begin()
        done = here.apply_for(3600)
        until(lambda: there.served() == 9)
        there.write({"billing.yml": "x: 2\n"})
        until(lambda: here.served("x", "billing") == 2)
        ends = []
        for desk in (here, there):  # one confirms, the other cancels: exactly one of the two wins
            try:
                verb = desk.confirm if desk is here else desk.cancel
                ends.append(verb(done.pending).changed)
            except GitConfigError as error:
                ends.append(error)
        assert (ends[0], isinstance(ends[1], PendingEnded)) == (True, True)
        until(lambda: there.saved() == 9)
        here.stage({"orders.yml": "pool: 11\n"})
        done = here.apply_for(2)
        until(lambda: there.served() == 11)
        until(lambda: here.served() == there.served() == 9)
        with pytest.raises(PendingEnded):
            there.confirm(done.pending)

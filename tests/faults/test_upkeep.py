"""A server packs by itself what has come together, and stock git agrees with what it makes."""

import random
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from support import mongo
from support.ageing import age
from support.git import git
from support.postgres import new_database
from support.server import running_server

from gitconfig_server.git.upkeep.maintaining import maintain
from gitconfig_server.storage.conformance.objects import MAIN, blob
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.urls import open_storage
from gitconfig_server.storage.verifying import verify

SECONDS = 300


def until(is_so):
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def history(count):
    """A stream for ``git fast-import``: commits of one file each."""
    for number in range(count):
        yield f"commit refs/heads/main\ncommitter A <a@b.c> {number + 1} +0000\ndata 1\nx\n"
        yield f"M 100644 inline a.yml\ndata {len(str(number)) + 4}\na: {number}\n\n"


def test_a_server_packs_by_itself(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        storage.create("config.git")
    folder = tmp_path / "config.git"
    loose = ("git", "-C", folder, "-c", "fastimport.unpackLimit=100000", "fast-import", "--quiet")
    subprocess.run(loose, input="".join(history(2000)).encode(), check=True)
    before = git(folder, "rev-list", "--objects", "--all")
    assert int(git(folder, "count-objects").split()[0]) == 6000
    with running_server(str(folder), "--workers", "2", settings={"GITCONFIG_STORAGE__MAINTENANCE": "500ms"}) as server:
        until(lambda: git(folder, "count-objects") == "0 objects, 0 kilobytes\n")
        git(tmp_path, "clone", "--quiet", "--mirror", f"{server.url}/config.git", "copy.git")
    assert git(folder, "rev-list", "--objects", "--all") == before
    assert git(tmp_path / "copy.git", "rev-list", "--objects", "--all") == before
    assert git(folder, "fsck", "--strict", "--full") == ""


PLACES = {
    "disk": lambda folder: str(folder / "config.git"),
    "sqlite": lambda folder: f"sqlite://{folder}/config.db",
    "postgresql": lambda folder: new_database(),
    "mongodb": lambda folder: mongo.new_database(),
}
KILLS = 5


@pytest.mark.parametrize("kind", list(PLACES))
def test_maintenance_that_is_killed_loses_nothing(kind, tmp_path):
    url = PLACES[kind](tmp_path)
    storage, name = open_storage(url)
    with closing(storage):
        stored, tip, number, orphans = storage.create(name), None, 0, []
        for _ in range(KILLS):
            for _ in range(5):
                number += 1
                tip = save(stored, MAIN, number, tip)
            orphans.append(blob(b"orphan %d" % number))
            stored.objects.put(orphans[-1:])
            age(stored)
            command = [sys.executable, str(Path(__file__).parent / "maintainer.py"), url]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                assert process.stdout is not None
                process.stdout.readline()
                end = time.monotonic() + random.random()
                while time.monotonic() < end:  # what is written meanwhile is there too
                    number += 1
                    tip = save(stored, MAIN, number, tip)
                    assert len(list(stored.commits([tip]))) == number
                process.kill()
                assert process.stderr is not None
                assert b"Traceback" not in process.stderr.read()
            assert verify(stored) == []
            assert len(list(stored.commits([tip]))) == number
        # the lease of a process that died ends by itself, on MongoDB after its time
        until(lambda: maintain(stored, whole=True, condemned_for=timedelta(0)).held)
        maintain(stored, whole=True, condemned_for=timedelta(0))
        assert stored.objects.contains_many([one.id for one in orphans]) == set()
    storage, name = open_storage(url)
    with closing(storage):
        assert verify(storage.open(name)) == []
        if kind == "disk":
            assert git(tmp_path / "config.git", "fsck", "--strict", "--full") == ""

"""Behind pgbouncer in transaction mode: the same suite, without notices, and it is said."""

import subprocess
import sys
from contextlib import ExitStack, closing

import pytest
from support.pgbouncer import pooled
from support.postgres import new_database

from gitconfig_server.storage.conformance.checks import CHECKS
from gitconfig_server.storage.conformance.handles import eventually, generation
from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.postgresql.storage import PgStorage


class MadePooled:
    """A ``Make`` whose storages lie behind poolers of their own."""

    def __init__(self, held):
        self._held, self._known = held, {}

    def __call__(self, patience=10.0):
        return self._opened(self._held.enter_context(pooled(new_database())), patience)

    def again(self, storage, patience=10.0):
        return self._opened(self._known[id(storage)], patience)

    def _opened(self, url, patience):
        storage = self._held.enter_context(closing(PgStorage(url, lock_seconds=patience)))
        self._known[id(storage)] = url
        return storage


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms_behind_a_pooler(check):
    with ExitStack() as held:
        check(MadePooled(held))


def test_servers_see_each_others_writes_by_looking():
    with pooled(new_database()) as url, closing(PgStorage(url)) as one, closing(PgStorage(url)) as other:
        here, there = one.create("config"), other.open("config")
        assert not there._database.wait_for_notice(60), "nobody waits for what does not come"
        generation(there)
        for number in range(20):  # more than the driver takes to prepare a statement, on servers that change
            name = save(here, MAIN, number + 1, here.snapshot().get(MAIN))
            eventually(lambda name=name: dict(there.snapshot()) == {MAIN: name})


def test_doctor_says_so():
    with pooled(new_database()) as url:
        with closing(PgStorage(url)) as storage:
            storage.create("config")
        done = subprocess.run(
            [sys.executable, "-m", "gitconfig_server", "doctor", url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "behind a pooler" in " ".join((done.stdout + done.stderr).split())

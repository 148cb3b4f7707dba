"""Servers of one repository are killed, held up and cut off, and so is their database: histories stay linearizable."""

import os
import random
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from faults.storm import Storm
from support.histories import Outcome
from support.mongo import MongoServer
from support.postgres import Cluster, programs
from support.proxy import Proxy
from support.replicas import Replica

from gitconfig_server.storage.urls import open_storage

EVERYTHING = bool(os.environ.get("GITCONFIG_TEST_ALL"))
SECONDS = float(os.environ.get("GITCONFIG_TEST_FAULT_SECONDS") or (20 if EVERYTHING else 3))
"""How long each storm rages; a long one goes through everything that can happen again and again."""
ENOUGH = 20
"""Writes that were acknowledged, and reads, that a history must hold to say something."""
A_WHILE = 1.3
"""Seconds that something lasts: more than what is shown may be old."""


class Scene:
    """A repository of a kind, ``count`` servers of it, and what can happen to them."""

    def __init__(self, kind, folder, held, program=None):
        self._held = held
        self.database, self.url = None, str(folder / "config.git")
        if kind == "postgresql":
            self.database = Cluster(programs())
            held.callback(self.database.remove)
            self.url = self.database.dsn("postgres")
        elif kind == "mongodb":
            self.database = MongoServer()
            held.callback(self.database.remove)
            self.url = f"{self.database.uri}/stored?directConnection=true"
        elif kind == "sqlite":
            self.url = f"sqlite://{folder}/stored.db"
        storage, name = open_storage(self.url)
        storage.create(name)
        storage.close()
        self.proxies = [held.enter_context(Proxy(self.url)) for _ in range(3)] if self.database else []
        urls = [proxy.dsn for proxy in self.proxies] or [self.url] * 4
        self.replicas = [Replica(url, folder, *([program] if program else [])) for url in urls]
        self.mark = b"COMMIT" if kind == "postgresql" else b"\x02update\0"
        self.kind = kind

    def happenings(self):
        """Everything, in any order; a sample where not everything is to be tested."""
        found = [self.kill_a_server, self.kill_a_server, self.hold_a_server_up]
        if self.database:
            found += [self.kill_the_database, self.cut, self.hold_bytes_back, self.swallow, self.lose_an_answer]
        if self.kind == "postgresql":
            found += [self.kill_a_backend, self.half_close]
        return random.sample(found, len(found) if EVERYTHING else 2)

    def kill_a_server(self, chance, wait):
        victim = chance.choice(self.replicas)
        victim.kill()
        wait(0.3)
        victim.begin()
        victim.wait_for()

    def hold_a_server_up(self, chance, wait):
        victim = chance.choice(self.replicas)
        victim.hold_up()
        wait(A_WHILE)
        victim.hold_up(again=True)
        wait(0.3)

    def kill_the_database(self, chance, wait):
        self.database.kill()
        wait(A_WHILE)
        (self.database.start_again if self.kind == "postgresql" else self.database.start)()
        wait(0.5)

    def kill_a_backend(self, chance, wait):
        assert self.database.kill_backend()
        wait(0.5)

    def cut(self, chance, wait):
        for _ in range(3):
            chance.choice(self.proxies).cut()
            wait(0.2)

    def half_close(self, chance, wait):
        chance.choice(self.proxies).half_close()
        wait(0.3)

    def hold_bytes_back(self, chance, wait):
        victim = chance.choice(self.proxies)
        victim.delay = 0.1
        wait(A_WHILE)
        victim.delay = 0.0

    def swallow(self, chance, wait):
        victim = chance.choice(self.proxies)
        victim.swallowing = True
        wait(2 * A_WHILE)
        victim.swallowing = False
        victim.cut()
        wait(0.3)

    def lose_an_answer(self, chance, wait):
        for proxy in self.proxies:
            proxy.cut_after = self.mark
        wait(0.5)
        for proxy in self.proxies:
            proxy.cut_after = None


@contextmanager
def scene(kind, folder, program=None):
    """The scene with its storm, which is over on leaving."""
    with ExitStack() as held:
        place = Scene(kind, folder, held, program)
        storm = Storm(place.url, place.replicas)
        held.callback(storm.end)
        storm.begin()
        yield place, storm


@pytest.mark.parametrize("kind", ["postgresql", "mongodb", "sqlite", "disk"])
def test_histories_are_linearizable_whatever_happens(kind, tmp_path):
    with scene(kind, tmp_path) as (place, storm):
        storm.rage(SECONDS, place.happenings())
        for _ in range(ROUNDS):  # on a busy machine little is done in a few seconds
            if storm.count(Outcome.DONE) > ENOUGH and storm.reads > ENOUGH:
                break
            storm.rage(1)
        storm.recover()
        storm.end()
        print({outcome.value: storm.count(outcome) for outcome in Outcome}, "reads:", storm.reads)
        assert storm.faults() == []
        assert storm.count(Outcome.DONE) > ENOUGH
        assert storm.reads > ENOUGH


PLANTED = Path(__file__).parent / "planted.py"
ROUNDS = 60
"""At most: a fault that shows itself in one round of four is missed by twelve of them now and then."""


@pytest.mark.parametrize(
    ("bug", "told", "kind"),
    [
        ("compare-and-swap", "was acknowledged", "postgresql"),
        ("notice", "after somebody had seen", "postgresql"),
        ("precondition", "and its writer had seen", "postgresql"),
        ("idempotency-key", "times", "postgresql"),
        ("known-answer", "after somebody had seen", "disk"),
    ],
)
def test_a_bug_put_in_on_purpose_is_caught(bug, told, kind, tmp_path):
    with scene(kind, tmp_path, (str(PLANTED), bug)) as (place, storm):
        found = []
        for _ in range(ROUNDS):
            storm.rage(2, [place.swallow] if bug == "notice" else [])
            found = [fault for fault in storm.faults() if told in fault]
            if found:
                break
        assert found, storm.faults()

"""Writers on a database are killed at random, and the database too: nothing acknowledged is lost or stored twice."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from support import mongo
from support.postgres import Cluster, programs

from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.urls import open_storage
from gitconfig_server.storage.verifying import verify

KILLS = int(os.environ.get("GITCONFIG_FAULT_KILLS", "8"))
BETWEEN = 25
"""Writes that are acknowledged between two kills: how long that takes is the machine's business."""
PATIENCE = 120.0
WRITERS = 6
STRIDE = 1_000_000
WRITER = Path(__file__).parent / "database_writer.py"


class Writers:
    """Processes that write, each beginning where no other one writes; what they said is in ``folder``."""

    def __init__(self, url, folder):
        self._url, self._folder = url, folder
        self._running = []
        self._begun = 0

    def begin(self):
        log = self._folder / f"{self._begun}.log"
        with log.open("wb") as out:
            command = [sys.executable, str(WRITER), self._url, str(self._begun * STRIDE)]
            self._running.append(subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE))
        self._begun += 1

    def wait_for(self, acknowledged):
        deadline = time.monotonic() + PATIENCE
        while len(self.said("ack")) < acknowledged:
            assert time.monotonic() < deadline, "writers do not get on"
            time.sleep(0.05)

    def kill_one(self):
        victim = self._running.pop(random.randrange(len(self._running)))
        self._end(victim)

    def end(self):
        while self._running:
            self._end(self._running.pop())

    def said(self, word):
        whole = (line for log in self._folder.glob("*.log") for line in log.read_text().splitlines(keepends=True))
        words = [line.split() for line in whole if line.endswith("\n")]
        return [line[1:] for line in words if line[0] == word]

    def _end(self, process):
        process.send_signal(signal.SIGKILL)
        _, trouble = process.communicate()
        assert b"Traceback" not in trouble, trouble.decode()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_what_was_acknowledged_is_there_once(kind, tmp_path):
    cluster = Cluster(programs()) if kind == "postgresql" else None
    urls = {"sqlite": lambda: f"sqlite://{tmp_path}/stored.db", "mongodb": mongo.new_database}
    url = cluster.dsn("postgres") if cluster else urls[kind]()
    storage, name = open_storage(url)
    storage.create(name)
    logs = tmp_path / "logs"
    logs.mkdir()
    writers = Writers(url, logs)
    try:
        for _ in range(WRITERS):
            writers.begin()
        for kill in range(1, KILLS + 1):
            writers.wait_for(kill * BETWEEN)
            writers.kill_one()
            writers.begin()
            if cluster and kill == KILLS // 2:
                cluster.stop()
                cluster.start()
        writers.wait_for((KILLS + 1) * BETWEEN)
    finally:
        writers.end()
    with closing(storage):
        repository = storage.open(name)
        records = list(repository.journal())
        stored = {int(record.actor): record for record in records}
        assert len(stored) == len(records), "no number was stored twice"
        acknowledged = {int(number): (int(seq), commit.encode()) for number, seq, commit in writers.said("ack")}
        assert {number: (one.seq, one.updates[0].new) for number, one in stored.items() if number in acknowledged} == (
            acknowledged
        )
        tried = {int(number) for number, _ in writers.said("try")}
        assert stored.keys() <= tried
        assert not writers.said("stale")
        assert [record.seq for record in records] == list(range(1, len(records) + 1))
        assert all(after.updates[0].old == before.updates[0].new for before, after in pairwise(records))
        times = [record.received_at for record in records]
        assert times == sorted(times)
        assert repository.snapshot(fresh=True)[MAIN] == records[-1].updates[0].new
        assert verify(repository) == []
    if cluster:
        cluster.remove()

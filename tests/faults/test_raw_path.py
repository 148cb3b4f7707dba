"""Readers whose requests are answered from the socket, beside writers, on connections that are kept."""

import os
import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count, cycle
from pathlib import Path

import httpx
import pytest
from support.git import git
from support.pipelined import Pipelined
from support.replicas import Replica
from support.server import running_server

EVERYTHING = bool(os.environ.get("GITCONFIG_TEST_ALL"))
SECONDS = float(os.environ.get("GITCONFIG_TEST_FAULT_SECONDS") or (20 if EVERYTHING else 0.5))
PATIENCE = 60
READERS = 4
PATHS = ("/orders/prod", "/api/v1/environments/orders/prod")
ROUNDS = [*([path] for path in PATHS), [*PATHS, *PATHS]]
"""What is asked at once, again and again: a request is known from when it came alone."""
PLANTED = Path(__file__).parent / "planted.py"


class Numbers:
    """One writer who counts up in two files at once, and readers who know what they may see meanwhile."""

    def __init__(self, port):
        self.port, self.over = port, threading.Event()
        self.begun = self.acknowledged = 0
        self.commits, self.seen = {}, []
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60)
        self.write(0)

    def write(self, number):
        self.begun = number
        content = f"{{}}: {number}\n"
        files = {"application.yml": content.format("a"), "orders.yml": content.format("b")}
        changes = [{"op": "put", "path": path, "content": text} for path, text in files.items()]
        answer = self.client.post("/labels/main/commits", json={"changes": changes})
        assert answer.status_code == 200, answer.text
        self.commits[answer.json()["commit"]] = number
        self.acknowledged = number

    def write_on(self):
        for number in count(1):
            if self.over.is_set():
                return
            self.write(number)

    def are_many(self):
        return self.acknowledged > 2 and len(self.seen) > 50

    def read_on(self):
        """Faults: what was older than a save acknowledged before, newer than the last one begun, or of two saves."""
        faults, last = [], 0
        with Pipelined(self.port, 60) as connection:
            for paths in cycle(ROUNDS):
                if self.over.is_set():
                    break
                last = max(last, self.acknowledged)
                for answer in connection.ask(*paths):
                    number, other = values(answer.content)
                    if not last <= number <= self.begun or number != other:
                        faults.append((last, number, other, self.begun))
                    last = max(last, number)
                    self.seen.append((answer.headers["config-commit"], number))
        return faults


def values(content):
    """Both numbers, from an answer of either form."""
    if "propertySources" not in content:
        return content["properties"]["a"], content["properties"]["b"]
    merged = {}
    for source in content["propertySources"]:
        merged = source["source"] | merged
    return merged["a"], merged["b"]


def faults_of(port, seconds):
    """What readers saw that they must not see."""
    numbers = Numbers(port)
    with closing(numbers.client), ThreadPoolExecutor(READERS + 1) as pool:
        reading = [pool.submit(numbers.read_on) for _ in range(READERS)]
        writing = pool.submit(numbers.write_on)
        began = time.monotonic()
        while (lasted := time.monotonic() - began) < seconds or (lasted < PATIENCE and not numbers.are_many()):
            numbers.over.wait(0.05)
            if any(one.done() for one in (*reading, writing)):
                break
        numbers.over.set()
        writing.result()
        found = [fault for one in reading for fault in one.result()]
    assert numbers.are_many()
    return found + [(commit, number) for commit, number in numbers.seen if numbers.commits[commit] != number]


def new_repository(folder):
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")
    return folder / "config.git"


@pytest.mark.parametrize("workers", [1, 2])
def test_readers_on_kept_connections_see_each_save_whole_and_in_order(workers, tmp_path):
    if workers == 1 and not EVERYTHING:
        pytest.skip("a long run, of scripts/test --all")
    with running_server(new_repository(tmp_path), "--workers", str(workers)) as server:
        assert faults_of(int(server.url.rpartition(":")[2]), SECONDS) == []


def test_an_answer_that_forgets_the_refs_is_seen(tmp_path):
    """And so those readers are answered from the socket: the bug is there alone."""
    if not EVERYTHING:
        pytest.skip("a long run, of scripts/test --all")
    server = Replica(str(new_repository(tmp_path)), tmp_path, (str(PLANTED), "known-answer"))
    server.begin()
    try:
        server.wait_for()
        assert any(faults_of(server.port, 2) for _ in range(20))
    finally:
        server.kill()


IDLE = 10_000
A_CONNECTION = 24 * 1024
"""Bytes of memory that one which waits may take."""


@pytest.fixture
def many_files():
    """As many open files as connections are made, for this process and for those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), max(hard, wanted)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, max(hard, wanted)))


def resident(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def test_ten_thousand_connections_may_wait(many_files, tmp_path):
    if not EVERYTHING:
        pytest.skip("a long run, of scripts/test --all")
    settings = {"GITCONFIG_LIMITS__CONNECTIONS": str(IDLE + 100), "GITCONFIG_LIMITS__IDLE_SECONDS": "600"}
    waiting = []
    with running_server(new_repository(tmp_path), settings=settings) as server:
        port = int(server.url.rpartition(":")[2])
        numbers = Numbers(port)
        before = resident(server.process)
        try:
            for _ in range(IDLE):
                waiting.append(Pipelined(port, 60))
                (answer,) = waiting[-1].ask(PATHS[0])
                assert values(answer.content) == (0, 0)
            taken = (resident(server.process) - before) / IDLE
            print(f"{taken:,.0f} bytes a connection")
            assert taken < A_CONNECTION
            numbers.write(1)
            waiting.append(Pipelined(port, 60))
            for connection in (waiting[0], *waiting[-2:]):
                assert [values(answer.content) for answer in connection.ask(*PATHS)] == [(1, 1)] * len(PATHS)
            numbers.client.close()
            server.process.terminate()
            assert all(one.is_closed() for one in waiting)
            assert server.process.wait(60) is not None
        finally:
            for one in waiting:
                one.close()

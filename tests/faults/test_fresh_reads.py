"""Who reads after a write was acknowledged gets that write or a later one, whole, with every cache on."""

import http.client
import json
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest
from support.numbered import Numbered
from support.server import running_server

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.storage.memory.storage import MemoryStorage
from gitconfig_server.storage.urls import open_storage

SECONDS = 60 if os.environ.get("GITCONFIG_TEST_ALL") else 5
READERS = 16
PATIENCE = 120
"""Seconds more where the machine has other things to do."""
V2 = "application/vnd.spring-cloud.config-server.v2+json"
NATIVE = "/api/v1/environments/orders/prod"
REQUESTS = (("/orders/prod", "*/*"), ("/orders/prod/main", V2), (NATIVE, "*/*"), ("/config/orders/prod", "*/*"))


def properties_of(body):
    """The merged properties of a native or a Spring environment in either form."""
    content = json.loads(body)
    if "properties" in content:
        return content["commit"], content["properties"]
    merged = {}
    for source in reversed(content["propertySources"]):
        merged |= {key: value["value"] if isinstance(value, dict) else value for key, value in source["source"].items()}
    return content["version"], merged


def read(port, numbered, stop, counts, place):
    """Read one environment after another until told to stop; how many stands at a place in ``counts``."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    etags: dict[str, str] = {}
    count = 0
    while not stop.is_set():
        path, accept = REQUESTS[count % len(REQUESTS)]
        floor = numbered.acknowledged
        connection.request("GET", path, headers={"Accept": accept, "If-None-Match": etags.get(path, '"none"')})
        answer = connection.getresponse()
        body, commit = answer.read(), answer.getheader("Config-Commit")
        if answer.status == 503:
            continue  # a storage that is busy says so: nothing stale was read
        if answer.status == 304:
            numbered.judge_age(floor, commit)
        else:
            etags[path] = answer.getheader("ETag")
            said, properties = properties_of(body)
            assert said == commit
            numbered.judge(floor, commit, properties)
        count += 1
        counts[place] = count
    connection.close()


def read_together(port, numbered, stop, counts, place):
    """Send three requests at once, the same ones again and again, until told to stop; as ``read``."""
    said = "".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {kind}\r\n\r\n" for path, kind in REQUESTS[:3])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rb") as answers:
        while not stop.is_set():
            floor = numbered.acknowledged
            connection.sendall(said.encode())
            for _ in range(3):
                status = answers.readline().split()[1]
                head = dict(
                    line.split(": ", 1)
                    for line in iter(lambda: answers.readline().decode().strip(), "")
                    if ": " in line
                )
                body = answers.read(int(head["content-length"]))
                if status == b"503":
                    continue  # as in ``read``
                commit, properties = properties_of(body)
                assert commit == head["config-commit"]
                numbered.judge(floor, commit, properties)
                counts[place] += 1


def write(numbered, stop, counts, seconds):
    """So long, and on until there are as many writes, and as many reads by each reader, as seconds."""
    deadline = time.monotonic() + seconds
    try:
        while not stop.is_set() and (
            time.monotonic() < deadline
            or (min(numbered.acknowledged, *counts) <= seconds and time.monotonic() < deadline + PATIENCE)
        ):
            numbered.write()
    finally:
        stop.set()


def end_with(stop, work, *arguments):
    """What ends before its time ends the others too."""
    try:
        work(*arguments)
    finally:
        stop.set()


def url_of(kind, tmp_path):
    """Where there is nothing yet."""
    if kind == "postgresql":
        from support.postgres import new_database

        return new_database()
    return f"sqlite://{tmp_path}/config.db" if kind == "sqlite" else str(tmp_path / "config.git")


@pytest.mark.parametrize(("kind", "seconds"), [("disk", SECONDS), ("sqlite", 5), ("postgresql", 5)])
def test_reads_are_fresh_and_whole_while_another_process_writes(kind, seconds, tmp_path):
    url = url_of(kind, tmp_path)
    storage, name = open_storage(url)
    git = GitRepository(storage.create(name))
    numbered, stop = Numbered(git), threading.Event()
    numbered.write()
    with (
        closing(storage),
        running_server(url, "--workers", "2") as server,
        ThreadPoolExecutor(READERS + 1) as pool,
    ):
        port = int(server.url.rpartition(":")[2])
        kinds = [read, read_together] * (READERS // 2)
        counts = [0] * len(kinds)
        works = [pool.submit(end_with, stop, write, numbered, stop, counts, seconds)]
        works += [
            pool.submit(end_with, stop, one, port, numbered, stop, counts, place) for place, one in enumerate(kinds)
        ]
        for work in works:
            work.result()
    assert numbered.acknowledged > seconds
    assert min(counts) > seconds


class StandingStill:
    """A stored repository whose counter is broken: it never tells that a ref moved."""

    def __init__(self, stored):
        self._stored = stored

    def __getattr__(self, name):
        return getattr(self._stored, name)

    def generation(self, *, ask=False):
        return 1


@pytest.mark.anyio
@pytest.mark.parametrize("broken", [False, True])
async def test_a_counter_that_stands_still_is_noticed(broken):
    storage = MemoryStorage()
    stored = storage.create("config")
    numbered = Numbered(GitRepository(stored))
    opened = Opened(storage, StandingStill(stored) if broken else stored)
    transport = httpx.ASGITransport(app=assemble(Settings(), opened))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for _ in range(3):
            numbered.write()
            floor = numbered.acknowledged
            commit, properties = properties_of((await client.get("/orders/prod")).content)
            if broken and floor:
                with pytest.raises(AssertionError, match="0 was read after"):
                    numbered.judge(floor, commit, properties)
            else:
                numbered.judge(floor, commit, properties)

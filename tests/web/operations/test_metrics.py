import os
import time

import httpx
import pytest
from support.repositories import commit

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.storage.memory.storage import MemoryStorage
from gitconfig_server.web.answers.counts import NAMED
from gitconfig_server.web.operations.counted import Metrics, group_of
from gitconfig_server.web.operations.exposition import write_metrics

pytestmark = pytest.mark.anyio


def client():
    storage = MemoryStorage()
    stored = storage.create("config")
    commit(GitRepository(stored), {"orders.yml": "a: 1\n"})
    transport = httpx.ASGITransport(app=assemble(Settings(), Opened(storage, stored)))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def samples(service):
    """Name and labels, but for the worker, of each sample -> its value."""
    answer = await service.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            labels = name.partition("{")[2].rstrip("}").split(",")
            kept = [label for label in labels if not label.startswith("worker=")]
            found[name.partition("{")[0], *kept] = float(value)
    return found


async def test_the_fast_path_is_counted():
    service = client()
    etag = (await service.get("/orders/prod")).headers["etag"]
    await service.get("/orders/prod")
    await service.get("/orders/prod")
    await service.get("/orders/prod", headers={"If-None-Match": etag})
    counted = await samples(service)
    results = {key[1]: value for key, value in counted.items() if key[0] == "gitconfig_fast_path_total"}
    assert results == {'result="hits"': 2, 'result="not_modified"': 1, 'result="misses"': 1}


async def test_the_full_stack_is_timed_by_face_and_status():
    service = client()
    for path in ("/orders/prod", "/orders/prod", "/orders/prod/nope", "/api/v1/labels", "/health"):
        await service.get(path)
    counted = await samples(service)
    for group, status, count in (("spring", 200, 1), ("spring", 404, 1), ("api", 200, 1), ("health", 200, 1)):
        assert counted["gitconfig_request_seconds_count", f'group="{group}"', f'status="{status}"'] == count


async def test_moves_and_generation_are_told():
    metrics = Metrics(lambda: 2**60 + 3, refused_pushes=lambda: 4)
    git = GitRepository(MemoryStorage().create("config"))
    git.add_listener(metrics.count_move)
    commit(git, {"orders.yml": "a: 1\n"})
    lines = write_metrics(metrics).decode().splitlines()
    assert 'gitconfig_moves_total{reason="push"} 1.0' in lines
    assert f'gitconfig_generation{{worker="{os.getpid()}"}} 3.0' in lines
    assert "gitconfig_refused_refs_total 4.0" in lines


async def test_applications_are_counted_by_name_and_tell_when_they_changed():
    storage = MemoryStorage()
    stored = storage.create("config")
    git = GitRepository(stored)
    commit(git, {"orders.yml": "a: 1\n", "billing.yml": "b: 1\n"})
    transport = httpx.ASGITransport(app=assemble(Settings(), Opened(storage, stored)))
    service = httpx.AsyncClient(transport=transport, base_url="http://localhost")
    for path in ("/orders/prod", "/billing/prod", "/orders/prod", "/orders/dev", "/orders/dev"):
        await service.get(path)
    before = time.time()
    commit(git, {"orders.yml": "a: 2\n"})
    for path in ("/orders/prod", "/billing/prod"):
        await service.get(path)
    counted = await samples(service)
    asked = {
        key[1]: value
        for key, value in counted.items()
        if key[0] == "gitconfig_application_requests_total"
        if 'result="hits"' in key
    }
    assert asked == {'application=""': 0, 'application="orders"': 3, 'application="billing"': 1}
    changed = {key[1]: value for key, value in counted.items() if key[0].startswith("gitconfig_application_changed")}
    assert list(changed) == ['application="orders"']
    assert before - 0.001 <= changed['application="orders"'] <= time.time()


async def test_names_that_somebody_made_up_take_no_room():
    service = client()
    for number in range(3 * NAMED):
        await service.get(f"/random-{number}/prod")
    for _ in range(2):
        await service.get("/orders/prod")
    text = (await service.get("/metrics")).text
    assert 'gitconfig_application_requests_total{application="orders",result="hits"} 1.0' in text
    assert "random" not in text
    for number in range(NAMED + 10):
        for _ in range(2):
            await service.get(f"/made-up-{number}/prod")
    text = (await service.get("/metrics")).text
    named = text.count('gitconfig_application_requests_total{application="')
    assert named <= 2 * (NAMED + 1)
    assert 'gitconfig_application_requests_total{application="",result="hits"} 11.0' in text


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/api/v1/labels", "api"),
        ("/api/v1", "api"),
        ("/api/v1x", "spring"),
        ("/config.git/info/refs", "git"),
        ("/ready", "health"),
        ("/orders/prod", "spring"),
        ("/config/orders/prod", "spring"),
    ],
)
async def test_paths_are_counted_by_face(path, group):
    assert group_of(path) == group

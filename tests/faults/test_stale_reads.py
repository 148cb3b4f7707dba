"""Reads while the database cannot be asked, where ``storage.stale_reads`` allows them."""

import time
from contextlib import asynccontextmanager, closing

import httpx
import pytest
from support.postgres import new_database
from support.proxy import Proxy

from gitconfig_server.errors import StorageError
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.settings.groups import StorageSettings
from gitconfig_server.storage.conformance.handles import eventually
from gitconfig_server.storage.postgresql.storage import PgStorage

pytestmark = pytest.mark.anyio
READ = "/api/v1/environments/orders/prod"
WRITE = "/api/v1/sources/orders/prod"


@asynccontextmanager
async def served(stale_reads):
    """A client of a server whose network to the database can fail, with the storage of that server."""
    with (
        Proxy(new_database()) as proxy,
        closing(PgStorage(f"{proxy.dsn}?connect_timeout=2", lock_seconds=1, call_seconds=0.5)) as storage,
    ):
        repository = storage.create("config")
        repository.prepare(stale_reads=stale_reads)
        settings = Settings(storage=StorageSettings(stale_reads=stale_reads))
        app = assemble(settings, Opened(storage, repository))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            answer = await client.put(WRITE, json={"properties": {"value": 1}})
            client.headers["x-seen"] = answer.headers["Config-Cursor"]  # says more than the fast path understands
            yield client, proxy, repository


def age_out(repository):
    """Wait until what is known is older than it may be by itself."""
    eventually(lambda: repository.age() > 1)


@pytest.mark.parametrize("fails", ["swallow", "refuse"])
async def test_reads_go_on_with_their_age(fails):
    async with served(60) as (client, proxy, repository):
        assert "age" not in (await client.get(READ)).headers
        if fails == "refuse":
            proxy._listening.close()
            proxy.cut()
        proxy.swallowing = True
        age_out(repository)
        began = time.process_time()
        answer = await client.get(READ)
        assert (answer.status_code, answer.json()["properties"]) == (200, {"value": 1})
        assert int(answer.headers["Age"]) >= 1
        assert answer.headers["Config-Storage-Age"] == answer.headers["Age"]
        assert (await client.get("/orders/prod")).headers["Age"]
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "UP")
        assert ready.json()["storage"]["seen"] > 1
        assert "gitconfig_storage_age_seconds{" in (await client.get("/metrics")).text
        assert time.process_time() - began < 5, "readers do not spin while nobody answers"


async def test_who_asks_for_more_never_gets_old_data():
    async with served(60) as (client, proxy, repository):
        cursor = client.headers["x-seen"]
        proxy.swallowing = True
        age_out(repository)
        for asked in ({"headers": {"Config-Cursor": cursor}}, {"params": {"fresh": "1"}}):
            answer = await client.get(READ, **asked)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), answer.text
        assert (await client.put(WRITE, json={"properties": {"value": 2}})).status_code == 503
        proxy.swallowing = False
        proxy.cut()
        assert (await client.get(READ, headers={"Config-Cursor": cursor})).status_code == 200
        answer = await client.get(f"{READ}?fresh=1")
        assert (answer.status_code, answer.headers.get("Age")) == (200, None)


@pytest.mark.parametrize("stale_reads", [0, 1.5])
async def test_past_the_time_that_is_allowed_reads_are_503(stale_reads):
    async with served(stale_reads) as (client, proxy, repository):
        proxy.swallowing = True
        eventually(lambda: repository.age() > 1 + stale_reads)
        answer = await client.get(READ)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert (await client.get("/ready")).status_code == 503


async def test_a_write_that_was_acknowledged_is_not_passed_over():
    async with served(60) as (client, proxy, repository):
        proxy.swallowing = True
        age_out(repository)
        repository._acknowledged.raise_to(repository._acknowledged.value + 1)  # as another worker would
        with pytest.raises(StorageError):
            repository.snapshot()
        assert (await client.get(READ)).status_code == 503

"""Reading one's own writes on another server."""

from contextlib import asynccontextmanager

import httpx
import pytest
from support.storages import Made

from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings

pytestmark = pytest.mark.anyio
READ = "/api/v1/environments/orders/prod"


@asynccontextmanager
async def servers(kind, tmp_path):
    """Two servers on one repository."""
    made = Made(kind, tmp_path)
    storage = made()
    storage.create("config")
    clients = []
    for one in (storage, made.again(storage)):
        app = assemble(Settings(), Opened(one, one.open("config")))
        clients.append(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost"))
    yield clients
    for client in clients:
        await client.aclose()
    made.close()


async def save(client, value):
    answer = await client.put("/api/v1/sources/orders/prod", json={"properties": {"value": value}})
    assert answer.status_code == 200, answer.text
    return answer.headers["Config-Cursor"]


@pytest.mark.parametrize("kind", ["memory", "disk", "sqlite", "postgresql", "mongodb"])
async def test_who_brings_a_cursor_sees_at_least_that_write(kind, tmp_path):
    async with servers(kind, tmp_path) as (one, other):
        for value in range(1, 8):
            cursor = await save(one, value)
            answer = await other.get(READ, headers={"Config-Cursor": cursor})
            assert answer.json()["properties"] == {"value": value}
            cursor = await save(other, -value)
            answer = await one.get(f"{READ}?fresh=1")
            assert answer.json()["properties"] == {"value": -value}


@pytest.mark.parametrize("kind", ["memory", "disk", "sqlite", "postgresql", "mongodb"])
async def test_cursors_that_lead_nowhere(kind, tmp_path):
    async with servers(kind, tmp_path) as (one, other):
        epoch, _, seq = (await save(one, 1)).partition(".")
        answer = await other.get(READ, headers={"Config-Cursor": f"{'0' * 16}.{seq}"})
        assert (answer.status_code, answer.json()["code"]) == (409, "cursor-lost")
        answer = await other.get(READ, headers={"Config-Cursor": "yesterday"})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
        assert (await other.get(READ, headers={"Config-Cursor": f"{epoch}.{seq}"})).status_code == 200


async def test_a_cursor_that_does_not_come_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("gitconfig_server.web.manners.cursors.PATIENCE", 0.05)
    async with servers("sqlite", tmp_path) as (one, other):
        epoch = (await save(one, 1)).partition(".")[0]
        answer = await other.get(READ, headers={"Config-Cursor": f"{epoch}.99"})
        assert (answer.status_code, answer.json()["code"]) == (503, "storage-stale")
        assert answer.headers["Retry-After"] == "1"


async def test_only_fresh_1_is_ours(tmp_path):
    async with servers("memory", tmp_path) as (one, _):
        await save(one, 1)
        assert (await one.get(f"{READ}?view=running&fresh=1")).status_code == 200
        assert (await one.get(f"{READ}?fresh=yes")).status_code == 400

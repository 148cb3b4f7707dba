"""Pending, pin and freeze over HTTP, with clocks that the test sets."""

from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from support.live import live
from support.pending import FILES, PendingDesk
from support.writing import NOON

from gitconfig_server.git.objects.commits import read_trailers
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.storage.memory.storage import MemoryStorage

pytestmark = pytest.mark.anyio
API = "/api/v1"
MERGE = {"Content-Type": "application/merge-patch+json"}
LABEL = f"{API}/labels/main"


@asynccontextmanager
async def served():
    """A desk, and a client of a server over the same repository and clocks."""
    storage = MemoryStorage(clock=lambda: desk.now)
    desk = PendingDesk.__new__(PendingDesk)
    desk.now = NOON
    PendingDesk.__init__(desk, storage.create("config"))
    desk.write(FILES | {"motd.txt": "saved\n"}, message="begin")
    desk.stage({"orders.yml": "pool: 9\n", "motd.txt": "pending\n"})
    app = assemble(Settings(), Opened(storage, desk.stored), desk.moment)
    async with live(app) as server, httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield desk, client


async def begin(client, seconds=600):
    done = await client.post(f"{LABEL}/apply", json={"confirm_within": seconds})
    assert done.status_code == 200, done.text
    return done.json()


async def test_an_answer_says_what_is_pending_and_what_is_saved():
    async with served() as (_, client):
        before = await client.get("/orders/default")
        done = await begin(client)
        deadline = (NOON + timedelta(seconds=600)).isoformat()
        for path in ("/orders/default", "/orders-default.json", f"{API}/environments/orders/default"):
            answer = await client.get(path)
            found = {name: answer.headers[f"config-{name}"] for name in ("commit", "saved", "pending")}
            assert found == {
                "commit": done["commit"],
                "saved": before.headers["config-commit"],
                "pending": f"{done['pending']}, {deadline}",
            }
        saved = await client.get(f"{API}/environments/orders/default", params={"view": "saved"})
        assert (saved.json()["properties"], saved.headers.get("config-pending")) == ({"pool": 5}, None)
        shown = (await client.get(f"{LABEL}/pending")).json()
        assert (shown["id"], shown["deadline"]) == (done["pending"], deadline)
        assert (await client.get(f"{LABEL}/pending/{done['pending']}")).json() == shown
        assert (await client.get(f"{LABEL}/pending/absent")).json()["code"] == "unknown-pending"


async def test_every_client_sees_the_reversal(monkeypatch):
    """One that asks by ETag, one by time, and one whose request is answered straight from the socket."""
    monkeypatch.setattr("gitconfig_server.service.tidying._EVERY_SECONDS", 3600)  # readers know without it
    async with served() as (desk, client):
        desk.pass_time(60)
        first = await client.get("/orders/default")
        await begin(client)
        desk.pass_time(60)
        tried = [await client.get("/orders/default") for _ in range(4)]  # known to the socket by then
        assert {answer.json()["propertySources"][0]["source"]["pool"] for answer in tried} == {9}
        plain = await client.get("/orders/default/main/motd.txt")
        assert (plain.text, "last-modified" in plain.headers) == ("pending\n", True)
        known = {"If-None-Match": tried[0].headers["etag"]}
        since = {"If-Modified-Since": plain.headers["last-modified"]}
        for _ in range(3):
            assert (await client.get("/orders/default", headers=known)).status_code == 304
        assert (await client.get("/orders/default/main/motd.txt", headers=since)).status_code == 304
        refs = desk.git.snapshot()
        desk.pass_time(600)
        for _ in range(3):
            answer = await client.get("/orders/default")
            assert (answer.json()["propertySources"][0]["source"]["pool"], answer.content) == (5, first.content)
            assert (await client.get("/orders/default", headers=known)).status_code == 200
        back = {"If-None-Match": first.headers["etag"]}
        assert (await client.get("/orders/default", headers=back)).status_code == 304
        answer = await client.get("/orders/default/main/motd.txt", headers=since)
        assert (answer.status_code, answer.text) == (200, "saved\n")
        assert desk.git.snapshot() == refs


async def test_a_deadline_is_moved_confirmed_and_cancelled():
    async with served() as (desk, client):
        pending = f"{LABEL}/pending/{(await begin(client))['pending']}"
        desk.pass_time(599)
        assert (await client.patch(pending, json={"confirm_within": 60})).json()["changed"]
        desk.pass_time(59)
        done = await client.post(f"{pending}/confirm", json={})
        assert (done.status_code, done.json()["paths"]) == (200, ["motd.txt", "orders.yml"])
        assert not (await client.post(f"{pending}/confirm", json={})).json()["changed"]
        refused = (await client.delete(pending)).json()
        assert (refused["status"], refused["code"], refused["how"]) == (409, "pending-ended", "confirm")
        assert refused["at"].startswith("2026-01-31T12:10:58")


async def test_what_is_pending_refuses_what_touches_it_with_a_way_out():
    async with served() as (_, client):
        done = await begin(client)
        refused = await client.patch(f"{API}/sources/orders/default", json={"pool": 1}, headers=MERGE)
        assert (refused.status_code, refused.json()["code"]) == (409, "pending")
        assert refused.json()["pending"] == done["pending"]
        assert refused.json()["deadline"].startswith("2026-01-31T12:10:00")
        taken = await client.patch(f"{API}/sources/billing/default", json={"x": 2}, headers=MERGE)
        assert taken.status_code == 200
        await client.post(f"{LABEL}/pending/{done['pending']}/confirm", json={})
        assert (await client.get(f"{API}/environments/billing/default")).json()["properties"] == {"x": 2}


async def test_readers_and_writers_are_held():
    async with served() as (desk, client):
        desk.write({"orders.yml": "pool: 6\n"})
        answer = await client.put(f"{LABEL}/pin", json={"revision": "main~1", "reason": "incident"})
        assert answer.status_code == 200, answer.text
        held = await client.get("/orders/default")
        assert (held.json()["propertySources"][0]["source"]["pool"], held.headers["config-pin"]) == (5, "main~1")
        assert (await client.get(f"{LABEL}/pin")).json()["reason"] == "incident"
        assert (await client.delete(f"{LABEL}/pin")).status_code == 200
        assert (await client.get("/orders/default")).json()["propertySources"][0]["source"]["pool"] == 6
        assert (await client.get(f"{LABEL}/pin")).json()["code"] == "unknown-brake"
        until = (NOON + timedelta(hours=1)).isoformat()
        assert (await client.put(f"{LABEL}/freeze", json={"until": until})).status_code == 200
        assert (await client.get(f"{LABEL}/freeze")).json()["until"] == until
        refused = await client.patch(f"{API}/sources/orders/default", json={"pool": 1}, headers=MERGE)
        assert (refused.status_code, refused.json()["code"]) == (409, "frozen")
        desk.pass_time(3600)
        assert (await client.patch(f"{API}/sources/orders/default", json={"pool": 1}, headers=MERGE)).status_code == 200
        assert (await client.get(f"{LABEL}/freeze")).status_code == 404


async def test_going_back_may_cancel_what_is_pending_and_says_why():
    async with served() as (desk, client):
        desk.write({"orders.yml": "pool: 6\n"})
        desk.discard()
        desk.stage({"orders.yml": "pool: 9\n"})
        done = (await client.post(f"{LABEL}/apply", json={"confirm_within": True})).json()
        assert (await client.get(f"{LABEL}/pending")).json()["deadline"].startswith("2026-01-31T12:10:00")
        assert (await client.post(f"{LABEL}/restore", json={"to": "main~1"})).json()["code"] == "pending"
        headers = {"Config-Reason": "it%20burns, Z%C3%BCrich", "Config-Ticket": "OPS-7"}
        query = {"cancel_pending": "true"}
        back = await client.post(f"{LABEL}/restore", params=query, headers=headers, json={"to": "main~1"})
        assert (back.status_code, back.json()["paths"]) == (200, ["orders.yml"])
        said = read_trailers(desk.commit().message)
        assert (said["Reason"], said["Ticket"]) == ("it burns, Zürich", "OPS-7")
        assert list(desk.stored.journal())[-1].details["Ticket"] == "OPS-7"
        ended = await client.post(f"{LABEL}/pending/{done['pending']}/confirm", json={})
        assert ended.json()["how"] == "cancel"
        refused = await client.post(f"{LABEL}/restore", headers={"Config-Reason": "x" * 1001}, json={"to": "main"})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid-header")

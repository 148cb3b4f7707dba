"""``POST /config/...`` and ``GET /config/_list`` of the served application."""

import asyncio

import pytest
from support.asgi import started
from support.git import git

from gitconfig_server.backend import ConfigSource
from gitconfig_server.backends.git import GitConfigBackend
from gitconfig_server.server.assembly import create_app
from gitconfig_server.settings import Settings


def served(tmp_path, work):
    """What ``work`` makes of a client of a server of a new repository."""
    repository = tmp_path / "config.git"
    if not repository.exists():
        git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")

    async def run():
        async with started(create_app(Settings(repository=str(repository)))) as client:
            return await work(client)

    return asyncio.run(run())


def test_what_is_posted_is_one_commit_and_what_clients_read(tmp_path):
    async def work(client):
        saved = await client.post("/config/orders/prod", json={"db": {"url": "x"}, "l": [1]})
        assert (saved.status_code, saved.json()) == (200, {"saved": True})
        again = await client.post("/config/orders/prod/main", json={"db.url": "x", "l[0]": 1})
        assert again.headers["config-commit"] == saved.headers["config-commit"]
        read = (await client.get("/orders/prod/main")).json()
        assert read["version"] == saved.headers["config-commit"]
        assert read["propertySources"][0]["source"] == {"db.url": "x", "l[0]": 1}
        listed = (await client.get("/config/_list")).json()
        assert listed == [{"application": "orders", "profile": "prod", "label": "main"}]

    served(tmp_path, work)
    assert git(tmp_path / "config.git", "rev-list", "--count", "main").strip() == "1"


def test_a_label_is_a_real_branch(tmp_path):
    async def work(client):
        await client.post("/config/orders/prod", json={"k": "main"})
        made = await client.put("/api/v1/labels/feature%2Fx", json={"from": "main", "kind": "branch"})
        assert made.status_code in (200, 201)
        assert (await client.post("/config/orders/prod/feature(_)x", json={"k": "x"})).status_code == 200
        assert (await client.post("/config/orders/prod/nowhere", json={"k": "x"})).status_code == 404
        values = [
            (await client.get(f"/orders/prod/{label}")).json()["propertySources"][0]["source"]["k"]
            for label in ("main", "feature%2Fx")
        ]
        assert values == ["main", "x"]

    served(tmp_path, work)


@pytest.mark.parametrize(
    ("path", "content", "media_type", "status"),
    [
        ("/config/orders/prod", "[]", "application/json", 422),
        ("/config/orders/prod", "{", "application/json", 400),
        ("/config/orders/prod", '{"a": NaN}', "application/json", 422),
        ("/config/orders/prod", "{}", "text/plain", 415),
        ("/config/orders/prod?label=main", "{}", "application/json", 400),
        ("/config/orders/prod?dry_run=maybe", "{}", "application/json", 400),
        ("/config/orders/prod?dry_run=1&dry_run=0", "{}", "application/json", 400),
        ("/config/orders/prod?expect=" + 40 * "0", "{}", "application/json", 412),
        ("/config/%252e%252e/prod", "{}", "application/json", 400),
        ("/config/orders/..%2Fx", "{}", "application/json", 400),
        ("/config/orders/prod/..%2Fx", "{}", "application/json", 404),
        ("/config/encrypt/a/b", "{}", "application/json", 404),
        ("/orders/prod", "{}", "application/json", 405),
    ],
)
def test_what_is_refused_writes_nothing(tmp_path, path, content, media_type, status):
    async def work(client):
        request = client.build_request("POST", "/", content=content, headers={"content-type": media_type})
        request.url = request.url.copy_with(raw_path=path.encode())
        assert (await client.send(request)).status_code == status
        assert (await client.get("/config/_list")).json() == []

    served(tmp_path, work)


def test_a_dry_run_saves_nothing_and_places_are_those_of_what_was_posted(tmp_path):
    async def work(client):
        tried = await client.post("/config/orders/prod?dry_run=true", json={"a": 1})
        assert (tried.status_code, tried.json()) == (200, {"saved": False})
        assert (await client.get("/config/_list")).json() == []
        saved = await client.post("/config/orders/prod?message=by+hand&author=Ada", json={"a": 1})
        assert (await client.post("/config/orders/prod?dry_run=true", json={"a": 1})).json() == {"saved": False}
        assert saved.json() == {"saved": True}
        refused = await client.post("/config/orders/prod", json={"a": {"b": 1}, "a.b": 2})
        assert refused.json()["message"].startswith("/a.b: a.b is stated twice")

    served(tmp_path, work)
    assert git(tmp_path / "config.git", "log", "--format=%an: %s", "main").splitlines() == ["Ada: by hand"]


def test_another_site_cannot_write(tmp_path):
    async def work(client):
        answer = await client.post("/config/orders/prod", json={"k": 1}, headers={"origin": "http://evil.example"})
        assert answer.status_code == 403

    served(tmp_path, work)


def test_the_git_backend_and_the_server_share_what_they_store(tmp_path):
    async def post(client):
        await client.post("/config/orders/prod", json={"db": {"url": "x"}})

    async def read(client):
        return (await client.get("/orders/blue/main")).json()["propertySources"][0]["source"]

    served(tmp_path, post)
    with GitConfigBackend(tmp_path / "config.git") as backend:
        found = asyncio.run(backend.fetch("orders", "prod"))
        assert found == ConfigSource("orders", "prod", "main", {"db": {"url": "x"}})
        asyncio.run(backend.save(ConfigSource("orders", "blue", "main", {"n": 1})))
        assert sorted(one.profile for one in asyncio.run(backend.list())) == ["blue", "prod"]
        asyncio.run(backend.refresh())
    assert served(tmp_path, read) == {"n": 1}
    log = git(tmp_path / "config.git", "log", "-1", "--format=%s", "main").strip()
    assert log == "config: update orders/blue@main"

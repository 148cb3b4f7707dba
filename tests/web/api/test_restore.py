"""Going back over HTTP."""

import pytest
from support.declared import read_declared
from support.native import native_client, put_source

from gitconfig_server.wire.history import CommitAnswer
from gitconfig_server.wire.writes import WriteAnswer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client():
    """Of a label with two states of two sources, the first of them tagged."""
    client = native_client()
    await put_source(client, "orders/prod", db={"url": "x", "pool": 3})
    await put_source(client, "billing/default", a=1)
    await client.put("/labels/v1", json={"kind": "tag"})
    await put_source(client, "orders/prod", db={"url": "y", "pool": 9})
    await put_source(client, "billing/default", a=2)
    return client


async def values(client):
    orders = (await client.get("/environments/orders/prod")).json()["properties"]
    billing = (await client.get("/environments/billing/default")).json()["properties"]
    return (orders["db.url"], orders["db.pool"], billing["a"])


def problem(answer, status, code):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["code"] == code
    return answer.json()


@pytest.mark.parametrize("verb", ["restore", "rollback"])
@pytest.mark.parametrize(
    ("part", "after"),
    [
        ({}, ("x", 3, 1)),
        ({"application": "orders"}, ("x", 3, 2)),
        ({"application": "orders", "profile": "prod", "keys": ["db.pool"]}, ("y", 3, 2)),
        ({"path": "billing.yml"}, ("y", 9, 1)),
        ({"path": "orders-prod.yml", "keys": ["db.url"]}, ("x", 9, 2)),
    ],
)
async def test_what_is_named_is_as_it_was(client, verb, part, after):
    v1 = (await client.get("/labels/v1")).json()["commit"]
    before = (await client.get("/labels/main")).json()["commit"]
    tried = await client.post(f"/labels/main/{verb}", json={"to": "v1", "dry_run": True, **part})
    assert (tried.json()["changed"], tried.json()["commit"], await values(client)) == (True, None, ("y", 9, 2))
    done = await client.post(f"/labels/main/{verb}", json={"to": "v1", "expect": before, **part})
    said = read_declared(done.json(), WriteAnswer)
    assert (said.previous, said.changed, list(said.paths)) == (before, True, tried.json()["paths"])
    assert await values(client) == after
    told = (await client.get(f"/history/{said.commit}")).json()
    assert (told["trailers"], told["parents"]) == ({"Restores": v1}, [before])
    again = await client.post(f"/labels/main/{verb}", json={"to": "v1", **part})
    assert (again.json()["changed"], again.json()["commit"]) == (False, said.commit)


async def test_one_commit_is_undone(client):
    bad = (await client.get("/labels/main")).json()["commit"]
    await put_source(client, "other/default", o=1)
    done = (await client.post("/labels/main/revert", json={"commit": bad, "message": "no"})).json()
    assert (done["paths"], await values(client)) == (["billing.yml"], ("y", 9, 1))
    told = (await client.get(f"/history/{done['commit']}")).json()
    assert (told["subject"], told["trailers"]) == ("no", {"Reverts": bad})
    await put_source(client, "billing/default", a=5)
    said = problem(await client.post("/labels/main/revert", json={"commit": bad}), 409, "conflict")
    assert [one["file"] for one in said["conflicts"]] == ["billing.yml"]


async def test_a_merge_needs_its_mainline(client):
    await client.put("/sources/orders/prod?label=staged", json={"properties": {"db": {"url": "z", "pool": 1}}})
    merge = (await client.post("/labels/main/apply", json={})).json()["commit"]
    assert problem(await client.post("/labels/main/revert", json={"commit": merge}), 422, "invalid-change")[
        "pointer"
    ] == ("/mainline")
    done = await client.post("/labels/main/revert", json={"commit": merge, "mainline": 1})
    assert (done.status_code, await values(client)) == (200, ("y", 9, 2))


async def test_a_commit_is_told_in_full(client):
    answer = await client.get("/history/v1")
    told = answer.json()
    read_declared(told, CommitAnswer)
    assert answer.headers["config-commit"] == told["commit"]
    assert [(one["path"], one["key"], one["op"], one["new"]) for one in told["changes"]] == [
        ("billing.yml", "a", "add", 1)
    ]
    assert [(one["label"], one["reason"], one["until"] is None) for one in told["in_force"]] == [
        ("main", "save", False),
        ("v1", "label", True),
    ]
    same = await client.get("/history/main~2")
    assert same.json() == told
    assert (await client.get("/history/v1", headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
    problem(await client.get("/history/nothing"), 404, "unknown-label")
    problem(await client.get("/history/main~100"), 404, "unknown-revision")
    problem(await client.get("/history/a..b"), 400, "invalid-revision")
    problem(await client.get("/history/main?x=1"), 400, "unknown-option")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("main/restore", {}, 422, "invalid-change"),
        ("main/restore", {"to": "nothing"}, 404, "unknown-label"),
        ("main/restore", {"to": "a..b"}, 400, "invalid-revision"),
        ("main/restore", {"to": "v1", "profile": "prod"}, 422, "invalid-change"),
        ("main/restore", {"to": "v1", "keys": ["a"]}, 422, "invalid-change"),
        ("main/restore", {"to": "v1", "application": "billing", "keys": ["nothing"]}, 422, "invalid-change"),
        ("main/restore", {"to": "v1", "application": "nobody"}, 404, "unknown-source"),
        ("main/restore", {"to": "v1", "path": "../../etc/passwd"}, 400, "invalid-name"),
        ("main/restore", {"to": "v1", "path": "nothing"}, 404, "unknown-file"),
        ("v1/restore", {"to": "main"}, 409, "read-only-label"),
        ("nothing/restore", {"to": "main"}, 404, "unknown-label"),
        ("main/restore", {"to": "v1", "expect": "0" * 40}, 412, "precondition-failed"),
        ("main/revert", {"commit": "nothing"}, 404, "unknown-label"),
        ("main/revert", {"commit": "main", "mainline": "1"}, 422, "invalid-change"),
        ("main/revert", {"commit": "main", "mainline": 10**30}, 422, "invalid-change"),
    ],
)
async def test_what_cannot_be_gone_back_to_is_refused(client, path, body, status, code):
    problem(await client.post(f"/labels/{path}", json=body), status, code)


async def test_what_could_not_be_read_does_not_come_back(client):
    await client.put("/files/bad.yml?label=staged", content=b"x: [\n")
    broken = (await client.get("/labels/staged")).json()["commit"]
    for part in ({}, {"path": "bad.yml"}, {"path": "bad.yml", "keys": ["x"]}, {"application": "bad"}):
        said = problem(await client.post("/labels/main/restore", json={"to": broken, **part}), 422, "content-refused")
        assert [(one["file"], one["line"]) for one in said["findings"]] == [("bad.yml", 2)]

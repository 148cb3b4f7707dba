"""Edit a working branch, look at it, check it, put it in force: over HTTP."""

import pytest
from support.declared import read_declared
from support.native import native_client, put_source

from gitconfig_server.wire.problems import ConflictItem
from gitconfig_server.wire.staging import CheckAnswer, StagedAnswer
from gitconfig_server.wire.writes import WriteAnswer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client():
    client = native_client()
    await put_source(client, "orders/prod", db={"url": "x", "pool": 3})
    await put_source(client, "billing/default", a=1)
    return client


async def stage(client, source, label="staged", **properties):
    answer = await client.put(f"/sources/{source}?label={label}", json={"properties": properties})
    assert answer.status_code == 200, answer.text
    return answer.json()["commit"]


async def staged(client, label="main"):
    answer = await client.get(f"/labels/{label}/staged")
    read_declared(answer.json(), StagedAnswer)
    return answer.json()


def problem(answer, status, code):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["code"] == code
    return answer.json()


async def test_from_an_edit_to_what_is_in_force(client):
    head = (await client.get("/labels/main")).json()["commit"]
    tip = await stage(client, "orders/prod", db={"url": "x", "pool": 9})
    found = await staged(client)
    assert (found["label"], found["commit"], found["branch"], found["tip"], found["base"]) == (
        "main",
        head,
        "staged",
        tip,
        head,
    )
    assert [(one["key"], one["old"], one["new"]) for one in found["changes"]] == [("db.pool", 3, 9)]
    assert [one["subject"] for one in found["commits"]] == ["orders/prod: set"]
    checked = (await client.post("/labels/main/check", json={})).json()
    assert read_declared(checked, CheckAnswer).passed
    assert checked["paths"] == ["orders-prod.yml"]
    assert (await client.get("/environments/orders/prod")).json()["properties"]["db.pool"] == 3
    tried = (await client.post("/labels/main/apply", json={"dry_run": True})).json()
    assert (tried["changed"], tried["commit"]) == (True, None)
    applied = await client.post("/labels/main/apply", json={"message": "a larger pool"})
    said = read_declared(applied.json(), WriteAnswer)
    assert (said.label, said.previous, said.changed, said.paths) == ("main", head, True, ("orders-prod.yml",))
    assert applied.headers["config-commit"] == said.commit == applied.headers["etag"].strip('"')
    assert (await client.get("/environments/orders/prod")).json()["properties"]["db.pool"] == 9
    found = await staged(client)
    assert (found["tip"], found["changes"], found["commits"]) == (said.commit, [], [])
    again = (await client.post("/labels/main/apply", json={})).json()
    assert (again["changed"], again["commit"]) == (False, said.commit)


async def test_the_etag_tells_whether_anything_moved(client):
    answer = await client.get("/labels/main/staged")
    assert (
        await client.get("/labels/main/staged", headers={"If-None-Match": answer.headers["etag"]})
    ).status_code == 304
    await stage(client, "orders/prod", db={"pool": 9})
    seen = (await client.get("/labels/main/staged")).headers["etag"]
    await stage(client, "orders/prod", db={"pool": 10})
    for path in ("apply", "staged/discard", "staged/update"):
        stale = await client.post(f"/labels/main/{path}", json={}, headers={"If-Match": seen})
        problem(stale, 412, "precondition-failed")
    now = (await client.get("/labels/main/staged")).headers["etag"]
    assert (await client.post("/labels/main/apply", json={}, headers={"If-Match": now})).status_code == 200


async def test_a_part_is_applied_and_the_rest_discarded(client):
    await stage(client, "orders/prod", db={"pool": 9})
    await stage(client, "billing/default", a=2)
    part = await client.post("/labels/main/apply", json={"applications": ["billing"]})
    assert part.json()["paths"] == ["billing.yml"]
    assert [one["application"] for one in (await staged(client))["files"]] == ["orders"]
    gone = await client.post("/labels/main/staged/discard", json={"paths": ["orders-prod.yml"]})
    assert (gone.json()["label"], gone.json()["commit"], gone.json()["changed"]) == ("staged", None, True)
    assert (await staged(client))["tip"] is None
    assert "etag" not in gone.headers


async def test_a_conflict_names_the_file_and_both_sides(client):
    await stage(client, "orders/prod", db={"pool": 9})
    await put_source(client, "orders/prod", db={"pool": 7})
    said = problem(await client.post("/labels/main/apply", json={}), 409, "conflict")
    (conflict,) = said["conflicts"]
    read_declared(conflict, ConflictItem)
    assert (conflict["file"], [side["revision"] for side in conflict["sides"]]) == (
        "orders-prod.yml",
        ["main", "staged"],
    )
    assert (await staged(client))["conflicts"] == [conflict]
    assert (await client.post("/labels/main/check", json={})).json()["passed"] is False
    problem(await client.post("/labels/main/staged/update", json={}), 409, "conflict")
    body = {"resolve": {"orders-prod.yml": "staged"}}
    assert (await client.post("/labels/main/staged/update", json=body)).json()["label"] == "staged"
    assert (await client.post("/labels/main/apply", json={})).json()["changed"] is True
    assert (await client.get("/environments/orders/prod")).json()["properties"]["db.pool"] == 9


async def test_what_does_not_validate_is_staged_but_not_applied(client):
    await client.put("/files/orders-prod.yml?label=staged", content=b"a: 1\nb: [\n")
    checked = (await client.post("/labels/main/check", json={})).json()
    assert (checked["passed"], [(one["file"], one["line"]) for one in checked["findings"]]) == (
        False,
        [("orders-prod.yml", 3)],
    )
    said = problem(await client.post("/labels/main/apply", json={}), 422, "content-refused")
    assert said["findings"] == checked["findings"]
    assert (await staged(client))["files"][0]["problem"]


async def test_a_label_is_in_use_while_something_is_staged_for_it(client):
    await client.put("/labels/team/next", json={})
    await stage(client, "orders/prod", "staged-team/next", db={"pool": 9})
    assert (await staged(client, "team/next"))["branch"] == "staged-team/next"
    assert (await staged(client, "team%2Fnext"))["branch"] == "staged-team/next"
    problem(await client.delete("/labels/team/next"), 409, "in-use")
    await client.post("/labels/team/next/apply", json={})
    assert (await client.delete("/labels/team/next")).status_code == 200
    problem(await client.get("/labels/team/next/staged"), 404, "unknown-label")
    problem(await client.get("/labels/staged-team/next"), 404, "unknown-label")


async def test_the_same_request_is_answered_alike(client):
    await stage(client, "orders/prod", db={"pool": 9})
    once, twice = [await client.post("/labels/main/apply", json={}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (once.json(), once.headers["etag"]) == (twice.json(), twice.headers["etag"])
    other = await client.post("/labels/main/apply", json={"message": "x"}, headers={"Idempotency-Key": "k"})
    problem(other, 422, "idempotency-mismatch")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("main/apply", {"aplications": ["x"]}, 422, "invalid-change"),
        ("main/apply", {"applications": []}, 422, "invalid-change"),
        ("main/apply", {"applications": "orders"}, 422, "invalid-change"),
        ("main/apply", {"applications": ["../x"]}, 400, "invalid-name"),
        ("main/staged/discard", {"paths": ["/etc/passwd"]}, 400, "invalid-name"),
        ("main/staged/discard", {"paths": ["a\x00b"]}, 400, "invalid-name"),
        ("main/staged/update", {"resolve": {"x": "mine"}}, 422, "invalid-change"),
        ("main/check", {"message": "x"}, 422, "invalid-change"),
        ("nothing/apply", {}, 404, "unknown-label"),
        ("v1/apply", {}, 409, "read-only-label"),
        ("staged/apply", {}, 400, "invalid-name"),
        ("staged/check", {}, 400, "invalid-name"),
        ("main/apply", {"expect": "0" * 40}, 412, "precondition-failed"),
    ],
)
async def test_what_cannot_be_applied_is_refused(client, path, body, status, code):
    await client.put("/labels/v1", json={"kind": "tag"})
    await stage(client, "orders/prod", db={"pool": 9})
    problem(await client.post(f"/labels/{path}", json=body), status, code)


async def test_bodies_are_json(client):
    for path in ("apply", "check", "staged/discard", "staged/update"):
        problem(await client.post(f"/labels/main/{path}"), 415, "unsupported-media-type")
    problem(await client.get("/labels/main/staged?x=1"), 400, "unknown-option")

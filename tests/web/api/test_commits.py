"""Several changes in one commit over HTTP."""

import base64
import json

import pytest
from support.native import history, problem

pytestmark = pytest.mark.anyio


async def test_several_changes_are_one_commit_or_none(native):
    changes = [
        {"op": "patch", "application": "orders", "profile": "prod", "patch": {"db": {"pool": 7}}},
        {"op": "patch", "application": "orders", "profile": "prod", "patch": [{"op": "remove", "path": "/db/url"}]},
        {"op": "put", "application": "orders", "properties": {"a": 1}},
        {"op": "put", "path": "b.bin", "base64": base64.b64encode(b"\xff").decode()},
        {"op": "put", "path": "c.txt", "content": "ü"},
        {"op": "patch", "path": "orders.yml", "patch": {"b": 2}, "document": 0},
        {"op": "delete", "path": "notes/a.txt"},
    ]
    label = (await native.get("/labels/main")).headers["etag"]
    before = len(await history(native))
    answer = await native.post(
        "/labels/main/commits", json={"message": "all", "changes": changes}, headers={"If-Match": label}
    )
    assert answer.json()["paths"] == ["b.bin", "c.txt", "notes/a.txt", "orders-prod.yml", "orders.yml"]
    assert (await native.get("/sources/orders/prod")).json()["properties"] == {"db": {"pool": 7}}
    assert (await native.get("/sources/orders/default")).json()["properties"] == {"a": 1, "b": 2}
    assert len(await history(native)) == before + 1
    failing = [{"op": "put", "path": "d.txt", "content": "1"}, {"op": "delete", "path": "nothing"}]
    problem(await native.post("/labels/main/commits", json={"changes": failing}), 404, "unknown-file")
    assert (await native.get("/files/d.txt")).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"op": "put"}, "/changes/0"),
        ({"op": "puts", "path": "a"}, "/changes/0/op"),
        ({"op": "put", "path": "a"}, "/changes/0"),
        ({"op": "put", "path": "a", "content": "x", "base64": "eA=="}, "/changes/0"),
        ({"op": "put", "path": "a", "base64": "?"}, "/changes/0/base64"),
        ({"op": "put", "path": "a", "content": "\ud800"}, "/changes/0/content"),
        ({"op": "put", "path": "a", "properties": {}}, "/changes/0/properties"),
        ({"op": "put", "path": "a", "content": "", "profile": "prod"}, "/changes/0/profile"),
        ({"op": "put", "application": "a"}, "/changes/0/properties"),
        ({"op": "put", "application": "a", "properties": {}, "content": ""}, "/changes/0/content"),
        ({"op": "put", "application": "a", "properties": {"x": {"\udc00": 1}}}, "/changes/0/properties/x"),
        ({"op": "patch", "application": "orders", "profile": "prod"}, "/changes/0/patch"),
        ({"op": "patch", "application": "orders", "profile": "prod", "patch": [{"op": "x"}]}, "/changes/0/patch/0/op"),
        ({"op": "patch", "path": "notes/a.txt", "patch": {}}, "/changes/0/path"),
        ({"op": "patch", "path": "orders-prod.yml", "document": 4, "patch": {}}, "/changes/0/document"),
        ({"op": "delete", "path": "a", "patch": {}}, "/changes/0/patch"),
        ({"op": "delete", "path": "a", "extra": 1}, "/changes/0/extra"),
        ("put", "/changes/0"),
    ],
)
async def test_changes_that_cannot_be_meant(native, change, pointer):
    for changes in ([change], [change, {"op": "delete", "path": "notes/a.txt"}]):
        content, headers = json.dumps({"changes": changes}), {"Content-Type": "application/json"}
        answer = await native.post("/labels/main/commits", content=content, headers=headers)
        assert problem(answer, 422, "invalid-change")["pointer"] == pointer
    assert (await native.get("/files/notes/a.txt")).status_code == 200

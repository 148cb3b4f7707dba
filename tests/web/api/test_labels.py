"""Making, moving and deleting labels over HTTP."""

import pytest
from support.declared import read_declared
from support.native import problem

from gitconfig_server.wire.labels import LabelItem

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["feature/x", "feature%2Fx", "feature(_)x"])
async def test_labels_are_made_moved_and_deleted(client, path):
    made = await client.put(f"/labels/{path}", json={"from": "main~1"})
    assert (made.json()["label"], made.json()["previous"]) == ("feature/x", None)
    read = await client.get(f"/labels/{path}")
    assert read_declared(read.json(), LabelItem).name == "feature/x"
    assert read.headers["etag"] == made.headers["etag"] == f'"{read.json()["commit"]}"'
    problem(await client.put(f"/labels/{path}", json={"from": "main"}), 409, "label-exists")
    saved = await client.post(f"/labels/{path}/commits", json={"changes": [{"op": "put", "path": "n", "content": "1"}]})
    assert saved.json()["label"] == "feature/x"
    problem(
        await client.delete(f"/labels/{path}", headers={"If-Match": made.headers["etag"]}), 412, "precondition-failed"
    )
    gone = await client.delete(f"/labels/{path}", headers={"If-Match": saved.headers["etag"]})
    assert (gone.status_code, gone.json()["commit"], gone.json()["changed"]) == (200, None, True)
    problem(await client.get(f"/labels/{path}"), 404, "unknown-label")
    problem(await client.delete(f"/labels/{path}"), 404, "unknown-label")


async def test_a_tag_moves_with_if_match_alone(client):
    etag = (await client.get("/labels/v1")).headers["etag"]
    body = {"from": "main~1", "kind": "tag"}
    problem(await client.put("/labels/v1", json=body), 409, "label-exists")
    moved = await client.put("/labels/v1", json=body, headers={"If-Match": etag})
    assert (moved.json()["changed"], moved.json()["previous"]) == (True, etag.strip('"'))
    problem(await client.put("/labels/v1", json=body | {"kind": "branch"}), 409, "label-exists")
    problem(await client.put("/labels/v3", json={"kind": "twig"}), 422, "invalid-change")


async def test_labels_that_must_stay_or_must_not_be(client):
    assert problem(await client.delete("/labels/main"), 409, "update-refused")["rule"] == "default-label"
    for name in ("staged", "staged-x", "HEAD", "a..b", "a" * 40):
        problem(await client.put(f"/labels/{name}", json={}), 400, "invalid-name")
    problem(await client.put("/labels/x", json={"from": "nothing"}), 404, "unknown-label")
    await client.put("/labels/next", json={})
    await client.put("/files/n?label=staged-next", content=b"1")
    problem(await client.delete("/labels/next"), 409, "in-use")

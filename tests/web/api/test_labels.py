"""Making, moving and deleting labels over HTTP."""

import pytest
from support.declared import read_declared
from support.native import problem

from gitconfig_server.wire.labels import LabelItem

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["feature/x", "feature%2Fx", "feature(_)x"])
async def test_labels_are_made_moved_and_deleted(native, path):
    made = await native.put(f"/labels/{path}", json={"from": "main~1"})
    assert (made.json()["label"], made.json()["previous"]) == ("feature/x", None)
    read = await native.get(f"/labels/{path}")
    assert read_declared(read.json(), LabelItem).name == "feature/x"
    assert read.headers["etag"] == made.headers["etag"] == f'"{read.json()["commit"]}"'
    problem(await native.put(f"/labels/{path}", json={"from": "main"}), 409, "label-exists")
    saved = await native.post(f"/labels/{path}/commits", json={"changes": [{"op": "put", "path": "n", "content": "1"}]})
    assert saved.json()["label"] == "feature/x"
    problem(
        await native.delete(f"/labels/{path}", headers={"If-Match": made.headers["etag"]}), 412, "precondition-failed"
    )
    gone = await native.delete(f"/labels/{path}", headers={"If-Match": saved.headers["etag"]})
    assert (gone.status_code, gone.json()["commit"], gone.json()["changed"]) == (200, None, True)
    problem(await native.get(f"/labels/{path}"), 404, "unknown-label")
    problem(await native.delete(f"/labels/{path}"), 404, "unknown-label")


async def test_a_tag_moves_with_if_match_alone(native):
    etag = (await native.get("/labels/v1")).headers["etag"]
    body = {"from": "main~1", "kind": "tag"}
    problem(await native.put("/labels/v1", json=body), 409, "label-exists")
    moved = await native.put("/labels/v1", json=body, headers={"If-Match": etag})
    assert (moved.json()["changed"], moved.json()["previous"]) == (True, etag.strip('"'))
    problem(await native.put("/labels/v1", json=body | {"kind": "branch"}), 409, "label-exists")
    problem(await native.put("/labels/v3", json={"kind": "twig"}), 422, "invalid-change")


async def test_labels_that_must_stay_or_must_not_be(native):
    assert problem(await native.delete("/labels/main"), 409, "update-refused")["rule"] == "default-label"
    for name in ("staged", "staged-x", "HEAD", "a..b", "a" * 40):
        problem(await native.put(f"/labels/{name}", json={}), 400, "invalid-name")
    problem(await native.put("/labels/x", json={"from": "nothing"}), 404, "unknown-label")
    await native.put("/labels/next", json={})
    await native.put("/files/n?label=staged-next", content=b"1")
    problem(await native.delete("/labels/next"), 409, "in-use")

"""Writing sources and files over HTTP: patches, candidates, places."""

import json

import pytest
from support.native import MERGE, PATCH, history, problem

pytestmark = pytest.mark.anyio


async def test_patches_of_both_kinds(native):
    await native.patch(
        "/sources/orders/prod",
        content=json.dumps({"db": {"pool": 30, "url": None}, "hosts": ["a", "b"]}),
        headers={"Content-Type": MERGE},
    )
    operations = [
        {"op": "test", "path": "/db/pool", "value": 30},
        {"op": "remove", "path": "/hosts/0"},
        {"op": "add", "path": "/db/ssl", "value": True},
    ]
    answer = await native.patch(
        "/sources/orders/prod?message=ssl&author=Eve", content=json.dumps(operations), headers={"Content-Type": PATCH}
    )
    assert answer.status_code == 200
    assert (await native.get("/sources/orders/prod")).json()["properties"] == {
        "db": {"pool": 30, "ssl": True},
        "hosts": ["b"],
    }
    tip = (await history(native))[0]
    assert (tip["subject"], tip["author"]) == ("ssl", "Eve")
    failing = json.dumps([{"op": "test", "path": "/db/pool", "value": 31}])
    problem(
        await native.patch("/sources/orders/prod", content=failing, headers={"Content-Type": PATCH}), 409, "conflict"
    )
    for content, media_type in ((b"[]", MERGE), (b"{}", PATCH), (b"[1]", PATCH), (b"7", MERGE)):
        answer = await native.patch("/sources/orders/prod", content=content, headers={"Content-Type": media_type})
        problem(answer, 422, "invalid-change")
    past = json.dumps([{"op": "add", "path": "/hosts/7", "value": 1}])
    answer = await native.patch("/sources/orders/prod", content=past, headers={"Content-Type": PATCH})
    assert problem(answer, 422, "invalid-change")["pointer"] == "/0/path"


async def test_several_files_are_candidates(native):
    await native.put("/files/orders-prod.properties", content=b"a=1\n")
    answer = await native.put("/sources/orders/prod", json={"properties": {}})
    assert problem(answer, 409, "several-files")["candidates"] == [
        {"path": "orders-prod.properties", "document": None},
        {"path": "orders-prod.yml", "document": None},
    ]
    problem(await native.delete("/sources/orders/prod"), 409, "several-files")
    chosen = await native.put("/sources/orders/prod?path=orders-prod.properties", json={"properties": {"a": 2}})
    assert chosen.json()["paths"] == ["orders-prod.properties"]
    read = await native.get("/sources/orders/prod?path=orders-prod.properties&document=0")
    assert (read.json()["properties"], len(read.json()["documents"])) == ({"a": "2"}, 1)
    whole = (await native.get("/sources/orders/prod")).headers["etag"]
    assert chosen.headers["etag"] == whole != read.headers["etag"], "other bytes, another validator"
    again = await native.put(
        "/sources/orders/prod?path=orders-prod.properties",
        json={"properties": {"a": 2}},
        headers={"If-Match": read.headers["etag"]},
    )
    assert again.json()["changed"] is False
    problem(await native.get("/sources/orders/prod?path=orders-dev.yml"), 404, "unknown-source")
    whole = await native.put("/sources/orders/prod?collapse=1", json={"properties": {"a": 3}})
    assert whole.json()["paths"] == ["orders-prod.properties", "orders-prod.yml"]
    assert (await native.get("/sources/orders/prod")).json()["properties"] == {"a": "3"}
    assert (await native.delete("/sources/orders/prod")).json()["paths"] == ["orders-prod.properties"]
    problem(await native.delete("/sources/orders/prod"), 404, "unknown-source")


async def test_a_document_of_another_profile_takes_no_part(native):
    await native.put("/files/x.yml", content=b"a: 1\n---\na: 2\nspring.config.activate.on-profile: prod\n")
    read = (await native.get("/sources/x/default")).json()
    assert read["properties"] == {"a": 1}
    assert [(one["document"], one["active"]) for one in read["documents"]] == [(1, False), (0, True)]
    await native.patch("/sources/x/default", content=b'{"a": 5}', headers={"Content-Type": MERGE})
    assert (await native.get("/files/x.yml")).text.splitlines()[0] == "a: 5"


@pytest.mark.parametrize("shape", ["flat", "nested"])
@pytest.mark.parametrize("name", ["old.properties", "old.yml"])
async def test_what_is_fetched_and_saved_again_loses_nothing(native, name, shape):
    text = {"old.properties": b"b[0]=1\nspring.profiles=x\na=2\n", "old.yml": b"b: [1]\nspring.profiles: x\na: 2\n"}[
        name
    ]
    assert (await native.put(f"/files/{name}", content=text)).status_code == 200
    read = (await native.get(f"/sources/old/default?shape={shape}")).json()["properties"]
    saved = await native.put("/sources/old/default", json={"properties": read | {"a": 3}})
    assert saved.status_code == 200
    assert (await native.get(f"/files/{name}")).content == text.replace(b"2", b"3")


async def test_what_cannot_be_read_is_refused_with_its_place(native):
    answer = await native.put("/files/b.yml", content=b"a: 1\nb: [\n")
    (found,) = problem(answer, 422, "content-refused")["findings"]
    assert (found["file"], found["rule"], found["fatal"]) == ("b.yml", "yaml-syntax", True)
    assert found["line"] > 1
    odd = await native.put("/files/c.yml", content=b"spring.profiles: old\n")
    assert [(one["rule"], one["fatal"]) for one in odd.json()["findings"]] == [("legacy-spring-profiles", False)]


@pytest.mark.parametrize(
    "path", ["..%2Fx", "a%2F..%2Fb", ".git/config", "a%2F%2Fb", ".gitmodules", "a%5Cb", "%00", "x/"]
)
async def test_files_stay_in_the_repository(native, path):
    for answer in (await native.put(f"/files/{path}", content=b"x"), await native.delete(f"/files/{path}")):
        assert answer.status_code in (400, 404), answer.text
    assert len((await native.get("/files")).json()["files"]) == 2


async def test_files_are_bytes(native):
    content = bytes(range(256))
    path = "/files/deep/er/blob%20ü.bin"
    answer = await native.put(f"{path}?message=raw", content=content, headers={"Content-Type": "x/y"})
    assert answer.json()["paths"] == ["deep/er/blob ü.bin"]
    assert (await native.get(path)).content == content
    assert (await native.put("/files/empty", content=b"")).json()["changed"]
    problem(await native.put("/files/deep", content=b"x"), 409, "conflict")
    problem(await native.put("/files/empty/x", content=b"x"), 409, "conflict")
    problem(await native.delete("/files/nothing"), 404, "unknown-file")

"""Writing over HTTP: what every write has in common."""

import json
import re

import pytest
from support.declared import read_declared
from support.git import git
from support.native import MERGE, PATCH, history, native_client, problem, put_source

from gitconfig_server.wire.writes import WriteAnswer

pytestmark = pytest.mark.anyio


async def test_an_answer_says_what_was_done(native):
    before = (await native.get("/labels/main")).json()["commit"]
    body = {"properties": {"db": {"pool": 9}}, "message": "a larger pool\n\nwhy not", "author": "Bob <bob@example.com>"}
    answer = await native.put("/sources/orders/prod", json=body)
    said = read_declared(answer.json(), WriteAnswer)
    assert (said.label, said.previous, said.changed, said.paths) == ("main", before, True, ("orders-prod.yml",))
    assert answer.headers["config-commit"] == said.commit == (await native.get("/labels/main")).json()["commit"]
    epoch, seq = answer.headers["config-cursor"].split(".")
    assert (len(epoch), seq, answer.headers["cache-control"]) == (16, "4", "no-store")
    tip = (await history(native))[0]
    assert (tip["subject"], tip["author"], tip["email"]) == ("a larger pool", "Bob", "bob@example.com")
    assert (tip["reason"], tip["actor"]) == ("save", "anonymous")


async def test_the_etag_of_a_write_is_that_of_the_next_read(native):
    for path, write in (
        ("/sources/orders/prod", {"json": {"properties": {"a": 1}}}),
        ("/files/notes/a.txt", {"content": b"more"}),
    ):
        written = await native.put(path, **write)
        assert written.headers["etag"] == (await native.get(path)).headers["etag"]
        assert (await native.put(path, **write, headers={"If-Match": written.headers["etag"]})).status_code == 200
    made = await native.post("/labels/main/commits", json={"changes": []})
    assert (made.json()["changed"], made.headers["etag"]) == (False, (await native.get("/labels/main")).headers["etag"])


async def test_nothing_changes_where_nothing_is_new(native):
    before = await history(native)
    for answer in (
        await native.put("/sources/orders/prod", json={"properties": {"db": {"url": "x", "pool": 3}}}),
        await native.patch("/sources/orders/prod", content=b"{}", headers={"Content-Type": MERGE}),
        await native.patch("/sources/orders/prod", content=b"[]", headers={"Content-Type": PATCH}),
        await native.put("/files/notes/a.txt", content=b"hello\n"),
        await native.put("/labels/v1", json={"kind": "tag"}),
    ):
        assert (answer.status_code, answer.json()["changed"], answer.json()["paths"]) == (200, False, [])
        assert answer.json()["commit"] == answer.json()["previous"] == answer.headers["config-commit"]
    assert await history(native) == before


async def test_stale_sight_is_refused(native):
    source = (await native.get("/sources/orders/prod?shape=flat")).headers["etag"]
    label = (await native.get("/labels/main")).headers["etag"]
    await put_source(native, "other/prod", a=1)
    body = {"properties": {"a": 2}}
    assert (await native.put("/sources/orders/prod", json=body, headers={"If-Match": source})).status_code == 200
    stale = await native.put("/sources/orders/prod", json={"properties": {}}, headers={"If-Match": source})
    assert problem(stale, 412, "precondition-failed")["commit"] == (await native.get("/labels/main")).json()["commit"]
    stale = await native.put("/sources/orders/prod", json={"properties": {}}, headers={"If-Match": label})
    problem(stale, 412, "precondition-failed")
    for place in ("?expect=" + label.strip('"'), ""):
        told = {"expect": label.strip('"')} if not place else {}
        stale = await native.put(f"/sources/orders/prod{place}", json={"properties": {}, **told})
        problem(stale, 412, "precondition-failed")
    assert (await native.get("/sources/orders/prod")).json()["properties"] == {"a": 2}


async def test_an_environments_validator_allows_no_write(native):
    etag = (await native.get("/environments/orders/prod")).headers["etag"]
    for header in (etag, "W/" + '"x"', 'nonsense"', "", '"a" "b"'):
        answer = await native.put("/sources/orders/prod", json={"properties": {}}, headers={"If-Match": header})
        assert "If-Match" in problem(answer, 400, "invalid-header")["detail"]
    answer = await native.put("/files/x", content=b"", headers={"If-None-Match": '"x"'})
    problem(answer, 400, "invalid-header")


async def test_existence_can_be_stated(native):
    new, old = {"If-None-Match": "*"}, {"If-Match": "*"}
    for path in ("/files/notes/a.txt", "/sources/orders/prod"):
        write = {"json": {"properties": {"a": 1}}} if path.startswith("/s") else {"content": b"x"}
        problem(await native.put(path, **write, headers=new), 412, "precondition-failed")
        assert (await native.put(path, **write, headers=old)).status_code == 200
        assert (await native.delete(path, headers=old)).status_code == 200
        problem(await native.put(path, **write, headers=old), 412, "precondition-failed")
        assert (await native.put(path, **write, headers=new)).status_code == 200


@pytest.mark.parametrize("where", ["query", "body"])
async def test_a_dry_run_writes_nothing(native, where):
    before = await history(native)
    body = {"properties": {"a": 1}} | ({"dry_run": True} if where == "body" else {})
    path = "/sources/orders/prod" + ("?dry_run=1" if where == "query" else "")
    answer = await native.put(path, json=body)
    said = answer.json()
    assert (said["dry_run"], said["changed"], said["commit"], said["paths"]) == (True, True, None, ["orders-prod.yml"])
    assert not {"etag", "config-cursor", "config-commit"} & set(answer.headers)
    for write in (
        native.put("/files/b.yml?dry_run=true", content=b"a: 1"),
        native.delete("/files/notes/a.txt?dry_run=1"),
        native.delete("/sources/orders/prod?dry_run=1"),
        native.delete("/labels/v1?dry_run=1"),
        native.put("/labels/v2?dry_run=1", json={}),
        native.post("/labels/main/commits?dry_run=1", json={"changes": [{"op": "delete", "path": "notes/a.txt"}]}),
    ):
        answer = await write
        assert (answer.status_code, answer.json()["dry_run"], answer.json()["changed"]) == (200, True, True)
    problem(await native.put("/files/b.yml?dry_run=1", content=b"a: ["), 422, "content-refused")
    assert await history(native) == before


async def test_a_key_gets_the_first_answer_again(native):
    keyed = {"Idempotency-Key": "3f1c"}
    first = await native.put("/sources/orders/prod", json={"properties": {"a": 1}}, headers=keyed)
    await put_source(native, "orders/prod", a=2)
    again = await native.put("/sources/orders/prod", json={"properties": {"a": 1}}, headers=keyed)
    assert (again.json(), again.headers["etag"]) == (first.json(), first.headers["etag"])
    assert again.headers["config-cursor"] == first.headers["config-cursor"]
    for path, body in (("orders/prod", {"a": 3}), ("orders/prod?label=v1", {"a": 1}), ("orders/dev", {"a": 1})):
        answer = await native.put(f"/sources/{path}", json={"properties": body}, headers=keyed)
        problem(answer, 422, "idempotency-mismatch")
    assert (await native.get("/sources/orders/prod")).json()["properties"] == {"a": 2}
    for key in ("", "a b", "x" * 256, "ü"):
        answer = await native.put("/files/x", content=b"", headers={"Idempotency-Key": key.encode()})
        problem(answer, 400, "invalid-header")


async def test_a_key_is_remembered_across_a_restart(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")
    keyed = {"Idempotency-Key": "k"}
    answers = []
    for _ in range(2):
        native = native_client(str(tmp_path / "config.git"))
        answers.append(await native.put("/sources/orders/prod", json={"properties": {"a": 1}}, headers=keyed))
    assert (answers[0].status_code, answers[0].json(), answers[0].headers["config-cursor"]) == (
        200,
        answers[1].json(),
        answers[1].headers["config-cursor"],
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"properties": {"a": NaN}}', "/properties/a"),
        (b'{"properties": {"a": [0, -Infinity]}}', "/properties/a/1"),
        (b'{"properties": {"a/b": 1e999}}', "/properties/a~1b"),
        (b'{"properties": {"a": 0.01e-999}}', "/properties/a"),
        (b'{"properties": {"a": ' + b"9" * 5000 + b"}}", "/properties/a"),
        (b'{"properties": {"a": 1, "a": 2}}', "/properties/a"),
        (b'{"properties": {}, "properties": {}}', "/properties"),
        (b'{"properties": ' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}", None),
        (b'{"properties": ' + b'{"a":' * 105 + b"1" + b"}" * 105 + b"}", None),
        (b'{"properties": {"a.b": 1, "a": {"b": 2}}}', "/properties/a/b"),
        (b'{"properties": {"a": {"\\udc00": 1}}}', "/properties/a"),
        (b'{"properties": {"' + b"k" * 100_000 + b'": {"": 1}}}', None),
        (b'{"properties": {"a": "\\ud800"}}', "/properties/a"),
        (b'{"properties": [1]}', "/properties"),
        (b'{"properties": {}, "colour": 1}', "/colour"),
        (b'{"properties": {}, "dry_run": "yes"}', "/dry_run"),
        (b'{"properties": {}, "author": "<x"}', "/author"),
        (b'{"properties": {}, "author": " "}', "/author"),
        (b'{"properties": {}, "message": 7}', "/message"),
        (b'{"properties": {}, "expect": "main"}', "/expect"),
        (b"{}", "/properties"),
        (b"[]", None),
        (b"7", None),
    ],
)
async def test_bodies_that_cannot_be_meant(native, body, pointer):
    answer = await native.put("/sources/orders/prod", content=body, headers={"Content-Type": "application/json"})
    found = problem(answer, 422, "invalid-change")
    assert pointer is None or found["pointer"] == pointer
    assert len(answer.content) < 2000
    assert "Value error" not in found["detail"]


@pytest.mark.parametrize(
    ("path", "body", "meant"),
    [
        ("/sources/a/b", {"propertys": {}}, "properties"),
        ("/labels/new", {"from": "main", "kinds": "tag"}, "kind"),
        ("/labels/main/commits", {"changes": [{"op": "delete", "pth": "a.txt"}]}, "path"),
    ],
)
async def test_a_member_nobody_knows_is_refused_and_the_nearest_named(native, path, body, meant):
    answer = await native.request("POST" if path.endswith("commits") else "PUT", path, json=body)
    assert problem(answer, 422, "invalid-change")["detail"].endswith(f"unknown member, did you mean {meant!r}?")


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": 1,}', b"\xff\xfe{}", b'{"a": 01}', b"{} {}"])
async def test_bodies_that_are_no_json(native, body):
    answer = await native.put("/sources/orders/prod", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 400, "malformed-request")


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/json; charset=latin-1", "application/jsonx", PATCH]
)
async def test_json_must_be_called_so(native, media_type):
    headers = {"Content-Type": media_type}
    for method, path in (("PUT", "/sources/a/b"), ("PUT", "/labels/x"), ("POST", "/labels/main/commits")):
        answer = await native.request(method, path, content=b"{}", headers=headers)
        problem(answer, 415, "unsupported-media-type")
    answer = await native.patch("/sources/orders/prod", content=b"{}", headers={"Content-Type": "application/json"})
    problem(answer, 415, "unsupported-media-type")


async def test_numbers_are_kept_exactly(native):
    big = 123456789012345678901234567890
    await put_source(native, "orders/prod", big=big, small=-1e-7, text="1.10", at="2026-01-31", yes="on")
    read = (await native.get("/sources/orders/prod")).content
    assert json.loads(read)["properties"] == {
        "big": big,
        "small": -1e-7,
        "text": "1.10",
        "at": "2026-01-31",
        "yes": "on",
    }
    merged = await native.patch(
        "/sources/orders/prod", content=b'{"big": %d}' % (big + 1), headers={"Content-Type": MERGE}
    )
    assert merged.json()["changed"]


async def test_options_are_said_once_and_known(native):
    body = {"properties": {"a": 1}, "message": "m"}
    problem(await native.put("/sources/orders/prod?message=n", json=body), 400, "invalid-option")
    for query in ("wat=1", "document=-1", "collapse=maybe", "expect=main", "author=%3Cx%3E", "message=a&message=b"):
        answer = await native.put(f"/sources/orders/prod?{query}", json={"properties": {}})
        assert answer.json()["code"] in ("unknown-option", "invalid-option")


async def test_pages_of_other_sites_write_nothing(native):
    for headers in ({"Origin": "http://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await native.put("/files/a.txt", content=b"x", headers=headers)
        problem(answer, 403, "cross-site")
    assert (await native.get("/files/a.txt")).status_code == 404


async def test_a_body_over_the_limit_is_refused():
    native = native_client(limits={"body_bytes": 1000})
    problem(await native.put("/files/a.txt", content=b"x" * 1001), 413, "too-large")


async def test_only_branches_are_written(native):
    for label in ("v1", (await native.get("/labels/main")).json()["commit"]):
        for write in (
            native.put(f"/sources/orders/prod?label={label}", json={"properties": {}}),
            native.put(f"/files/a.txt?label={label}", content=b""),
            native.post(f"/labels/{label}/commits", json={"changes": []}),
        ):
            assert problem(await write, 409, "read-only-label")["label"] == label
    problem(await native.put("/files/a.txt?label=mian", content=b""), 404, "unknown-label")


async def test_a_staged_branch_is_begun_by_writing_to_it(native):
    answer = await native.put("/sources/orders/prod?label=staged", json={"properties": {"a": 1}})
    assert (answer.status_code, answer.json()["label"]) == (200, "staged")
    assert (await native.get("/sources/orders/prod?label=staged")).json()["properties"] == {"a": 1}
    assert (await native.get("/sources/orders/prod")).json()["properties"] == {"db": {"url": "x", "pool": 3}}


async def test_the_document_describes_every_body(native):
    document = (await native.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            if verb in ("put", "post", "patch"):
                content = operation["requestBody"]["content"]
                assert all(one["schema"] for one in content.values()), path
                for name in re.findall(r'"#/components/schemas/(.*?)"', json.dumps(content)):
                    assert document["components"]["schemas"][name]["type"] == "object", path
            headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
            if operation["operationId"].startswith(("put", "patch", "delete", "make", "apply")):
                assert headers == {"If-Match", "If-None-Match", "Idempotency-Key", "Config-Reason", "Config-Ticket"}, (
                    path
                )
                assert {*operation["responses"]["200"]["headers"]} == {"ETag", "Config-Commit", "Config-Cursor"}
            assert ("304" in operation["responses"]) is (verb == "get")


async def test_the_document_names_every_type_of_answer(native):
    paths = (await native.get("/openapi.json")).json()["paths"]
    asked = {"/diff?format=unified": "/diff", "/diff": "/diff", "/files/notes/a.txt": "/files/{path}"}
    for path, route in asked.items():
        media_type = (await native.get(path)).headers["content-type"].partition(";")[0]
        assert media_type in paths[f"/api/v1{route}"]["get"]["responses"]["200"]["content"]

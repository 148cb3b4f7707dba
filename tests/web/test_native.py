import itertools
import sys

import pytest
from support.declared import read_declared
from support.service import BROKEN

from gitconfig_server.web.native import native_app
from gitconfig_server.wire.environments import EnvironmentAnswer
from gitconfig_server.wire.history import HistoryList
from gitconfig_server.wire.labels import LabelList
from gitconfig_server.wire.problems import ProblemMeaning
from gitconfig_server.wire.sources import ApplicationList, FileList, SourceAnswer, SourceList

pytestmark = pytest.mark.anyio

ANSWERS = {
    "/labels": LabelList,
    "/applications": ApplicationList,
    "/environments/orders/prod": EnvironmentAnswer,
    "/environments/orders/prod?shape=nested&origins=1&view=saved": EnvironmentAnswer,
    "/sources": SourceList,
    "/environments/orders/prod?sources=1": EnvironmentAnswer,
    "/sources/orders/prod": SourceAnswer,
    "/sources/orders/prod?positions=1&shape=flat": SourceAnswer,
    "/files": FileList,
    "/history": HistoryList,
    "/problems/unknown-label": ProblemMeaning,
}


@pytest.mark.parametrize(("path", "model"), ANSWERS.items())
async def test_answers_are_as_the_document_says(client, path, model):
    answer = await client().get(f"/api/v1{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Authorization, Accept"
    assert answer.content.endswith(b"}\n"), "a prompt stands below it"
    read_declared(answer.json(), model)
    again = await client().get(f"/api/v1{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_openapi_names_every_operation_once(client):
    document = (await client().get("/api/v1/openapi.json")).json()
    operations = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert sorted(names) == [
        "applyStaged",
        "cancelPending",
        "checkStaged",
        "confirmPending",
        "deleteFile",
        "deleteLabel",
        "deleteSource",
        "discardStaged",
        "extendPending",
        "freezeLabel",
        "getCommit",
        "getDiff",
        "getEnvironment",
        "getFile",
        "getFreeze",
        "getHanging",
        "getHistory",
        "getLabel",
        "getPending",
        "getPendingById",
        "getPin",
        "getProblem",
        "getSource",
        "getStaged",
        "listApplications",
        "listFiles",
        "listLabels",
        "listSources",
        "makeCommit",
        "patchSource",
        "pinLabel",
        "putFile",
        "putLabel",
        "putSource",
        "restoreLabel",
        "revertCommit",
        "rollbackLabel",
        "search",
        "unfreezeLabel",
        "unpinLabel",
        "updateStaged",
    ]
    assert "/api/v1/sources/{application}/{profile}" in document["paths"]
    assert all("422" not in one["responses"] and one["description"] for one in operations)


async def test_no_page_needs_a_network():
    assert native_app(None).docs_url is None  # type: ignore[arg-type]


async def test_environment_merges_and_nests(client):
    flat = (await client().get("/api/v1/environments/orders/prod")).json()
    assert flat["properties"] == {
        "app": "application",
        "db.pool": 8,
        "db.url": "postgresql://db/orders",
        "hosts[0]": "c",
    }
    nested = (await client().get("/api/v1/environments/orders/prod?shape=nested")).json()
    assert nested["properties"]["db"] == {"pool": 8, "url": "postgresql://db/orders"}
    assert nested["properties"]["hosts"] == ["c"]
    assert "origins" not in nested


async def test_origins_name_the_strongest_source(client):
    origins = (await client().get("/api/v1/environments/orders/prod?origins=1")).json()["origins"]
    assert origins["db.pool"] == {"path": "orders-prod.yml", "document": None, "line": 1, "column": 1}
    assert origins["db.url"]["path"] == "orders.yml"


async def test_source_is_what_is_stored_for_one_profile(client):
    answer = await client().get("/api/v1/sources/orders/prod?shape=flat")
    assert answer.json()["properties"] == {"db.pool": 8, "hosts[0]": "c"}
    assert answer.headers["etag"].startswith('"')
    assert "config-commit" in answer.headers


async def test_sources_of_one_application(client):
    listed = (await client().get("/api/v1/sources?application=orders")).json()["sources"]
    assert [one["path"] for one in listed] == ["orders-prod.yml", "orders.yml"]


async def test_empty_list_is_a_list(client):
    answer = await client({"main": {}}).get("/api/v1/applications")
    assert (answer.status_code, answer.json()["applications"], answer.json()["next"]) == (200, [], None)


async def test_file_is_its_bytes(client):
    answer = await client().get("/api/v1/files/orders.yml")
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["db.pool"] == 4


async def test_a_file_may_be_looked_up_for_an_application(client):
    found = await client().get("/api/v1/files/orders.yml?application=orders&profiles=prod")
    assert (found.status_code, found.headers["content-location"]) == (200, "/api/v1/files/orders.yml")
    alone = await client().get("/api/v1/files/orders.yml?profiles=prod")
    assert (alone.status_code, alone.json()["code"], alone.json()["option"]) == (400, "invalid-option", "profiles")
    assert (await client().get("/api/v1/files/orders.yml?application=..")).status_code == 400


@pytest.mark.parametrize("path", ["a/b.txt", "a%2Fb.txt", "a/%62.txt"])
async def test_file_path_may_have_slashes(client, path):
    answer = await client({"main": {"a/b.txt": {}}}).get(f"/api/v1/files/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")


async def test_page_of_markup_is_only_bytes(client):
    answer = await client({"main": {"x.html": {}}}).get("/api/v1/files/x.html")
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_full_id_is_immutable(client):
    service = client()
    commit = (await service.get("/api/v1/sources")).headers["config-commit"]
    for path in ("/sources", "/environments/orders/prod", "/files/orders.yml", "/sources/orders/prod"):
        answer = await service.get(f"/api/v1{path}?revision={commit}")
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["config-commit"] == commit


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nope", 404, "unknown-route"),
        ("/labels/", 404, "unknown-route"),
        ("/files/nope.yml", 404, "unknown-file"),
        ("/sources/nobody/prod", 404, "unknown-source"),
        ("/environments/orders/prod?revision=nope", 404, "unknown-label"),
        ("/environments/orders/prod?revision=a..b", 400, "invalid-revision"),
        ("/environments/orders/prod?revision=-x", 400, "invalid-revision"),
        ("/environments/orders/prod?revision=main@%7Bnow%7D", 400, "invalid-revision"),
        ("/environments/orders/prod?at=yesterday", 400, "invalid-revision"),
        ("/environments/orders/prod?label=a&revision=b", 400, "invalid-option"),
        ("/environments/orders/prod?view=wrong", 400, "invalid-option"),
        ("/environments/orders/prod?origins=maybe", 400, "invalid-option"),
        ("/environments/orders/z_", 400, "invalid-name"),
        ("/environments/..%2fetc/prod", 400, "invalid-name"),
        ("/environments/.git/prod", 400, "invalid-name"),
        ("/environments/a%00/prod", 400, "invalid-name"),
        ("/environments/a%ff/prod", 400, "invalid-name"),
        ("/labels?limit=0", 400, "invalid-option"),
        ("/labels?limit=x", 400, "invalid-option"),
        ("/labels?limit=100000", 400, "invalid-option"),
        ("/labels?cursor=x", 400, "invalid-option"),
        ("/labels?cursor=é", 400, "invalid-option"),
        ("/sources?cursor=WzFd", 400, "invalid-option"),
        ("/history?profile=prod", 400, "invalid-option"),
        ("/history?since=soon", 400, "invalid-revision"),
        ("/problems/nope", 404, "not-found"),
    ],
)
async def test_problems_have_a_code(client, path, status, code):
    answer = await client().get(f"/api/v1{path}")
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/api/v1/problems/{code}"
    assert {"title", "detail", "instance"} <= set(problem)
    assert answer.content.endswith(b"}\n")


@pytest.mark.parametrize("path", [*ANSWERS, "/files/orders.yml"])
async def test_unknown_option_names_the_nearest(client, path):
    answer = await client().get(f"/api/v1{path.partition('?')[0]}", params={"lable": "main"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-option")
    assert answer.json()["option"] == "lable"
    known = "cursor" if path == "/labels" else "label"
    assert path == "/problems/unknown-label" or path == "/labels" or known in answer.json()["detail"]


async def test_an_option_given_twice_is_refused(client):
    answer = await client().get("/api/v1/applications?label=main&label=other")
    assert (answer.status_code, answer.json()["option"]) == (400, "label")


async def test_broken_file_names_its_place(client):
    answer = await client({"main": {"bad.yml": BROKEN}}).get("/api/v1/environments/bad/prod")
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["file"], problem["line"]) == (
        500,
        "invalid-content",
        "bad.yml",
        3,
    )


async def test_verbs_that_are_not_there(client):
    answer = await client().put("/api/v1/labels")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json()["code"] == "method-not-allowed"
    options = await client().options("/api/v1/environments/a/b")
    assert (options.status_code, options.headers["allow"]) == (200, "GET,HEAD,OPTIONS")
    assert (await client().options("/api/v1/nope")).status_code == 404
    head = await client().head("/api/v1/labels")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0


VERBS = ("apply", "check", "commits", "restore", "rollback", "revert", "staged", "staged/update", "staged/discard")


@pytest.mark.parametrize("verb", VERBS)
async def test_the_routes_beneath_a_label_are_no_labels(client, verb):
    service = client(app_errors=False)
    url = f"/api/v1/labels/foo/{verb}"
    allowed = set((await service.options(url)).headers["allow"].split(","))
    assert allowed in ({"GET", "HEAD", "OPTIONS"}, {"POST", "OPTIONS"})
    for method in ("PUT", "DELETE", *({"GET", "POST"} - allowed)):
        answer = await service.request(method, url, json={})
        assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, allowed)
    encoded = url.replace(f"foo/{verb}", f"foo/{verb}".replace("/", "%2F"))
    assert (await service.options(encoded)).headers["allow"] == "GET,HEAD,PUT,DELETE,OPTIONS"


async def test_the_first_request_finds_everything_put_together():
    app = native_app(None)  # a request that is refused asks no service

    async def count_calls() -> int:
        scope = {"type": "http", "method": "GET", "path": "/api/v1/labels", "root_path": "", "headers": []}
        steps = itertools.count()
        sys.setprofile(lambda *_: next(steps))
        try:
            await app({**scope, "query_string": b"nonsense=1", "state": {}}, receive=None, send=_to_nobody)
        finally:
            sys.setprofile(None)
        return next(steps)

    first, _, third = [await count_calls() for _ in range(3)]
    assert first < 4 * third


async def _to_nobody(_):
    pass

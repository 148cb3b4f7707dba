"""The tree over HTTP, through the ASGI interface."""

import asyncio

import httpx
import pytest
from support.services import Echo, Late

import gitconfig_server.manager.bindings.marks as config
from gitconfig_server.errors import ContentRefused, Denied, InvalidContent, RemoteFailed, ServerUnreachable
from gitconfig_server.manager import Manager
from gitconfig_server.manager.rest.app import RestApp
from gitconfig_server.manager.rest.requests import problem_of

HEADERS = {"Content-Type": "application/json"}


def scene(work, service=None, wrap=lambda app: app, **options):
    service = service or Echo()

    async def run():
        async with Manager(service=service) as manager:
            app = wrap(manager.asgi(**options))
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await work(client, service, manager)

    return asyncio.run(run())


def test_the_root_is_the_standard_tree():
    async def work(client, service, manager):
        body = (await client.get("/")).json()
        assert sorted(body) == ["config", "status"]
        assert sorted(body["config"]) == ["running", "saved", "staged"]
        assert body["config"]["running"] == {"server": {"port": 7000, "started": "today"}, "sessions": {}}
        assert body["status"]["clients"] == 0

    scene(work)


def test_get_put_patch_post_delete():
    async def work(client, service, manager):
        assert (await client.get("/config/running/server/port")).text == "7000"
        answer = await client.put("/config/running/server/port", json=7001)
        assert (answer.status_code, service.port) == (200, 7001)
        assert answer.json() == {
            "changed": True,
            "changes": [{"path": "server/port", "op": "change", "old": 7000, "new": 7001}],
        }
        made = await client.post("/config/running/sessions", json={"name": "a/b", "value": {"rate": 3}})
        assert (made.status_code, made.headers["location"]) == (201, "/config/running/sessions/a%2Fb")
        assert (await client.get(made.headers["location"])).json() == {"rate": 3}
        assert (await client.post("/config/running/sessions", json={"name": "a/b"})).status_code == 409
        assert (await client.patch("/config/running", json={"sessions": {"a/b": {"rate": 4}}})).status_code == 200
        assert service.sessions["a/b"].rate == 4
        assert (await client.put("/config/running/sessions/new", json={})).status_code == 201
        assert (await client.delete("/config/running/sessions/a%2Fb")).status_code == 200
        assert list(service.sessions) == ["new"]
        assert (await client.delete("/config/running/sessions/a%2Fb")).status_code == 404

    scene(work)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/config/running/nothing", None, 404, "Lookup failed: nothing"),
        ("GET", "/config/running/server/port/deeper", None, 404, "deeper"),
        ("GET", "/elsewhere", None, 404, "elsewhere"),
        ("PUT", "/config/running/nothing/deeper", 1, 404, "nothing"),
        ("PUT", "/config/running/server/started", "x", 405, "read-only"),
        ("PUT", "/config/running/server/port", "7001", 422, "server/port"),
        ("PUT", "/config/running/server/port", True, 422, "server/port"),
        ("PUT", "/config/saved/x", 1, 405, "only running and staged"),
        ("PUT", "/status/clients", 1, 405, "only running and staged"),
        ("DELETE", "/config/running/server/port", None, 405, "always has a value"),
        ("POST", "/config/running/sessions", {"nom": "x"}, 422, "name"),
        ("POST", "/-/nothing", {}, 404, "the verbs are save"),
        ("POST", "/-/save", {"massage": "x"}, 422, "massage"),
        ("POST", "/-/save", {"message": 5}, 422, "message"),
        ("GET", "/-/save", None, 405, "POST a verb"),
        ("POST", "/-/rollback", {}, 422, "name: is needed"),
        ("BREW", "/config/running", None, 405, "BREW"),
    ],
)
def test_what_cannot_be_done_is_a_problem_document(method, path, body, status, told):
    async def work(client, service, manager):
        content = {} if body is None and method != "POST" else {"json": body}
        answer = await client.request(method, path, **content)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert told in answer.json()["detail"]
        assert status != 405 or answer.headers["allow"]
        assert service.calls == []

    scene(work)


def test_a_form_gets_the_right_curl_line():
    async def work(client, service, manager):
        answer = await client.put(
            "/config/running/server/port",
            content=b"7001",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 415
        line = "curl -X PUT -H 'Content-Type: application/json' -d '7001' 'http://127.0.0.1/config/running/server/port'"
        assert line in answer.json()["detail"]

    scene(work)


@pytest.mark.parametrize(
    ("header", "status"), [({"Content-Range": "bytes 0-3/9"}, 400), ({"Content-Encoding": "gzip"}, 415)], ids=str
)
def test_a_part_or_a_coding_is_not_taken_for_the_value(header, status):
    async def work(client, service, manager):
        answer = await client.put("/config/running/server/port", content=b"7001", headers={**HEADERS, **header})
        assert answer.status_code == status
        assert next(iter(header)) in answer.json()["detail"]
        assert service.calls == []

    scene(work)


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b'{"a":1,"a":2}', b"[" * 100_000, b"\xff"])
def test_broken_json_is_refused(body):
    async def work(client, service, manager):
        answer = await client.put("/config/running/server", content=body, headers=HEADERS)
        assert answer.status_code == 422

    scene(work)


def test_a_large_body_is_refused():
    async def work(client, service, manager):
        answer = await client.put("/config/running/server", content=b" " * (1024 * 1024 + 1), headers=HEADERS)
        assert answer.status_code == 413

    scene(work)


def test_etags_guard_against_what_was_not_seen():
    async def work(client, service, manager):
        seen = (await client.get("/config/running/server")).headers["etag"]
        assert (await client.get("/config/running/server", headers={"If-None-Match": seen})).status_code == 304
        assert (
            await client.patch("/config/running/server", json={"port": 1}, headers={"If-Match": seen})
        ).status_code == 200
        late = await client.patch("/config/running/server", json={"port": 2}, headers={"If-Match": seen})
        assert (late.status_code, service.port) == (412, 1)
        present = (await client.get("/config/running/server/port")).headers["etag"]
        both = [client.put("/config/running/server/port", json=one, headers={"If-Match": present}) for one in (5, 6)]
        assert sorted(one.status_code for one in await asyncio.gather(*both)) == [200, 412]

    scene(work)


def test_the_service_refuses_and_nothing_has_changed():
    async def work(client, service, manager):
        answer = await client.put("/config/running/sessions/sa", json={"rate": 0})
        assert (answer.status_code, answer.json()["path"]) == (422, "sessions/sa/rate")
        assert answer.json()["status"] == 422
        assert service.sessions == {}

    scene(work)


def test_verbs_save_stage_deploy_and_tell():
    async def work(client, service, manager):
        assert (await client.post("/-/save", json={"message": "first"})).json()["changed"]
        await client.put("/config/staged/server/port", json=5)
        changes = (await client.get("/-/diff?from=running&to=staged")).json()["changes"]
        assert changes == [{"path": "server/port", "op": "change", "old": 7000, "new": 5}]
        assert (await client.post("/-/check")).json() == {"problems": []}
        assert (await client.post("/-/deploy", json={"confirm_within": "10m"})).status_code == 200
        assert service.port == 5
        assert (await client.get("/-/status")).json()["pending"]["seconds_left"] > 500
        await client.post("/-/cancel")
        assert service.port == 7000
        assert [one["message"] for one in (await client.get("/-/history?limit=5")).json()["saved"]] == ["first"]
        listed = (await client.get("/config/saved")).json()
        (name,) = listed
        assert (await client.get(f"/config/saved/{name}/server/port")).json() == 7000

    scene(work)


def test_staging_tells_what_differs_and_what_makes_no_sense_now_is_a_conflict():
    async def work(client, service, manager):
        told = (await client.put("/config/staged/server/port", json=5)).json()
        assert told == {"changed": True, "changes": [{"path": "server/port", "op": "change", "old": 7000, "new": 5}]}
        assert service.calls == []
        for verb in ("confirm", "cancel"):
            answer = await client.post(f"/-/{verb}")
            assert (answer.status_code, answer.json()["code"]) == (409, "not-now")
        for verb in ("rollback", "load-saved"):
            answer = await client.post(f"/-/{verb}", json={"name": "nothing"})
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown-path")

    scene(work)


def test_lists_take_elements_at_an_index():
    async def run():
        async with Manager() as manager:
            await manager.set("steps", [1, 3])
            transport = httpx.ASGITransport(app=manager.asgi())
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                assert (await client.post("/config/running/steps?before=1", json=2)).status_code == 201
                assert (await client.post("/config/running/steps", json=4)).headers["location"].endswith("/steps/3")
                assert (await client.delete("/config/running/steps/0")).status_code == 200
                assert (await client.get("/config/running/steps")).json() == [2, 3, 4]
                assert (await client.post("/config/running/steps?before=9", json=2)).status_code == 400

    asyncio.run(run())


def test_authorize_decides_and_names_the_author():
    async def ops_only(request):
        return {"root": "ann", "nobody": None}[request.headers["x-user"]]

    async def work(client, service, manager):
        assert (await client.get("/", headers={"x-user": "nobody"})).status_code == 403
        assert (await client.post("/-/save", headers={"x-user": "root"}, json={"message": "x"})).status_code == 200
        assert (await manager.list_saved())[0].author == "ann"

    scene(work, authorize=ops_only)


def test_it_can_be_mounted_beneath_a_prefix():
    from starlette.applications import Starlette
    from starlette.routing import Mount

    async def work(client, service, manager):
        assert (await client.get("/-/config/config/running/server/port")).json() == 7000
        made = await client.post("/-/config/config/running/sessions", json={"name": "a/b"})
        assert made.headers["location"] == "/-/config/config/running/sessions/a%2Fb"
        assert (await client.get(made.headers["location"])).json() == {"rate": 10}

    scene(work, wrap=lambda app: Starlette(routes=[Mount("/-/config", app)]))


def test_pages_of_other_sites_get_nothing_unless_they_are_named():
    async def work(client, service, manager):
        foreign = {"Origin": "https://evil.example"}
        assert (await client.get("/", headers=foreign)).status_code == 403
        assert (await client.get("/", headers={"Origin": "http://127.0.0.1"})).status_code == 200
        asked = {"Origin": "https://ops.example", "Access-Control-Request-Method": "PUT"}
        allowed = await client.options("/config/running", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == "https://ops.example"
        assert "PUT" in allowed.headers["access-control-allow-methods"]
        refused = await client.options("/config/running", headers=foreign | {"Access-Control-Request-Method": "PUT"})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers

    scene(work, origins=["https://ops.example"])


def test_other_host_names_are_refused_where_names_are_given():
    async def run():
        async with Manager(service=Echo()) as manager:
            transport = httpx.ASGITransport(app=RestApp(manager, hosts=["127.0.0.1"]))
            async with httpx.AsyncClient(transport=transport, base_url="http://rebound.example") as client:
                assert (await client.get("/")).status_code == 403

    asyncio.run(run())


def test_openapi_names_every_verb():
    async def work(client, service, manager):
        document = (await client.get("/-/openapi.json")).json()
        ids = [
            one["operationId"]
            for path in document["paths"].values()
            for name, one in path.items()
            if name != "parameters"
        ]
        assert len(ids) == len(set(ids))
        assert {"save", "restore", "deploy", "get", "set", "create", "delete"} <= set(ids)

    scene(work)


def test_a_getter_that_raises_is_told_and_the_rest_is_shown():
    class Broken(Echo):
        import gitconfig_server.manager.bindings.marks as config

        @config.get("server/load")
        def load(self) -> float:
            raise OSError("no /proc")

    async def work(client, service, manager):
        answer = await client.get("/config/running/server")
        assert answer.json() == {"port": 7000, "started": "today"}
        assert answer.headers["config-problems"] == '["server/load"]'
        lone = await client.get("/config/running/server/load")
        assert lone.status_code == 404
        assert "no /proc" in lone.json()["detail"]

    scene(work, Broken())


def test_numbers_and_times_that_nobody_can_mean_are_refused_and_not_met_with_an_error_of_ours():
    async def work(client, service, manager):
        await client.put("/config/staged/list", json=[1, 2])
        for method, path, body in [
            ("GET", f"/config/staged/list/{'9' * 5000}", None),
            ("GET", "/-/history?limit=²", None),
            ("POST", "/config/staged/list?before=²", 3),
            ("POST", "/-/prune", {"before": "0001-01-01T00:00:00+14:00"}),
            ("POST", "/-/rollback", {"name": "0001-01-01T00:00:00+14:00"}),
            ("POST", "/-/deploy", {"confirm_within": f"{'9' * 400}s"}),
            ("PUT", "/config/staged", "text"),
            ("DELETE", "/config/staged", None),
        ]:
            answer = await client.request(method, path, json=body)
            assert 400 <= answer.status_code < 500, (path, answer.text)
            assert answer.status_code != 405

    scene(work)


def test_a_service_may_say_no_as_its_framework_does():
    from starlette.exceptions import HTTPException

    def authorize(request):
        raise HTTPException(int(request.headers["x-status"]), "ops only")

    async def work(client, service, manager):
        answers = [await client.get("/", headers={"x-status": str(status)}) for status in (401, 403, 418)]
        assert [one.status_code for one in answers] == [401, 403, 500]
        assert answers[1].json()["detail"] == "ops only"

    scene(work, authorize=authorize)


def test_a_change_can_be_saved_by_the_request_that_makes_it():
    async def work(client, service, manager):
        told = (await client.put("/config/running/server/port?save=by%20one", json=5)).json()
        assert (told["changed"], told["saved"]["message"]) == (True, "by one")
        assert (await client.post("/config/running/sessions?save=", json={"name": "sa"})).json()["saved"]["changed"]
        assert (await client.delete("/config/running/sessions/sa?save=gone")).json()["saved"]["message"] == "gone"
        assert "saved" not in (await client.patch("/config/running/server", json={"port": 6})).json()
        assert manager.status()["unsaved"] == 1
        assert (await client.put("/config/staged/server/port?save=x", json=7)).status_code == 422
        assert (await manager.get("/config/staged/server/port")) == 6
        assert len(await manager.list_saved()) == 3

    scene(work)


def test_a_save_while_a_path_is_unknown_is_a_conflict_that_names_it():
    async def work(client, service, manager):
        service.is_slow = True
        failed = await client.put("/config/running/token", json="new")
        assert (failed.status_code, failed.json()["unknown"]) == (500, ["token"])
        refused = await client.post("/-/save", json={})
        assert (refused.status_code, refused.json()["code"]) == (409, "unknown-value")
        assert refused.json()["unknown"] == ["token"]
        assert (await client.put("/config/running/server/port?save=x", json=7001)).status_code == 409
        assert (await client.put("/config/running/token", json="other")).status_code == 503
        service.release.set()

    scene(work, Late())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ServerUnreachable("config-a cannot be asked"), 503),
        (RemoteFailed("upstream cannot be asked"), 502),
        (InvalidContent("echo.yml", "tab", "a tab indents"), 422),
        (ContentRefused(()), 422),
    ],
)
def test_what_a_store_says_no_with_is_no_fault_of_the_service(error, status):
    assert problem_of(error).status == status


def test_a_store_that_refuses_the_service_does_not_refuse_the_caller(monkeypatch):
    async def refuse(*_):
        raise Denied("https://config-a answers 401")

    async def work(client, service, manager):
        monkeypatch.setattr(manager._keeping.store, "save", refuse)
        answer = await client.put("/config/running/server/port?save=x", json=5)
        assert (answer.status_code, answer.json()["code"]) == (502, "denied")
        assert (await client.get("/", headers={"Origin": "https://elsewhere"})).status_code == 403

    scene(work)


def test_elements_are_posted_to_a_list_that_holds_none_yet():
    class Lamp:
        def __init__(self):
            self.scenes = []

        @config.create_element("scenes")
        def add(self, index: int, value: dict):
            self.scenes.insert(index, value["title"])

        @config.get("scenes/*/title")
        def get_title(self, index: str) -> str:
            return self.scenes[int(index)]

        @config.set("scenes/*/title")
        def set_title(self, index: str, title: str):
            self.scenes[int(index)] = title

        @config.delete("scenes/*")
        def drop(self, index: str):
            del self.scenes[int(index)]

    async def work(client, service, manager):
        assert (await client.get("/config/running/scenes")).json() == []
        for title, place in (("night", ""), ("evening", "?before=0")):
            made = await client.post(f"/config/running/scenes{place}", json={"title": title})
            assert made.status_code == 201, made.text
        assert service.scenes == ["evening", "night"]
        assert (await client.delete("/config/running/scenes/0")).status_code == 200
        assert (await client.delete("/config/running/scenes/0")).status_code == 200
        assert (await client.get("/config/running/scenes")).json() == []

    scene(work, Lamp())

import pytest
from structlog.testing import capture_logs

from gitconfig_server.wire.json import render

pytestmark = pytest.mark.anyio


async def broken(scope, receive, send):
    raise RuntimeError("a secret in a stack")


@pytest.mark.parametrize("given", ["abc-1", "0af7651916cd43dd8448eb211c80319c", "a.b~c_d/e=f:g+h"])
async def test_request_id_of_the_caller_is_kept(client, given):
    answer = await client().get("/health", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é".encode(), "<script>"])
async def test_strange_request_id_is_replaced(client, given):
    answer = await client().get("/health", headers={"X-Request-Id": given})
    assert len(answer.headers["x-request-id"]) == 16


async def test_every_request_is_logged_without_its_query(client):
    with capture_logs() as logs:
        await client().get("/svc/z%2Fx/nolabel?token=secret")
    line = next(one for one in logs if one["event"] == "request")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/svc/z%2Fx/nolabel", 400)
    assert "secret" not in str(logs)


@pytest.mark.parametrize("path", ["/health", "/svc", "/api/v1/labels", "/api/v1/nope", "/svc/%00"])
async def test_every_answer_keeps_browsers_modest(client, path):
    answer = await client().get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_unforeseen_failure_names_the_request_and_nothing_else(client):
    service = client(git_http=broken, app_errors=False)
    answer = await service.get("/config.git/info/refs", headers={"X-Request-Id": "abc"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "abc")
    assert "abc" in answer.json()["message"]
    assert "secret" not in answer.text


async def test_unforeseen_failure_of_the_api_is_a_problem(client, monkeypatch):
    monkeypatch.setattr("gitconfig_server.web.api.labels.encode", lambda _: 1 / 0)
    answer = await client(app_errors=False).get("/api/v1/labels")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "ZeroDivisionError" not in answer.text


@pytest.mark.parametrize("path", ["/config.git/info/refs", "/git/config.git/git-upload-pack", "/git/config.git/"])
async def test_git_has_its_own_face(client, path):
    async def git_http(scope, receive, send):
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body"})

    assert (await client(git_http=git_http).get(path)).status_code == 299
    assert (await client().get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/health", "/livez", "/ready", "/readyz", "/actuator/health"])
async def test_probes_are_answered_to_get_and_head_alone(client, path):
    answer = await client().get(path)
    assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, {"status": "UP"}, "no-store")
    assert (await client().head(path)).status_code == 200
    assert (await client().post(path)).headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/health", 200, {"status": "UP"}),
        ("/ready", 503, {"status": "DOWN", "reason": "the disk is gone"}),
        ("/actuator/health", 503, {"status": "DOWN"}),
    ],
)
async def test_health_where_nothing_can_be_read(client, path, status, body):
    answer = await client(ready=False).get(path)
    assert (answer.status_code, answer.json()) == (status, body)


@pytest.mark.parametrize(
    ("content", "rendered"),
    [
        ({"a": 1.0, "b": "é", "c": [None, True]}, '{"a":1.0,"b":"é","c":[null,true]}'.encode()),
        ({"n": 2**70, "f": 1e10}, b'{"n":1180591620717411303424,"f":10000000000.0}'),
        ({"s": "\ud800"}, b'{"s":"\\ud800"}'),
    ],
)
async def test_bodies_are_compact_json_that_holds_any_value(content, rendered):
    assert render(content) == rendered

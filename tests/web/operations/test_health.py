import pytest

from gitconfig_server.version import __version__
from gitconfig_server.web.operations.health import V3

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness"])
async def test_health_and_probes(client, path):
    answer = await client().get(path)
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (200, {"status": "UP"}, V3)
    assert answer.headers["cache-control"] == "no-store"
    assert (await client().head(path)).status_code == 200
    assert (await client().post(path)).headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/actuator/health", 503, {"status": "DOWN"}),
        ("/actuator/health/readiness", 503, {"status": "OUT_OF_SERVICE"}),
        ("/actuator/health/liveness", 200, {"status": "UP"}),
    ],
)
async def test_where_nothing_can_be_read(client, path, status, body):
    answer = await client(ready=False).get(path)
    assert (answer.status_code, answer.json()) == (status, body)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", V3),
        ("application/json", "application/json"),
        ("text/html,*/*;q=0.8", V3),
        (f"application/json;q=0.5, {V3}", V3),
        ("image/png", V3),
    ],
)
async def test_form_is_the_one_that_is_asked_for(client, accept, media_type):
    answer = await client().get("/actuator/health", headers={"Accept": accept})
    assert answer.headers["content-type"] == media_type


async def test_links_lead_to_the_rest(client):
    links = (await client().get("/actuator")).json()["_links"]
    assert links["self"] == {"href": "http://localhost/actuator", "templated": False}
    assert links["health-path"]["templated"] is True
    for name in ("health", "info"):
        assert (await client().get(links[name]["href"])).status_code == 200


async def test_info_names_the_program(client):
    assert (await client().get("/actuator/info")).json() == {
        "build": {"name": "gitconfig-server", "version": __version__}
    }


@pytest.mark.parametrize("path", ["/actuator/unknown", "/actuator/health/db", "/actuator/env"])
async def test_there_is_nothing_else(client, path):
    assert (await client().get(path)).status_code == 404

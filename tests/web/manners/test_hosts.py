import pytest
from support.live import live

from gitconfig_server.web.manners.hosts import host_name, is_loopback

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8888", "127.0.0.1:1", "127.1.2.3", "[::1]:8888", "[::1]"])
async def test_our_own_names_are_served(client, host):
    assert (await client().get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "10.0.0.1", "[::", ""])
async def test_foreign_names_are_not(client, host):
    answer = await client().get("/orders/prod", headers={"Host": host})
    assert answer.status_code == 421
    assert "allowed_hosts" in answer.json()["message"]


PROBES = ("/health", "/livez", "/ready", "/readyz", "/actuator/health", "/actuator/health/liveness")


@pytest.mark.parametrize("path", PROBES)
async def test_probes_are_answered_by_any_name_and_then_hold_nothing(client, path):
    answer = await client().get(path, headers={"Host": "10.1.2.3:8888"})
    assert (answer.status_code, answer.json()) == (200, {"status": "UP"})
    down = await client(ready=False).get(path, headers={"Host": "10.1.2.3"})
    assert list(down.json()) == ["status"]
    assert (await client().get(path, headers={"Host": "x", "Origin": "http://evil.test"})).status_code == 403


async def test_allowed_hosts_are_served_too(client):
    named = client(allowed_hosts=["Config.test"])
    assert (await named.get("/health", headers={"Host": "config.test:80"})).status_code == 200
    assert (await named.get("/a/b", headers={"Host": "other.test"})).status_code == 421
    assert (await client(allowed_hosts=["*"]).get("/health", headers={"Host": "other.test"})).status_code == 200


async def test_address_the_server_is_bound_to_is_its_own_name(client):
    bound = client(host="192.0.2.1")
    assert (await bound.get("/health", headers={"Host": "192.0.2.1:8888"})).status_code == 200
    everywhere = client(host="0.0.0.0")
    assert (await everywhere.get("/a/b", headers={"Host": "0.0.0.0"})).status_code == 421


async def test_http_1_0_needs_no_host(client):
    """HAProxy's plain check says no more than this."""
    async with live(client()._transport.app) as server:
        assert (await server.ask(b"OPTIONS / HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert (await server.ask(b"GET /health HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert (await server.ask(b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
        assert (await server.ask(b"GET /a/b HTTP/1.0\r\nHost: evil.test\r\n\r\n")).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize("hosts", [[], [("Host", "localhost"), ("Host", "localhost")]])
async def test_exactly_one_host(client, hosts):
    service = client()
    request = service.build_request("GET", "/health")
    request.headers = type(request.headers)(hosts)
    assert (await service.send(request)).status_code == 400


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("GET", {"Origin": "http://localhost"}, 200),
        ("GET", {"Origin": "http://evil.test"}, 403),
        ("GET", {"Origin": "http://localhost:3000"}, 403),
        ("GET", {"Origin": "null"}, 403),
        ("GET", {"Origin": "http://["}, 403),
        ("GET", {"Sec-Fetch-Site": "none"}, 200),
        ("GET", {"Sec-Fetch-Site": "same-origin"}, 200),
        ("GET", {"Sec-Fetch-Site": "same-site"}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ("POST", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ("OPTIONS", {"Origin": "http://evil.test", "Access-Control-Request-Method": "PUT"}, 403),
    ],
)
async def test_pages_of_other_sites_are_not_served(client, method, headers, status):
    answer = await client().request(method, "/health", headers=headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


async def test_refusals_of_the_api_are_problems(client):
    answer = await client().get("/api/v1/labels", headers={"Host": "evil.test"})
    assert (answer.status_code, answer.json()["code"]) == (421, "wrong-host")


@pytest.mark.parametrize(("host", "name"), [("A:1", "a"), ("[::1]:2", "::1"), ("", ""), ("[", ""), ("a:b", "a")])
async def test_host_name(host, name):
    assert host_name(host) == name


@pytest.mark.parametrize(("name", "ours"), [("localhost", True), ("127.0.0.9", True), ("::1", True), ("::", False)])
async def test_is_loopback(name, ours):
    assert is_loopback(name) is ours

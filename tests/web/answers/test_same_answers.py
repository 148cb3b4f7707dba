"""What is given again is what the full stack says, over ASGI and over a socket."""

import re

import httpx
import pytest
from support.live import live
from support.repositories import commit

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.storage.memory.storage import MemoryStorage
from gitconfig_server.web.answers.negotiation import V2

pytestmark = pytest.mark.anyio

PATHS = (
    "/orders/prod",
    "/orders/prod/main",
    "/config/orders/prod/main",
    "/orders/prod,eu",
    "/orders/prod/nope",
    "/nobody/prod",
    "/broken/prod",
    "/orders/pr..od",
    "//orders/prod",
    "/orders/prod/main,main",
    "/secret/prod",
    "/orders-prod.yml",
    "/main/orders-prod.json?resolvePlaceholders=false",
    "/secret-prod.properties",
    "/orders/prod/main/notes.txt",
    "/secret/prod/notes.txt?useDefaultLabel",
    "/api/v1/environments/orders/prod",
    "/api/v1/environments/orders/prod?shape=nested&origins=1",
    "/api/v1/environments/orders/prod?revision=nope",
    "/api/v1/environments/orders/prod?wrong=1",
    "/api/v1/applications",
    "/api/v1/files/orders.yml",
    "/health",
    "/nowhere",
)


CIPHER = "{cipher}d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46"


FILES = {
    "orders.yml": "a: 1\nb: [x, y]\n",
    "orders-prod.yml": "a: 2\n",
    "broken.yml": "a: [\n",
    "secret.yml": f"password: '{CIPHER}'\n",
    "notes.txt": b"caf\xe9 ${a}\n",
}


async def opened():
    """A repository, and the whole application over it with and without its fast path."""
    storage = MemoryStorage()
    stored = storage.create("config")
    git = GitRepository(stored)
    commit(git, FILES)
    settings = Settings(allowed_hosts=["config.test"], encrypt={"key": "foo"})
    whole = assemble(settings, Opened(storage, stored))
    return git, whole, whole.wrapped.wrapped._app


async def ask(app, method, path, headers):
    """Status, headers and body, but for the request id and times: what outlived a commit keeps its Last-Modified."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.request(method, path, headers=headers)
    told = [header for header in answer.headers.raw if header[0].lower() not in (b"x-request-id", b"last-modified")]
    return answer.status_code, told, re.sub(rb'"timestamp":"[^"]*"', b"", answer.content)


@pytest.mark.parametrize("path", PATHS)
async def test_answers_are_those_of_the_full_stack(path):
    git, whole, slow = await opened()
    etag = dict((await ask(slow, "GET", path, {}))[1]).get(b"etag", b'"none"').decode()
    variants = [
        ("GET", {}),
        ("HEAD", {}),
        ("GET", {"If-None-Match": etag}),
        ("GET", {"If-None-Match": '"other"'}),
        ("GET", {"Accept": V2}),
        ("GET", {"Accept": V2, "Accept-Charset": "iso-8859-1", "X-Config-State": "x"}),
        ("GET", {"Host": "config.test"}),
        ("GET", {"Host": "evil.test"}),
        ("GET", {"Origin": "http://evil.test"}),
    ]
    for files in ({}, {"other.yml": "x: 1\n"}, {"orders.yml": "a: 3\n"}):
        if files:
            commit(git, files)
        for method, headers in variants * 2:
            assert await ask(whole, method, path, headers) == await ask(slow, method, path, headers)


async def test_secrets_are_given_again_and_stored_by_nobody():
    _, whole, _ = await opened()
    for _ in range(2):
        status, headers, body = await ask(whole, "GET", "/secret/prod", {})
        assert (status, dict(headers)[b"cache-control"]) == (200, b"no-store")
        assert b"SUPER SECRET" in body
    assert whole.wrapped.wrapped._counts.hits == 1


async def test_a_commit_id_lasts_and_a_label_that_goes_is_gone():
    git, whole, slow = await opened()
    first = (await ask(slow, "GET", "/orders/prod", {}))[1]
    path = f"/orders/prod/{dict(first)[b'config-commit'].decode()}"
    for _ in range(2):
        assert await ask(whole, "GET", path, {}) == await ask(slow, "GET", path, {})
        commit(git, {"orders.yml": "a: 4\n"})
    assert dict((await ask(whole, "GET", path, {}))[1])[b"cache-control"].endswith(b"immutable")


async def test_over_a_socket_answers_are_the_same_bytes():
    _, whole, slow = await opened()
    request = b"GET /orders/prod HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: one\r\n\r\n"
    last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    heads = [request.replace(b"GET", b"HEAD"), request.replace(b"\r\n\r\n", b"\r\nIf-None-Match: *\r\n\r\n")]
    said = []
    for app in (slow, whole):
        async with live(app) as server:
            await server.ask(last)
            sent = ([last], [*heads, last], [request, request, last], [request.replace(b"1.1", b"1.0")])
            said.append([await server.ask(b"".join(one)) for one in sent])
    without_dates = [[b"\n".join(x for x in one.split(b"\n") if x[:5] != b"date:") for one in each] for each in said]
    assert without_dates[0] == without_dates[1]
    assert b"200 OK" in said[1][3]

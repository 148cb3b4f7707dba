"""Smart HTTP called as an ASGI application; the real git is in ``tests/git_cli``."""

import gzip
import zlib

import anyio
import httpx
import pytest
from support import packs
from support.packs import push_body
from support.repositories import build_commit, commit, memory_repository

from gitconfig_server.errors import CorruptRepository, StorageFull
from gitconfig_server.git.pkt_line import encode
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.policy import PUSH as PUSH_VERB
from gitconfig_server.service.policy import OpenPolicy
from gitconfig_server.web.git import smart_http, spooled_bodies
from gitconfig_server.web.git.smart_http import SmartHttp

pytestmark = pytest.mark.anyio

PUSH = {"content-type": "application/x-git-receive-pack-request"}
FETCH = {"content-type": "application/x-git-upload-pack-request", "git-protocol": "version=2"}
LS_REFS = encode(b"command=ls-refs") + b"0000"


@pytest.fixture
def git():
    git = memory_repository()
    commit(git, {"application.yml": "a: 1"})
    return git


@pytest.fixture
def client(git):
    """A factory of clients of ``git``; takes the options of SmartHttp."""

    def make(limits=None, **options):
        transport = httpx.ASGITransport(app=SmartHttp(git, Crossing(), limits, **options))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost/git/config.git")

    return make


def offer(git):
    """A push of one commit on ``main``; its body and its commit."""
    tip = git.snapshot()[b"refs/heads/main"]
    objects = build_commit(git, {"x.yml": "x: 1"}, [tip])
    return push_body([(tip, objects[-1].id, b"refs/heads/main")], packs.pack(objects)), objects[-1].id


async def test_refs_are_advertised_and_not_to_be_cached(client):
    async with client() as http:
        answer = await http.get("/info/refs", params={"service": "git-upload-pack"})
        newer = await http.get("/info/refs?service=git-upload-pack", headers={"git-protocol": "version=2"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-git-upload-pack-advertisement"
    assert answer.headers["cache-control"].startswith("no-cache")
    assert answer.content.startswith(encode(b"# service=git-upload-pack\n") + b"0000")
    assert newer.content.startswith(encode(b"version 2\n"))


async def test_a_fetch_is_answered(client):
    async with client() as http:
        answer = await http.post("/git-upload-pack", content=LS_REFS, headers=FETCH)
    assert answer.headers["content-type"] == "application/x-git-upload-pack-result"
    assert b" refs/heads/main\n0000" in answer.content


@pytest.mark.parametrize("coding", ["gzip", "x-gzip"])
async def test_a_push_may_be_compressed(client, git, coding):
    body, tip = offer(git)
    async with client() as http:
        headers = {**PUSH, "content-encoding": coding}
        answer = await http.post("/git-receive-pack", content=gzip.compress(body, mtime=0), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-git-receive-pack-result")
    assert git.snapshot()[b"refs/heads/main"] == tip


async def test_a_probe_is_answered_with_nothing(client):
    async with client() as http:
        answer = await http.post("/git-receive-pack", content=b"0000", headers=PUSH)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "told"),
    [
        ("GET", "/HEAD", {}, 404, {}),
        ("GET", "/objects/info/packs", {}, 404, {}),
        ("GET", "/info/refs/", {}, 404, {}),
        ("GET", "/info/refs", {}, 403, {}),
        ("GET", "/info/refs?service=git-upload-archive", {}, 403, {}),
        ("POST", "/info/refs?service=git-upload-pack", {}, 405, {"allow": "GET, HEAD"}),
        ("GET", "/git-receive-pack", {}, 405, {"allow": "POST"}),
        ("POST", "/git-receive-pack", {}, 415, {}),
        ("POST", "/git-receive-pack", FETCH, 415, {}),
        ("POST", "/git-upload-pack", {**FETCH, "content-encoding": "br"}, 415, {"accept-encoding": "gzip"}),
        ("POST", "/git-receive-pack", PUSH, 400, {}),
    ],
)
async def test_other_requests_are_refused_in_words(client, method, path, headers, status, told):
    async with client() as http:
        content = b"nonsense" if status == 400 else None
        answer = await http.request(method, path, headers=headers, content=content)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    assert told.items() <= dict(answer.headers).items()
    assert answer.text.strip()


async def test_head_is_answered_as_get(client):
    async with client() as http:
        assert (await http.head("/info/refs?service=git-upload-pack")).status_code == 200


async def test_nonsense_in_a_fetch_is_told_as_git_shows_it(client):
    async with client() as http:
        answer = await http.post("/git-upload-pack", content=b"nonsense", headers=FETCH)
    assert answer.status_code == 200
    assert answer.content[4:8] == b"ERR "


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused(client, git, monkeypatch, chunked):
    monkeypatch.setattr(smart_http, "COMMANDS_BYTES", 100)

    async def chunks():
        for _ in range(20):
            yield b"x" * 50

    async with client(PackLimits(pack_bytes=100)) as http:
        content = chunks() if chunked else b"x" * 1000
        answer = await http.post("/git-receive-pack", content=content, headers=PUSH)
    assert answer.status_code == 413


async def test_a_gzip_bomb_is_refused(client, monkeypatch):
    monkeypatch.setattr(smart_http, "COMMANDS_BYTES", 100_000)
    bomb = gzip.compress(bytes(50_000_000))
    async with client(PackLimits(pack_bytes=100_000)) as http:
        answer = await http.post("/git-receive-pack", content=bomb, headers={**PUSH, "content-encoding": "gzip"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [b"plain", gzip.compress(b"0000", mtime=0)[:-3], gzip.compress(b"0000", mtime=0) + b"x", b"", zlib.compress(b"0")],
)
async def test_a_body_that_is_not_gzip_is_refused(client, body):
    async with client() as http:
        answer = await http.post("/git-receive-pack", content=body, headers={**PUSH, "content-encoding": "gzip"})
    assert answer.status_code == 400


async def asgi(app, messages, scope=None):
    """Call ``app`` with messages as a server would; what it sent. After the last one the client says nothing more."""
    sent, waiting = [], iter(messages)

    async def receive():
        message = next(waiting, None)
        return message if message else await anyio.sleep_forever()

    async def send(message):
        sent.append(message)

    headers = [(name.encode(), value.encode()) for name, value in PUSH.items()]
    asked = {
        "type": "http",
        "method": "POST",
        "path": "/config.git/git-receive-pack",
        "query_string": b"",
        "headers": headers,
    }
    await app(asked | (scope or {}), receive, send)
    return sent


def part(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_client_that_leaves_before_it_is_done_changes_nothing(git):
    body, _ = offer(git)
    before = git.snapshot()
    sent = await asgi(SmartHttp(git, Crossing()), [part(body[:100]), {"type": "http.disconnect"}])
    assert sent == []
    assert git.snapshot() == before


async def test_a_client_that_says_nothing_more_is_told_that_time_is_up(git):
    body, _ = offer(git)
    sent = await asgi(SmartHttp(git, Crossing(), patience=0.01), [part(body[:100])])
    assert sent[0]["status"] == 408


async def test_a_push_that_arrived_whole_is_finished_though_nobody_listens(git):
    body, tip = offer(git)

    async def send(message):
        raise OSError("the client has left")

    async def receive():
        return part(body, more=False)

    scope = {"type": "http", "method": "POST", "path": "/config.git/git-receive-pack", "query_string": b""}
    headers = [(name.encode(), value.encode()) for name, value in PUSH.items()]
    with pytest.raises(OSError, match="has left"):
        await SmartHttp(git, Crossing())({**scope, "headers": headers}, receive, send)
    assert git.snapshot()[b"refs/heads/main"] == tip


async def test_a_large_body_goes_to_a_file_that_is_gone_afterwards(git, monkeypatch, tmp_path):
    monkeypatch.setattr(spooled_bodies, "MEMORY_BYTES", 10)
    monkeypatch.setattr(spooled_bodies.tempfile, "tempdir", str(tmp_path))
    body, tip = offer(git)
    await asgi(SmartHttp(git, Crossing()), [part(body[:100]), part(body[100:], more=False)])
    assert git.snapshot()[b"refs/heads/main"] == tip
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("error", "status"), [(StorageFull("full"), 507), (CorruptRepository("broken"), 500)])
async def test_failures_of_the_storage_have_their_status(client, git, monkeypatch, error, status):
    def fail(*_):
        raise error

    monkeypatch.setattr(git, "advertised", fail)
    async with client() as http:
        answer = await http.get("/info/refs?service=git-receive-pack")
    assert (answer.status_code, answer.text) == (status, f"{error}\n")


class OnlyFetching(OpenPolicy):
    def allows(self, who, verb, *, applications=(), label=None):
        return verb != PUSH_VERB


async def test_who_may_not_push_may_still_fetch(client, git):
    body, _ = offer(git)
    before = git.snapshot()
    async with client(policy=OnlyFetching()) as http:
        pushed = await http.post("/git-receive-pack", content=body, headers=PUSH)
        probed = await http.get("/info/refs", params={"service": "git-receive-pack"})
        fetched = await http.get("/info/refs", params={"service": "git-upload-pack"})
    assert (pushed.status_code, probed.status_code, fetched.status_code) == (403, 403, 200)
    assert pushed.text == "anonymous may not do this: push\n"
    assert git.snapshot() == before

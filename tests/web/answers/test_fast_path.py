"""The fast path over a small application of its own, and over the real one, which it must not differ from."""

import asyncio
from dataclasses import dataclass, replace

import httpx
import pytest
from support.direct import Given

from gitconfig_server.errors import StorageError
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.policy import OpenPolicy
from gitconfig_server.web.answers.counts import Counts
from gitconfig_server.web.answers.fast_path import FastPath
from gitconfig_server.web.answers.reuse import Reusable, declare_reusable

pytestmark = pytest.mark.anyio

ONE, TWO = "1" * 40, "2" * 40
V2 = "application/vnd.spring-cloud.config-server.v2+json"


@dataclass
class Refs:
    """What the little application reads: a commit, and whether an older answer still holds but for it."""

    generation: int = 1
    commit: str = ONE
    text: str = "text"
    holds: bool = True
    broken: bool = False
    until: object = None

    def ask(self):
        if self.broken:
            raise StorageError("the disk is gone")
        return self.generation

    def move(self, **changes):
        self.generation += 1
        for name, value in changes.items():
            setattr(self, name, value)


@dataclass(frozen=True)
class Basis:
    refs: Refs
    commit: str
    until: object = None
    size: int = 0

    def renewed(self):
        return replace(self, commit=self.refs.commit, until=self.refs.until) if self.refs.holds else None


class Application:
    """Answers its commit and text, reusable unless the path says otherwise; counts what reaches it."""

    def __init__(self, refs):
        self.refs = refs
        self.asked = []
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, scope, receive, send):
        self.asked.append((scope["method"], scope["path"]))
        self.reached.set()
        await self.gate.wait()
        commit, headers = self.refs.commit, dict(scope["headers"])
        etag = f'"{self.refs.text}"'.encode()
        if scope["path"] != "/plain":
            declare_reusable(scope, Reusable(Basis(self.refs, commit, self.refs.until), ("orders",)))
        known = headers.get(b"if-none-match") == etag
        status = 404 if scope["path"] == "/missing" else 304 if known else 200
        body = b"" if known or scope["method"] == "HEAD" else f"{self.refs.text} {scope['path']} {commit}".encode()
        own = [(b"etag", etag), (b"config-commit", commit.encode()), (b"x-request-id", b"inner")]
        await send({"type": "http.response.start", "status": status, "headers": own})
        await send({"type": "http.response.body", "body": body})


class Nobody(OpenPolicy):
    def allows(self, who, verb, *, applications=(), label=None):
        return False


def fast(refs=None, *, policy=None, bound=1 << 20):
    """The little application, what is counted, and a client of the fast path in front of it."""
    app = Application(refs or Refs())
    counts = Counts()
    path = FastPath(app, app.refs.ask, Crossing(), policy or OpenPolicy(), bound, counts)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=path), base_url="http://localhost")
    return app, counts, client


async def test_an_answer_is_given_again_without_asking():
    app, counts, client = fast()
    first, second = await client.get("/a"), await client.get("/a")
    assert second.content == first.content == f"text /a {ONE}".encode()
    assert len(app.asked) == 1
    assert (counts.misses, counts.hits, counts.not_modified) == (1, 1, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("/a", {}), ("/b", {})),
        (("/a?x=1", {}), ("/a?x=2", {})),
        (("/a", {"Accept": "a/b"}), ("/a", {"Accept": "a/c"})),
        (("/a", {"Accept-Charset": "utf-8"}), ("/a", {"Accept-Charset": "latin-1"})),
        (("/a", {"Accept-Charset": "a/b"}), ("/a", {"Accept": "a/b"})),
        (("/a", {"Host": "localhost"}), ("/a", {"Host": "127.0.0.1"})),
    ],
)
async def test_what_an_answer_depends_on_is_told_apart(first, second):
    app, _, client = fast()
    for path, headers in (first, second):
        await client.get(path, headers=headers)
    assert len(app.asked) == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": '"text"'}, 304),
        ({"If-None-Match": 'W/"text"'}, 304),
        ({"If-None-Match": '"other", "text"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": "text"}, 200),
    ],
)
async def test_304_comes_from_the_same_entry(headers, status):
    app, counts, client = fast()
    await client.get("/a")
    answer = await client.get("/a", headers=headers)
    assert (answer.status_code, answer.headers["etag"]) == (status, '"text"')
    assert answer.headers["config-commit"] == ONE
    assert len(app.asked) == 1
    assert counts.not_modified == (status == 304)


@pytest.mark.parametrize(("method", "headers"), [("HEAD", {}), ("GET", {"If-None-Match": '"text"'})])
async def test_an_answer_without_body_still_leads_to_an_entry(method, headers):
    app, _, client = fast()
    await client.request(method, "/a", headers=headers)
    assert (await client.get("/a")).content == f"text /a {ONE}".encode()
    assert app.asked == [(method, "/a"), ("GET", "/a")]


async def test_another_commit_is_put_into_an_answer_that_holds():
    app, _, client = fast()
    await client.get("/a")
    app.refs.move(commit=TWO)
    answer = await client.get("/a")
    assert answer.content == f"text /a {TWO}".encode()
    assert answer.headers["config-commit"] == TWO
    assert len(app.asked) == 1


async def test_what_no_longer_holds_is_asked_for_anew():
    app, _, client = fast()
    await client.get("/a")
    app.refs.move(commit=TWO, text="other", holds=False)
    assert (await client.get("/a", headers={"If-None-Match": '"text"'})).content == f"other /a {TWO}".encode()
    assert (await client.get("/a")).content == f"other /a {TWO}".encode()
    assert app.asked == [("GET", "/a")] * 2


async def test_an_answer_that_names_the_commit_twice_is_asked_for_anew():
    app, _, client = fast()
    await client.get(f"/{ONE}")
    app.refs.move(commit=TWO)
    assert (await client.get(f"/{ONE}")).content == f"text /{ONE} {TWO}".encode()
    assert len(app.asked) == 2


async def test_one_request_renews_for_all():
    app, counts, client = fast()
    await client.get("/a")
    app.refs.move(commit=TWO, text="other", holds=False)
    app.gate.clear()
    app.reached.clear()
    first = asyncio.create_task(client.get("/a"))
    await app.reached.wait()
    others = [asyncio.create_task(client.get("/a")) for _ in range(19)]
    for _ in range(100):
        await asyncio.sleep(0)
    app.gate.set()
    answers = await asyncio.gather(first, *others)
    assert {answer.text for answer in answers} == {f"other /a {TWO}"}
    assert len(app.asked) == 2
    assert counts.hits == 20


async def test_an_end_that_passes_after_the_rehearsal_is_heeded():
    """What was asked for in the thread is older than the end: the full stack is asked once more."""
    app, _, client = fast()
    crossing, said, plain = Crossing(), ["text", "ended", "other"], Application.__call__

    def read():
        return said.pop(0)

    async def answer(scope, receive, send):
        app.refs.text = await crossing.run(read)
        app.refs.until = Given(app.refs.text == "ended")
        await plain(app, scope, receive, send)

    client._transport.app._app = answer
    await client.get("/a")
    app.refs.move(holds=False)
    assert (await client.get("/a")).text == f"other /a {ONE}"


@pytest.mark.parametrize("path", ["/plain", "/missing"])
async def test_errors_and_undeclared_answers_are_not_kept(path):
    app, counts, client = fast()
    for _ in range(3):
        await client.get(path)
    assert [asked for asked in app.asked if asked == ("GET", path)] == app.asked
    assert counts.hits == 0


async def test_what_became_an_error_is_one_for_everybody():
    app, _, client = fast()
    await client.get("/a")
    app.refs.move(broken=True)
    app.refs.text = "gone"
    answers = await asyncio.gather(*(client.get("/a") for _ in range(3)))
    assert {answer.text for answer in answers} == {f"gone /a {ONE}"}


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": {"Origin": "http://localhost"}},
        {"headers": {"Sec-Fetch-Site": "none"}},
        {"headers": {"Authorization": "Basic x"}},
        {"headers": {"Content-Length": "0"}},
        {"headers": {"X-Something-New": "1"}},
        {"headers": [("Accept", "a/b"), ("Accept", "c/d")]},
        {"headers": [("Host", "localhost"), ("Host", "localhost")]},
        {"method": "POST"},
    ],
)
async def test_requests_that_say_more_go_to_the_full_stack(request_):
    app, _, client = fast()
    await client.get("/a")
    sent = httpx.Request(request_.get("method", "GET"), "http://localhost/a", headers=request_.get("headers"))
    await client.send(sent)
    assert len(app.asked) == 2


async def test_headers_that_nobody_reads_do_no_harm():
    app, _, client = fast()
    for agent in ("one", "two"):
        await client.get("/a", headers={"User-Agent": agent, "traceparent": agent, "X-Forwarded-For": "10.0.0.1"})
    assert len(app.asked) == 1


async def test_who_may_not_read_is_left_to_the_full_stack():
    app, counts, client = fast(policy=Nobody())
    await client.get("/a")
    await client.get("/a")
    assert (len(app.asked), counts.hits) == (2, 0)


async def test_request_ids_are_kept_where_sane_and_made_otherwise():
    _, _, client = fast()
    await client.get("/a")
    given = await client.get("/a", headers={"X-Request-Id": "abc-1"})
    made = [(await client.get("/a", headers={"X-Request-Id": bad})).headers["x-request-id"] for bad in ("", "a b")]
    assert given.headers["x-request-id"] == "abc-1"
    assert len(set(made)) == 2
    assert all(len(one) == 16 for one in made)


async def test_memory_is_bounded():
    app, _, client = fast(bound=20_000)
    for _ in range(2):
        for number in range(20):
            await client.get(f"/{number}")
    assert len(app.asked) == 40

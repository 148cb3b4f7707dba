"""Known requests, answered straight from the socket, over a small application and over the real one."""

import asyncio
import re
import ssl
import time

import anyio.to_thread
import pytest
from support.direct import GET, Given, Policy, Refs, known
from support.live import heard, live
from support.repositories import commit
from support.tls import make_certificate

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.server.assembly import assemble
from gitconfig_server.service.opening import Opened
from gitconfig_server.settings import Settings
from gitconfig_server.storage.memory.storage import MemoryStorage
from gitconfig_server.web.answers.kept_answers import KeptEntry
from gitconfig_server.web.direct import LONGEST_REQUEST, KnownRequests

pytestmark = pytest.mark.anyio


async def test_the_third_request_is_the_last_that_reaches_the_application():
    async with known() as (server, seen):
        said = [await server.one(GET) for _ in range(7)][1:]
    assert seen.passes == 3
    server.config.known.settle()
    assert seen.counts.hits == 6
    ids = [re.search(rb"x-request-id: ([0-9a-f]{16})\r\n", one)[1] for one in said]
    assert len(set(ids)) == 6
    assert len({one.replace(name, b"") for one, name in zip(said, ids, strict=True)}) == 1


@pytest.mark.parametrize("kind", ["generation", "policy", "end"])
@pytest.mark.parametrize("planted", [False, True])
async def test_what_an_answer_depends_on_is_asked_each_time(kind, planted, monkeypatch):
    """With the fault planted, what is expected of the sound path does not come: this test would notice."""
    if planted:
        monkeypatch.setattr(KeptEntry, "stands", lambda entry, generation: True)
        monkeypatch.setattr(Policy, "version", 0)
    end, policy = Given(), Policy()
    async with known(refs=Refs(until=end), policy=policy) as (server, seen):
        for _ in range(4):
            assert b"text one" in await server.one(GET)
        if kind == "generation":
            seen.refs.move(text="two", holds=False)
        elif kind == "policy":
            policy.forbid()
            seen.refs.text = "denied"
        else:
            end.passed = True
            seen.refs.until, seen.refs.text, seen.refs.holds = None, "two", False
        assert (b"text one" in await server.one(GET)) == planted


@pytest.mark.parametrize(
    "request_",
    [
        GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        GET.replace(b"HTTP/1.1", b"HTTP/1.0"),
        GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"),
        GET.replace(b"\r\n\r\n", b"\r\nX-New: 1\r\n\r\n"),
        GET.replace(b"\r\n\r\n", b"\r\nUser-Agent: " + b"x" * LONGEST_REQUEST + b"\r\n\r\n"),
    ],
)
async def test_what_says_more_is_never_known(request_):
    async with known() as (server, seen):
        for _ in range(5):
            assert (await server.one(request_)).startswith(b"HTTP/1.1 200 ")
    assert seen.passes == 5


async def test_requests_in_pieces_and_together_are_answered_in_order():
    other = GET.replace(b"/a ", b"/b ")
    async with known() as (server, _):
        for _ in range(4):
            await server.one(GET)
        reader, writer = await server.connect()
        for piece in (GET + other, GET[:9], GET[9:] + GET + other + GET[:5], GET[5:] + GET):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        bodies = [await read_body(reader) for _ in range(7)]
    assert bodies == [b"text one /a", b"text one /b", *[b"text one /a"] * 2, b"text one /b", *[b"text one /a"] * 2]


async def test_a_known_request_waits_for_the_answer_before_it():
    async with known() as (server, seen):
        for _ in range(4):
            await server.one(GET)
        seen.gate.clear()
        reader, writer = await server.connect()
        writer.write(GET.replace(b"/a ", b"/slow "))
        await asyncio.sleep(0.02)
        writer.write(GET)
        await asyncio.sleep(0.02)
        seen.gate.set()
        assert [await read_body(reader) for _ in range(2)] == [b"text one /slow", b"text one /a"]


async def test_idle_time_counts_from_the_last_known_answer():
    async with known(idle_seconds=0.3) as (server, _):
        for _ in range(4):
            await server.one(GET)
        reader, writer = await server.connect()
        began = time.monotonic()
        for _ in range(5):
            writer.write(GET)
            await read_body(reader)
            await asyncio.sleep(0.1)
        assert await heard(reader) == b""
    assert 0.6 < time.monotonic() - began < 4


async def test_a_head_begun_after_known_answers_has_its_deadline():
    async with known(header_seconds=0.1) as (server, _):
        for _ in range(4):
            await server.one(GET)
        reader, writer = await server.connect()
        writer.write(GET)
        await read_body(reader)
        await asyncio.sleep(0.2)
        writer.write(GET[:10])
        assert (await heard(reader)).startswith(b"HTTP/1.1 408 ")


async def test_who_does_not_read_is_dropped_and_fills_no_memory():
    async with known(size=200_000, response_seconds=0.2) as (server, seen):
        for _ in range(4):
            await server.one(GET)
        before = seen.counts.hits
        _, writer = await server.connect(limit=1024)
        writer.write(GET * 2000)
        async with asyncio.timeout(5):
            await asyncio.gather(writer.drain(), return_exceptions=True)
            while server.server.server_state.connections:  # noqa: ASYNC110  # nothing tells when a client is dropped
                await asyncio.sleep(0.01)
        server.config.known.settle()
        assert seen.counts.hits - before < 200


async def test_a_stop_closes_connections_that_had_known_answers():
    async with known() as (server, _):
        for _ in range(4):
            await server.one(GET)
        reader, writer = await server.connect()
        writer.write(GET)
        await read_body(reader)
        server.server.should_exit = True
        assert await heard(reader) == b""


async def test_connections_over_the_limit_get_no_known_answer():
    async with known(connections=1) as (server, _):
        for _ in range(4):
            await server.one(GET)
        await server.connect()
        assert (await server.one(GET)).startswith(b"HTTP/1.1 503 ")


async def test_one_renewal_serves_all_who_wait_and_none_of_them_is_parsed():
    async with known() as (server, seen):
        for _ in range(4):
            await server.one(GET)
        passes, refs = seen.passes, seen.refs
        refs.move()
        refs.gate.clear()
        connections = [await server.connect() for _ in range(8)]
        for _, writer in connections:
            writer.write(GET + GET)
        while not refs.renewals:  # noqa: ASYNC110  # it begins in a thread
            await asyncio.sleep(0.001)
        connections[0][1].write(GET)
        await asyncio.sleep(0.02)
        refs.gate.set()
        assert [await read_body(reader) for reader, _ in connections * 2] == [b"text one /a"] * 16
        assert await read_body(connections[0][0]) == b"text one /a"
    assert (refs.renewals, seen.passes) == (1, passes)


class Restless:
    """A gate at which refs move again, so many times."""

    def __init__(self, refs, moves):
        self.refs, self.left = refs, moves

    def wait(self, _):
        if self.left:
            self.left -= 1
            self.refs.move()
        return True


@pytest.mark.parametrize(("moves", "parsed"), [(1, 0), (3, 0), (100, 1)])
async def test_who_waits_does_so_again_where_refs_move_meanwhile_but_not_for_ever(moves, parsed):
    async with known() as (server, seen):
        for _ in range(4):
            await server.one(GET)
        passes, seen.refs.gate = seen.passes, Restless(seen.refs, moves)
        seen.refs.move()
        assert (await server.one(GET)).endswith(b"text one /a")
    assert (seen.passes - passes, seen.refs.renewals) == (parsed, min(moves, 4) + 1)


async def test_what_no_longer_holds_is_made_once_for_all_who_wait():
    async with known() as (server, seen):
        for _ in range(4):
            await server.one(GET)
        misses = seen.counts.misses
        seen.refs.move(text="two", holds=False)
        connections = [await server.connect() for _ in range(8)]
        for _, writer in connections:
            writer.write(GET)
        assert [await read_body(reader) for reader, _ in connections] == [b"text two /a"] * 8
    assert (seen.counts.misses, seen.refs.renewals) == (misses, 1)


async def test_who_leaves_while_waiting_is_forgotten_and_a_stop_waits_for_who_stays():
    async with known(idle_seconds=0.05) as (server, seen):
        for _ in range(4):
            await server.one(GET)
        seen.refs.move()
        seen.refs.gate.clear()
        (reader, writer), (_, leaver) = await server.connect(), await server.connect()
        for one in (writer, leaver):
            one.write(GET)
        while not seen.refs.renewals:  # noqa: ASYNC110  # it begins in a thread
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.15)
        leaver.transport.abort()
        server.server.should_exit = True
        await asyncio.sleep(0.15)
        seen.refs.gate.set()
        answer = await heard(reader)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"text one /a")


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        *(
            (path, "other.yml")
            for path in ("/orders/prod", "/orders/prod/main,main", "/orders-prod.yml", "/x/y/main/n.txt")
        ),
        *(
            (path, "orders.yml")
            for path in ("/orders/prod", "/orders/prod/main,main", "/api/v1/environments/orders/prod")
        ),
    ],
)
async def test_a_renewed_answer_takes_one_switch_to_a_thread(path, changed, monkeypatch):
    storage = MemoryStorage()
    stored = storage.create("config")
    git, app = GitRepository(stored), assemble(Settings(), Opened(storage, stored))
    commit(git, {"orders.yml": "a: one\n", "n.txt": b"n"})
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    switches, run_sync = [], anyio.to_thread.run_sync

    def counted(*args, **kwargs):
        switches.append(args)
        return run_sync(*args, **kwargs)

    async with live(app) as server:
        for _ in range(4):
            assert (await server.one(request)).startswith(b"HTTP/1.1 200 ")
        commit(git, {changed: "a: two\n"})
        monkeypatch.setattr("anyio.to_thread.run_sync", counted)
        said = await server.one(request)
        assert len(switches) == 1
    assert git.snapshot()[b"refs/heads/main"] in said
    assert (b"two" in said) == (changed == "orders.yml")


def test_hostile_variety_neither_grows_nor_evicts():
    requests, standing = KnownRequests(100_000), Standing(b"x" * 100)
    for _ in range(2):
        requests.remember(b"good", standing)
    for number in range(100_000):
        requests.remember(b"%d" % number, standing)
    assert requests.get(b"good") is standing
    assert requests.get(b"99999") is None
    for number in range(2000):
        for _ in range(2):
            requests.remember(b"%d" % number, standing)
    kept = [number for number in range(2000) if requests.get(b"%d" % number)]
    assert 0 < len(kept) < 1000


class Standing:
    """An answer for a table that is not asked to send it."""

    def __init__(self, body):
        self.size = len(body)


PATHS = (
    "/orders/prod",
    "/orders/prod/main",
    "/orders/prod/main,main",
    "/config/orders/prod/main",
    "/broken/prod",
    "/orders-prod.yml",
    "/secret/prod",
    "/orders/prod/main/notes.txt",
    "/api/v1/environments/orders/prod",
    "/api/v1/labels",
    "/api/v1/files/orders.yml",
    "/health",
)
HEADERS = (
    "",
    'If-None-Match: "other"\r\n',
    "Accept: application/vnd.spring-cloud.config-server.v2+json\r\n",
    "Authorization: Basic eDp5\r\n",
    "X-Request-Id: given\r\nUser-Agent: someone\r\n",
    "Origin: http://evil.test\r\n",
)
FILES = {
    "orders.yml": "a: 1\nb: [x, y]\n",
    "broken.yml": "a: [\n",
    "secret.yml": "password: '{cipher}d1b2458ccede07c856ff952bd841638ff4dd12ed1d36812663c3c7262d57bf46'\n",
    "notes.txt": b"caf\xe9 ${a}\n",
}


@pytest.mark.parametrize("secure", [False, True])
async def test_every_request_is_answered_as_the_full_stack_answers_it(secure, tmp_path):
    storage = MemoryStorage()
    stored = storage.create("config")
    app = assemble(Settings(encrypt={"key": "foo"}), Opened(storage, stored))
    engine = app.wrapped.wrapped
    slow = engine._app
    heads = [f"{path} HTTP/1.1\r\nHost: localhost\r\n" for path in (PATHS[:3] if secure else PATHS)]
    requests = [f"{verb} {head}{more}\r\n".encode() for head in heads for more in HEADERS for verb in ("GET", "HEAD")]
    git, options = GitRepository(stored), certificate(tmp_path) if secure else {}
    async with live(app, **options) as fast_server, live(slow, **options) as slow_server:
        for files in (FILES, {"other.yml": "x: 1\n"}, {"orders.yml": "a: 3\n"}):
            commit(git, files)
            wanted = await ask_all(slow_server, requests, secure)
            for _ in range(3):
                assert await ask_all(fast_server, requests, secure) == wanted
            assert await ask_all(fast_server, requests, secure, together=True) == wanted
    assert fast_server.config.known._answers._young
    fast_server.config.known.settle()
    assert engine._counts.hits > 3 * len(requests)


async def ask_all(server, requests, secure, *, together=False):
    """The answers to all, on one connection, but for their dates and made ids."""
    context = ssl._create_unverified_context() if secure else None
    reader, writer = await server.connect(ssl=context)
    said = []
    for number, request in enumerate(requests):
        if not together:
            writer.write(request)
        elif number % 20 == 0:
            writer.write(b"".join(requests[number : number + 20]))
        said.append(await read_answer(reader, has_body=request.startswith(b"GET")))
    writer.close()
    return said


async def read_answer(reader, *, has_body=True):
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length and has_body else b""
    # what has outlived a commit to something else keeps the time since when it is known to be the same
    head = re.sub(rb"date: [^\r]*|x-request-id: [0-9a-f]{16}\r\n|last-modified: [^\r]*", b"", head)
    return head, re.sub(rb'"timestamp":"[^"]*"', b"", body)


async def read_body(reader):
    return (await read_answer(reader))[1]


def certificate(folder):
    """TLS for uvicorn, by a certificate made now."""
    certfile, keyfile = make_certificate(folder)
    return {"ssl_certfile": str(certfile), "ssl_keyfile": str(keyfile)}

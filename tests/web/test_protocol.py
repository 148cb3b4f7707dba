import asyncio
import socket

import pytest
from support.live import heard, live
from support.service import DictService, reader_of

from gitconfig_server.settings import Settings
from gitconfig_server.web.app import create_app

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"


async def echo(scope, receive, send):
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    body = str(length).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def deaf(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def drip(writer, data, pause=0.01):
    try:
        for byte in data:
            writer.write(bytes([byte]))
            await asyncio.sleep(pause)
    except ConnectionError:
        pass


async def test_unused_connection_is_closed_without_a_word():
    async with live(echo, header_seconds=0.05) as server:
        reader, _ = await server.connect()
        assert await heard(reader) == b""


@pytest.mark.parametrize("first", [b"G", GET, b"\r\n"])
async def test_unfinished_head_has_a_deadline(first):
    async with live(echo, header_seconds=0.05) as server:
        assert (await server.ask(first)).startswith(b"HTTP/1.1 408 ")


async def test_dripping_a_head_does_not_move_its_deadline():
    async with live(echo, header_seconds=0.1) as server:
        reader, writer = await server.connect()
        dripping = asyncio.create_task(drip(writer, GET + b"X: " + b"x" * 50))
        assert (await heard(reader)).startswith(b"HTTP/1.1 408 ")
        await dripping


async def test_second_head_on_a_connection_has_a_deadline_too():
    async with live(echo, header_seconds=0.05) as server:
        answer = await server.ask(GET + b"\r\n" + b"GET / HTTP/1.1\r\nHo")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in answer


async def test_whole_requests_are_answered_before_what_is_incomplete_behind_them():
    whole = GET + b"\r\n"
    count = 46_000 // len(whole)
    async with live(echo) as server:
        reader, writer = await server.connect()
        writer.write(whole * count + b"GET / HTTP/1.1\r\nHo")
        for _ in range(count):
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            await reader.readuntil(b"\r\n\r\n0")


@pytest.mark.parametrize(
    "head",
    [
        GET + b"X: " + b"x" * 5000 + b"\r\n\r\n",
        b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        GET + b"".join(b"X%d: y\r\n" % number for number in range(900)) + b"\r\n",
        GET + b"X: " + b"x" * 200_000,
        b"GET /" + b"x" * 200_000,
    ],
)
async def test_large_head_is_refused(head):
    async with live(echo, header_bytes=4096) as server:
        assert (await server.ask(head)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("request_", [b"\x16\x03\x01\x02", b"GET /\xff HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
async def test_what_is_not_http_is_400(request_):
    async with live(echo) as server:
        assert (await server.ask(request_)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("target", [b"GET http://localhost HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"CONNECT /x HTTP/1.1"])
@pytest.mark.parametrize("before", [b"", GET + b"\r\n"])
async def test_targets_that_name_no_path_are_400(target, before):
    async with live(echo) as server:
        reader, writer = await server.connect()
        if before:
            writer.write(before)
            await reader.readuntil(b"\r\n\r\n0")
        writer.write(target + b"\r\nHost: a\r\n\r\n")
        assert (await heard(reader)).startswith(b"HTTP/1.1 400 ")


async def test_body_must_move():
    async with live(echo, body_seconds=0.1) as server:
        reader, writer = await server.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        dripping = asyncio.create_task(drip(writer, b"x" * 40))
        assert (await heard(reader)).startswith(b"HTTP/1.1 408 ")
        await dripping


async def test_body_that_moves_may_take_longer_than_a_window():
    async with live(echo, body_seconds=0.05) as server:
        reader, writer = await server.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10000\r\n\r\n")
        for _ in range(10):
            writer.write(b"x" * 1000)
            await asyncio.sleep(0.02)
        assert (await heard(reader)).endswith(b"\r\n\r\n10000")


async def test_each_body_has_a_window_of_its_own():
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    async with live(echo, body_seconds=0.15) as server:
        reader, writer = await server.connect()
        for piece in (head + b"\r\nab", b"cd" + head + b"Connection: close\r\n\r\nab", b"cd"):
            writer.write(piece)
            await asyncio.sleep(0.1)
        assert (await heard(reader)).count(b"HTTP/1.1 200 ") == 2


async def test_rest_of_an_answered_body_is_not_waited_for():
    async with live(deaf, body_seconds=0.05) as server:
        reader, writer = await server.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx")
        answer = await heard(reader)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.count(b"HTTP/1.1") == 1


async def test_trailers_are_dropped():
    trailers = b"".join(b"X%d: y\r\n" % number for number in range(3000))
    body = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    async with live(echo, header_bytes=1000) as server:
        assert (await server.ask(body + trailers + b"\r\n")).endswith(b"\r\n\r\n1")


async def test_requests_follow_each_other_on_one_connection():
    async with live(echo) as server:
        one = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
        last = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
        answer = await server.ask(one + one + last)
        assert answer.count(b"HTTP/1.1 200 ") == 3
        assert answer.endswith(b"3")


@pytest.mark.parametrize("before", [b"", GET + b"\r\n"])
@pytest.mark.parametrize("wish", [b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA", b"upgrade:websocket"])
async def test_the_body_of_a_request_that_asks_for_another_protocol_is_read(wish, before):
    body = GET + b"\r\n"
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n" + wish
    sent = before + head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    last = GET + b"Upgrade: h2c\r\nConnection: close, upgrade\r\n\r\n"
    async with live(echo) as server:
        for cut in (*range(len(before), len(sent), 5), len(sent) - len(body)):
            reader, writer = await server.connect()
            writer.write(sent[:cut])
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(sent[cut:] + last)
            said = await heard(reader)
            assert said.count(b"HTTP/1.1 200 ") == 2 + bool(before), cut
            assert b"\r\n\r\n%dHTTP/1.1 200 OK" % len(body) in said


async def test_many_pipelined_wishes_for_another_protocol_are_answered():
    wish = GET + b"Upgrade: h2c\r\nConnection: upgrade\r\n\r\n"
    async with live(echo) as server:
        assert (await server.ask(wish * 900 + GET + b"Connection: close\r\n\r\n")).count(b"HTTP/1.1 200 ") == 901


async def test_idle_connection_is_closed():
    async with live(echo, idle_seconds=0.05) as server:
        assert (await server.ask(GET + b"\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_connections_over_the_limit_are_told_to_come_back():
    async with live(echo, connections=1) as server:
        first, writer = await server.connect()
        writer.write(GET + b"\r\n")
        assert (await first.readline()).startswith(b"HTTP/1.1 200 ")
        answer = await server.ask(GET + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in answer


async def test_connections_far_over_the_limit_are_dropped():
    async with live(echo, connections=1, header_seconds=5) as server:
        await server.connect()
        await server.connect()
        reader, _ = await server.connect()
        assert await heard(reader) == b""


async def test_client_that_does_not_read_is_dropped():
    gone = asyncio.Event()

    async def pour(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        gone.set()

    async with live(pour, response_seconds=0.1) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.sendall(GET + b"\r\n")
            async with asyncio.timeout(5):
                await gone.wait()


async def test_strange_targets_are_answered_in_kind():
    service = DictService({"main": {}})
    app = create_app(service, Settings(), spring=reader_of(service, Settings()))
    targets = {
        b"/svc/z/..": b"400",
        b"/svc/z/../../etc/passwd": b"400",
        b"//development/master": b"200",
        b"/svc/%00": b"400",
        b"*": b"404",
        b"http://localhost/svc/z": b"200",
        b"/svc/a\\b": b"400",
        b"/svc/z?x=%00": b"200",
        b"/": b"404",
    }
    async with live(app) as server:
        for target, status in targets.items():
            answer = await server.ask(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 " + status), target
            assert b"\r\nx-request-id: " in answer


async def test_stop_lets_running_requests_finish():
    begun = asyncio.Event()

    async def slow(scope, receive, send):
        begun.set()
        await asyncio.sleep(0.1)
        await deaf(scope, receive, send)

    async with live(slow) as server:
        reader, writer = await server.connect()
        writer.write(GET + b"\r\n")
        await begun.wait()
        server.server.should_exit = True
        answer = await heard(reader)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer


async def test_a_header_counts_as_what_it_takes_on_the_wire():
    async with live(echo, header_bytes=32 * 1024) as server:
        assert (await server.ask(GET + b"a:\r\n" * 30_000 + b"\r\n")).startswith(b"HTTP/1.1 431 ")
        closing = b"Connection: close\r\n\r\n"
        assert (await server.ask(GET + b"a:\r\n" * 7_000 + closing)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("before", [b"", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n" + b"x" * 40000])
async def test_a_head_that_is_not_whole_yet_counts_by_its_own_bytes(before):
    first = GET + b"X: " + b"x" * 800 + b"\r\n\r\n"
    async with live(echo, header_bytes=32 * 1024) as server:
        reader, writer = await server.connect()
        writer.write(first * 56 + before + GET)
        await asyncio.sleep(0.1)
        writer.write(b"Connection: close\r\n\r\n")
        assert (await heard(reader)).count(b"HTTP/1.1 200 ") == 57 + bool(before)

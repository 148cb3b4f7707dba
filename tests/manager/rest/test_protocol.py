"""The connections of a guest's server: whole answers, and what does not get on."""

import asyncio
import socket

import pytest

from gitconfig_server.manager import Manager
from gitconfig_server.manager.rest import protocol


async def exchanged(port, *pieces):
    """What the server says until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
    async with asyncio.timeout(20):
        seen = await reader.read()
    writer.close()
    return seen


def serving(work):
    async def scene():
        manager = Manager(server_id="echo")
        rest = manager.add_access("rest://127.0.0.1:0")
        async with manager:
            await manager.set("a", 1)
            await work(rest.port)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("request_lines", "answers"),
    [
        (b"GET /config/running/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", [b"1"]),
        (b"HEAD /config/running/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", [b""]),
        (b"GET /config/running/a HTTP/1.0\r\nhost: localhost\r\n\r\n", [b"1"]),
        (
            b"GET /config/running/a HTTP/1.1\r\nhost: localhost\r\n\r\n"
            b"GET /config/running/b HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
            [b"1", b"Lookup failed: b"],
        ),
    ],
)
def test_answers_are_whole_also_when_requests_are_pipelined(request_lines, answers):
    async def work(port):
        seen = await exchanged(port, request_lines)
        parts = seen.split(b"HTTP/1.1 ")[1:]
        assert len(parts) == len(answers)
        for part, answer in zip(parts, answers, strict=True):
            assert answer in part.partition(b"\r\n\r\n")[2]
        assert parts[-1].partition(b"\r\n\r\n")[0].count(b"connection: close") == 1

    serving(work)


def test_who_would_like_another_protocol_is_answered_in_this_one():
    async def work(port):
        head = b"PUT /config/running/a HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        wish = b"connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
        seen = await exchanged(port, head + wish + b"content-length: 1\r\n\r\n5")
        assert seen.startswith(b"HTTP/1.1 200 ")

    serving(work)


def test_a_body_behind_a_wish_for_another_protocol_is_no_request():
    async def work(port):
        before = b"GET /config/running/a HTTP/1.1\r\nhost: localhost\r\n\r\n"
        smuggled = b"DELETE /config/running/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        head = b"PUT /config/running/b HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: h2c\r\n"
        length = b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(smuggled)
        last = before.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
        seen = await exchanged(port, before + head + length, smuggled, last)
        assert [int(one[:3]) for one in seen.split(b"HTTP/1.1 ")[1:]] == [200, 422, 200]

    serving(work)


def test_an_endless_head_is_cut_off():
    async def work(port):
        seen = await exchanged(port, b"GET /config HTTP/1.1\r\nx: ", b"y" * (protocol.LONGEST_HEAD + 1))
        assert seen.startswith(b"HTTP/1.1 431 ")

    serving(work)


@pytest.mark.parametrize(
    "half", [b"", b"GET /config HT", b"PUT /config/running/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n1"]
)
def test_half_a_request_is_not_waited_for_for_ever(half, monkeypatch):
    monkeypatch.setattr(protocol, "WAITING_SECONDS", 0.1)

    async def work(port):
        seen = await exchanged(port, half)
        assert not seen or b" 408 " in seen or b" 400 " in seen

    serving(work)


def test_a_client_that_reads_nothing_is_cut_off(monkeypatch):
    monkeypatch.setattr(protocol, "WAITING_SECONDS", 0.1)

    async def work():
        manager = Manager(server_id="echo")
        rest = manager.add_access("rest://127.0.0.1:0")
        async with manager:
            await manager.set("long", "x" * 500_000)
            with socket.create_connection(("127.0.0.1", rest.port)) as client:
                client.sendall(b"GET /config/running HTTP/1.1\r\nhost: localhost\r\n\r\n" * 50)
                connections = rest._server.connections
                async with asyncio.timeout(20):
                    while not connections:  # noqa: ASYNC110 - what is waited for is the server's own round
                        await asyncio.sleep(0.01)
                    while connections:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)

    asyncio.run(work())

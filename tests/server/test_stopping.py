import asyncio
import socket

import pytest
from uvicorn import Server

from gitconfig_server.server.stopping import let_in
from gitconfig_server.settings.groups import Limits
from gitconfig_server.web.protocol import BoundedConfig

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


def heard(client):
    with client:
        client.settimeout(10)
        said = b""
        while piece := client.recv(4096):
            said += piece
        return said


@pytest.fixture
async def listening():
    """A server that listens, and its socket."""
    sock = socket.create_server(("127.0.0.1", 0))
    server = Server(BoundedConfig(answer, Limits(), 1000, lifespan="off", log_config=None))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup([sock])
    return server, sock


async def test_who_waits_to_be_let_in_is_answered_by_a_stop(listening):
    server, sock = listening
    # The loop lets nobody in here: no line of this waits, until the stop.
    clients = [socket.create_connection(sock.getsockname()) for _ in range(3)]
    for client in clients:
        client.sendall(GET)
    await let_in(server, [sock])
    await server.shutdown([sock])
    for client in clients:
        assert (await asyncio.to_thread(heard, client)).startswith(b"HTTP/1.1 200 ")


async def test_who_asks_late_is_answered_and_who_asks_nothing_is_not_waited_for(listening):
    server, sock = listening
    late, silent = (socket.create_connection(sock.getsockname()) for _ in range(2))
    asyncio.get_running_loop().call_later(0.01, late.sendall, GET)
    await let_in(server, [sock])
    await server.shutdown([sock])
    assert (await asyncio.to_thread(heard, late)).startswith(b"HTTP/1.1 200 ")
    assert await asyncio.to_thread(heard, silent) == b""

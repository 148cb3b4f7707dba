"""The first step of a graceful stop: whoever has got through to the listening socket is let in before it is closed.

The kernel resets connections that wait there, and those that are closed while what they sent lies unread.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import cast

from uvicorn import Server

from gitconfig_server.web.protocol import BoundedConfig, DirectProtocol

_LOOKS, _PAUSE = 20, 0.01
"""How often, and after how many seconds each, it is looked whether all have asked for something."""


async def let_in(server: Server, sockets: Sequence[socket.socket]) -> None:
    """Take all that wait, close the sockets, and hear what those ask who have just come; who asks is answered later.

    No more than an instant lies between the last look and the closing.
    """
    waiting = [connected for sock in sockets for connected in _accept_all(sock)]
    for listening in server.servers:
        listening.close()
    for sock in sockets:
        sock.close()
    loop = asyncio.get_running_loop()
    for connected in waiting:
        with suppress(OSError):  # it has gone again
            await loop.connect_accepted_socket(lambda: _protocol(server), connected)
    for _ in range(_LOOKS):
        if all(_have_asked(server.server_state.connections)):
            break
        await asyncio.sleep(_PAUSE)


def _accept_all(sock: socket.socket) -> Iterator[socket.socket]:
    sock.setblocking(False)
    while True:
        try:
            connected, _address = sock.accept()
        except ConnectionError:
            continue
        except OSError:  # nobody is left, or we may not open more
            return
        connected.setblocking(False)
        yield connected


def _protocol(server: Server) -> DirectProtocol:
    return DirectProtocol(cast(BoundedConfig, server.config), server.server_state, server.lifespan.state)


def _have_asked(connections: Iterable[object]) -> Iterator[bool]:
    return (cast(DirectProtocol, one).has_asked for one in list(connections))

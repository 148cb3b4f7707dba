"""uvicorn as a guest: its configuration and its protocol, on the service's loop and on a socket that is bound already.

uvicorn's own server takes the signals, wakes the loop ten times a second and needs two tenths of one to stop.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from time import time
from wsgiref.handlers import format_date_time

from uvicorn import Config
from uvicorn.server import ServerState

from gitconfig_server.manager.rest.protocol import GuestProtocol

_STOP_SECONDS = 5


class GuestServer:
    """Serves the application of a loaded ``config`` from ``open`` to ``close``. ``connections``: who is connected."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.connections: set[GuestProtocol] = set()
        self._state = ServerState()
        self._state.connections = self.connections  # type: ignore[assignment]  # its type knows uvicorn's own alone
        self._listener: asyncio.Server | None = None
        self._clock: asyncio.TimerHandle | None = None

    async def open(self, sock: socket.socket) -> None:
        """Listen; the socket is closed where that cannot be."""
        config, loop = self._config, asyncio.get_running_loop()
        protocol = partial(GuestProtocol, config, self._state, {})
        try:
            self._listener = await loop.create_server(protocol, sock=sock, ssl=config.ssl, backlog=config.backlog)
        except BaseException:
            sock.close()
            raise
        self._tell_time()

    async def close(self) -> None:
        """Take no more connections, answer what has been asked, and cut off whoever is not done within some seconds."""
        if self._listener is None or self._clock is None:
            return
        self._listener.close()
        self._clock.cancel()
        await asyncio.sleep(0)  # connections that were accepted just now are made
        for one in list(self.connections):
            one.shutdown()
        if waiting := [*(one.ended for one in self.connections), *self._state.tasks]:
            await asyncio.wait(waiting, timeout=_STOP_SECONDS)
        for task in list(self._state.tasks):
            task.cancel()
        for one in list(self.connections):
            one.transport.abort()
        await asyncio.sleep(0)  # those are told; who is still in a handshake of TLS is nobody to wait for

    def _tell_time(self) -> None:
        """Let the answers of the next second say when they were given."""
        self._state.default_headers = [(b"date", format_date_time(time()).encode())]
        self._clock = asyncio.get_running_loop().call_later(1.0, self._tell_time)

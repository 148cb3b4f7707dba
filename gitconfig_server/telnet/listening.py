"""Listening: one socket, a bounded number of sessions."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress

from gitconfig_server.telnet.guard import GuardedServer
from gitconfig_server.telnet.logins import Login
from gitconfig_server.telnet.notices import Notices
from gitconfig_server.telnet.session import IDLE_SECONDS, Session, Targets

log = logging.getLogger(__name__)

_SESSIONS = 32
_STOP_SECONDS = 2.0


def bind(host: str, port: int) -> socket.socket:
    """A socket at an address; OSError where it is taken."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # whoever is gone without a word is noticed
            sock.bind(address)
        except OSError:
            sock.close()
            raise
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return sock


class TelnetListener:
    """Serves what ``targets`` gives each user, on the running loop. ``notices`` are told to all sessions."""

    def __init__(
        self,
        targets: Targets,
        notices: Notices,
        login: Login | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._targets = targets
        self._notices = notices
        self._login = login
        self._idle = idle_seconds
        self._server: asyncio.Server | None = None
        self._open: set[GuardedServer] = set()

    async def start(self, sock: socket.socket) -> None:
        """Serve from now on at a bound socket, which is closed with the listener."""
        self._server = await asyncio.get_running_loop().create_server(self._connect, sock=sock)

    async def stop(self) -> None:
        """Close all sessions and the socket."""
        if self._server is None:
            return
        self._server.close()
        tasks = [one.task for one in self._open if one.task is not None]
        for one in list(self._open):
            one.end()
        if tasks:
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._server = None

    def _connect(self) -> asyncio.Protocol:
        if len(self._open) >= _SESSIONS:
            log.warning("telnet: more than %d sessions: one was turned away", _SESSIONS)
            return _TurnedAway()
        connection = GuardedServer(self._run, self._open.discard)
        self._open.add(connection)
        return connection

    async def _run(self, connection: GuardedServer) -> None:
        with suppress(TimeoutError):  # no login in time, or a client that does not read
            await Session(connection, self._targets, self._notices, self._login, self._idle).run()


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say why, and close."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"too many sessions: try again later\r\n")
        transport.close()

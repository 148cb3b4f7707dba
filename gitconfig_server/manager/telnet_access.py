"""``telnet://``: a terminal on a running service."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.manager.access import AccessAdaptor, is_loopback
from gitconfig_server.manager.telnet_targets import ManagerTargets
from gitconfig_server.telnet.listening import TelnetListener, bind
from gitconfig_server.telnet.logins import login_of, read_secrets
from gitconfig_server.telnet.session import IDLE_SECONDS

PORT = 8023
_OPTIONS = frozenset(["auth", "idle", "insecure"])


class TelnetAccess(AccessAdaptor):
    """Options in the URL: ``auth`` (a file of ``name:secret`` lines), ``idle`` (seconds), ``insecure=1``.

    Without ``auth`` nobody is asked who it is, and only loopback is served.
    """

    def __init__(self, manager: Any, url: str) -> None:
        super().__init__(manager, url)
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := given.keys() - _OPTIONS:
            raise InvalidSettings(f"telnet://: unknown {', '.join(sorted(unknown))}: {', '.join(sorted(_OPTIONS))}")
        host = parts.hostname or "127.0.0.1"
        if "auth" not in given and "insecure" not in given and not is_loopback(host):
            raise InvalidSettings(f"{self.shown}: anybody could log in: say auth=FILE in its URL, or use 127.0.0.1")
        if not given.get("idle", "1").isdecimal():
            raise InvalidSettings(f"telnet://: idle={given['idle'][:20]}: expected seconds")
        login = login_of(read_secrets(given["auth"])) if "auth" in given else None
        self._address = host, PORT if parts.port is None else parts.port
        self.port = self._address[1]
        self._targets = ManagerTargets(manager)
        idle = float(given.get("idle", IDLE_SECONDS))
        self._listener = TelnetListener(self._targets.session, self._targets.notices, login, idle)

    async def start(self) -> None:
        """Listen. OSError where the port is taken."""
        sock = bind(*self._address)
        self.port = sock.getsockname()[1]
        await self._listener.start(sock)
        self._targets.listen()

    async def stop(self) -> None:
        """End all sessions."""
        self._targets.stop()
        await self._listener.stop()


def make_access(manager: Any, url: str) -> TelnetAccess:
    """What ``add_access`` makes of a URL."""
    return TelnetAccess(manager, url)

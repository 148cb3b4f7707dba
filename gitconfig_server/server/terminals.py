"""The server's own telnet: one listener a server, on the loop of one of its processes."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.service.base import ConfigService
from gitconfig_server.service.spring.assembly import is_template
from gitconfig_server.settings import Settings
from gitconfig_server.settings.groups import TelnetSettings
from gitconfig_server.telnet.logins import login_of, read_secrets
from gitconfig_server.web.manners.hosts import is_loopback

PORT = 8823
_USERS = "telnet.users"


def telnet_address(settings: Settings) -> tuple[str, int] | None:
    """Where to listen, None for nowhere. InvalidSettings where nobody would be asked who it is, or nothing is kept."""
    asked = settings.telnet
    if not asked.listen:
        return None
    try:
        parts = urlsplit(f"//{asked.listen}")
        host, port = parts.hostname, PORT if parts.port is None else parts.port
    except ValueError:
        host, port = None, 0
    if not host or f"//{asked.listen}" != parts.geturl() or parts.path or "@" in asked.listen:
        raise InvalidSettings(f"telnet.listen: {asked.listen}: expected HOST:PORT, 127.0.0.1:{PORT} for example")
    if not asked.users and not is_loopback(host):
        raise InvalidSettings(
            f"telnet.listen: {host} can be reached from the network, and nobody would be asked who it is: listen on"
            " 127.0.0.1, or name a file of name:secret lines in telnet.users"
        )
    if asked.users:
        read_secrets(asked.users, _USERS)
    if is_template(settings):
        raise InvalidSettings("telnet.listen: one repository is worked on, and the setting repository names several")
    return host, port


@asynccontextmanager
async def talking(settings: TelnetSettings, service: ConfigService, sock: socket.socket) -> AsyncIterator[None]:
    """Within it whoever connects to the bound socket gets a terminal. InvalidSettings for a file of users."""
    from gitconfig_server.telnet.listening import TelnetListener  # nobody pays for it who does not talk
    from gitconfig_server.telnet.stored.targets import StoredTargets

    login = login_of(read_secrets(settings.users, _USERS)) if settings.users else None
    start = {"application": settings.application, "profile": settings.profile, "label": settings.label}
    targets = StoredTargets(service, start)
    await targets.tidy(datetime.now(UTC))
    listener = TelnetListener(targets.session, targets.notices, login, settings.idle_seconds)
    await listener.start(sock)
    try:
        yield
    finally:
        await listener.stop()
        await targets.stop()

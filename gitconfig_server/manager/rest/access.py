"""``rest://``, ``rests://`` and ``unix://``: the tree served on the service's own loop, by uvicorn without its manners.

No signal is touched, a taken port raises, and sockets are bound here: with TCP_NODELAY, and 0600 where they are files.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from uvicorn import Config

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.manager.access import AccessAdaptor, is_loopback
from gitconfig_server.manager.control import Control
from gitconfig_server.manager.rest.app import Authorize, RestApp, Unauthorized
from gitconfig_server.manager.rest.protocol import GuestProtocol
from gitconfig_server.manager.rest.requests import RestRequest
from gitconfig_server.manager.rest.serving import GuestServer
from gitconfig_server.model.principals import Principal
from gitconfig_server.telnet.logins import is_secret, read_secrets

log = logging.getLogger(__name__)

_CONNECTIONS = 512
_OPTIONS = frozenset(["cert", "key", "ca", "auth", "cors", "hosts", "insecure"])
_LOCAL = ("localhost", "127.0.0.1", "::1")


class RestAccess(AccessAdaptor):
    """Options in the URL: ``cert``, ``key`` (TLS), ``ca`` (who has no certificate of it gets no further), ``auth``
    (a file of ``name:secret`` lines, for Basic and bearers), ``cors`` (origins), ``hosts`` (names), ``insecure``.
    """

    def __init__(self, manager: Control, url: str) -> None:
        super().__init__(manager, url)
        self._parts = urlsplit(url)
        self._given = _options(self._parts)
        self._tls = _check_tls(self._parts, self._given)
        self._server: GuestServer | None = None
        self._file: Path | None = None
        self.port = 0

    async def start(self) -> None:
        """Bind, and serve from now on. OSError where the port is taken, InvalidSettings."""
        config = Config(
            self._app(),
            http=GuestProtocol,
            log_config=None,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            limit_concurrency=_CONNECTIONS,
            **self._tls,  # type: ignore[arg-type]
        )
        try:
            config.load()
        except OSError as error:  # an SSLError is one too, and neither names the file
            raise InvalidSettings(f"{self.shown}: {_unread(self._given)}: {error}") from error
        server = GuestServer(config)
        await server.open(self._bind())
        self._server = server

    async def stop(self) -> None:
        """Answer what has been asked, then close everything."""
        if self._server is not None:
            await self._server.close()
            self._server = None
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None

    def _app(self) -> Callable[..., Awaitable[None]]:
        authorize = _authorize(self._given["auth"]) if "auth" in self._given else None
        self._check_reach(authorize)
        return RestApp(self.manager, authorize, hosts=self._hosts(), origins=_list(self._given.get("cors", "")))

    def _bind(self) -> socket.socket:
        if self._parts.scheme == "unix":
            return self._bind_file(Path(unquote(self._parts.netloc + self._parts.path)))
        host, port = self._parts.hostname or "127.0.0.1", self._parts.port or 0
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, socket.IPPROTO_TCP)  # without the protocol asyncio sets no TCP_NODELAY
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
        except OSError as error:
            sock.close()
            raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
        self.port = sock.getsockname()[1]
        return sock

    def _bind_file(self, path: Path) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if path.is_socket() and not _is_answered(path):
                path.unlink()  # its owner was killed
            sock.bind(str(path))
            path.chmod(0o600)
        except OSError as error:
            sock.close()
            raise OSError(error.errno, f"cannot listen on {path}: {error.strerror}") from error
        self._file = path
        return sock

    def _hosts(self) -> list[str] | None:
        """The names that a page of a foreign site cannot be called by; whoever is asked for a secret needs none."""
        further = _list(self._given.get("hosts", ""))
        if self._parts.scheme == "unix" or ("auth" in self._given and not further):
            return None
        return [*_LOCAL, self._parts.hostname or "", *further]

    def _check_reach(self, authorize: Authorize | None) -> None:
        if self._parts.scheme == "unix" and not self._parts.netloc + self._parts.path:
            raise InvalidSettings("unix:// needs a path: unix:///run/echo.sock")
        if self._parts.scheme == "unix" or is_loopback(self._parts.hostname or "127.0.0.1"):
            return
        if "insecure" in self._given:
            return
        if not self._tls:
            raise InvalidSettings(f"{self.shown}: without TLS only loopback is served: use rests://, or 127.0.0.1")
        if authorize is None and "ca" not in self._given:
            raise InvalidSettings(f"{self.shown}: anybody could call it: say auth=FILE or ca=FILE in its URL")


def make_access(manager: Control, url: str) -> RestAccess:
    """What ``add_access`` makes of a URL."""
    return RestAccess(manager, url)


def _authorize(path: str) -> Authorize:
    secrets = read_secrets(path)

    def authorize(request: RestRequest) -> Principal:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            for name, secret in secrets.items():
                if is_secret(secret, given):
                    return Principal(name)
        if scheme.lower() == "basic":
            try:
                name, _, secret = b64decode(given, validate=True).decode("utf-8").partition(":")
            except ValueError:
                name = secret = ""
            if is_secret(secrets.get(name, "\0"), secret) and name in secrets:
                return Principal(name)
        raise Unauthorized("say who you are: Basic with name and secret, or the secret as a bearer's token")

    return authorize


def _options(parts: SplitResult) -> dict[str, str]:
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := given.keys() - _OPTIONS:
        raise InvalidSettings(f"{parts.scheme}://: unknown {', '.join(sorted(unknown))}: {', '.join(sorted(_OPTIONS))}")
    return given


def _check_tls(parts: SplitResult, given: Mapping[str, str]) -> dict[str, object]:
    """What uvicorn is to know of TLS; nothing where the URL asks for none."""
    if parts.scheme != "rests":
        if {"cert", "key", "ca"} & given.keys():
            raise InvalidSettings(f"{parts.scheme}:// has no TLS: cert, key and ca belong to rests://")
        return {}
    if "cert" not in given or "key" not in given:
        raise InvalidSettings("rests:// needs cert=FILE and key=FILE")
    found: dict[str, object] = {"ssl_certfile": given["cert"], "ssl_keyfile": given["key"]}
    if "ca" in given:
        found |= {"ssl_ca_certs": given["ca"], "ssl_cert_reqs": ssl.CERT_REQUIRED}
    return found


def _unread(given: Mapping[str, str]) -> str:
    """Which file of TLS cannot be read or, where all can, which do not go together."""
    files = {name: given[name] for name in ("cert", "key", "ca") if name in given}
    absent = [f"{name}={file} cannot be read" for name, file in files.items() if not os.access(file, os.R_OK)]
    return absent[0] if absent else ", ".join(f"{name}={file}" for name, file in files.items()) + ": no good for TLS"


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _list(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]

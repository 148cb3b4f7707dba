"""Who an open server answers: callers who name it rightly, and no pages of other sites.

Without authentication, a browser on the same machine is the way in for strangers: a rebound DNS name shows in ``Host``,
a page of another site in ``Origin`` and ``Sec-Fetch-Site``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gitconfig_server.errors import GitConfigError, MalformedRequest
from gitconfig_server.web.problems.failures import answer_failure
from gitconfig_server.web.problems.refusals import CrossSite, WrongHost

_ANY = "*"
_FOREIGN = "gitconfig.foreign"
_OURS = ("same-origin", "none")
_EVERYWHERE = ("", "0.0.0.0", "::")


class Hosts:
    """Refuses foreign hosts (421) and cross-site calls (403).

    Names of loopback, the address the server is ``bound`` to and those ``allowed`` are its own; ``*`` allows all.
    ``probes``: paths that are answered by any name, since load balancers call by address; without details then. What
    speaks HTTP/1.0 need not name a host, and is no browser.
    """

    def __init__(self, app: ASGIApp, bound: str, allowed: Collection[str] = (), probes: Collection[str] = ()) -> None:
        self._app = app
        self._probes = frozenset(probes)
        self._allowed = frozenset(name.lower() for name in (*allowed, *(() if bound in _EVERYWHERE else (bound,))))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (error := self._refusal(scope)):
            await answer_failure(scope, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> GitConfigError | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        # RFC 9112, 3.2: two Host lines are how requests are smuggled past whoever looks at the first.
        if len(hosts) > 1 or (not hosts and scope.get("http_version") != "1.0"):
            return MalformedRequest("exactly one Host header is needed")
        host = hosts[0] if hosts else ""
        if hosts and _ANY not in self._allowed and not self._is_ours(host):
            if scope["path"] not in self._probes:
                return WrongHost(host)
            scope[_FOREIGN] = True
        origin = headers.get("origin")
        # The scheme may differ where a proxy ends TLS; name and port may not. Sandboxed pages say "null".
        if origin is not None and origin.lower().partition("://")[2] != host.lower():
            return CrossSite(origin)
        if origin is None and headers.get("sec-fetch-site", "none") not in _OURS and not _is_visit(scope, headers):
            return CrossSite("another site")
        return None

    def _is_ours(self, host: str) -> bool:
        name = host_name(host)
        return name in self._allowed or is_loopback(name)


def is_foreign(scope: Scope) -> bool:
    """Whether a probe was called by a name that is none of ours: its answer may hold nothing."""
    return _FOREIGN in scope


def is_loopback(name: str) -> bool:
    """Whether ``name`` (a host without its port) can only mean this machine."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def local_name(bound: str) -> str:
    """By which name this machine reaches a server that is bound to an address, or to all of them."""
    return {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(bound, bound)


def host_name(host: str) -> str:
    """A Host header's value without its port and brackets, in lower case; empty where it has no form."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """A link that somebody followed: the page it comes from cannot read the answer."""
    return scope["method"] in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"

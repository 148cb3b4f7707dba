"""One configuration server over HTTP: requests out, whole answers back, problems as the errors they stand for."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
from msgspec import Struct

from gitconfig_server import errors
from gitconfig_server.errors import Conflict, Denied, GitConfigError, InvalidInput, NotFound, ServerUnreachable
from gitconfig_server.version import __version__
from gitconfig_server.wire.decoding import convert, decode
from gitconfig_server.wire.json import parse_json
from gitconfig_server.wire.problems import ProblemRead, read_attributes

KINDS = {
    kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GitConfigError)
}
"""Code -> class. Codes that only other versions, or other faces, know have the class of their status's family."""


def _error_of(status: int, headers: Mapping[str, str], body: bytes, server: str) -> GitConfigError:
    """The error that an answer stands for. ``server`` is how messages name who answered.

    It has the attributes that the document tells of, and ``str`` is its detail. What is no problem document comes from
    something in front of the server, or from no server of ours.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    try:
        if media_type == "application/problem+json":
            return _read_problem(status, parse_json(body))
    except InvalidInput:  # what claims to be a problem document and is none
        pass
    if status in (401, 403):
        return Denied(f"{server} answers {status}: it wants to know who is asking, as in http://user:password@host")
    if status in (301, 302, 303, 307, 308):
        where = headers.get("location", "")[:200]
        return ServerUnreachable(f"{server} answers that it is at {where}: ask there")
    return ServerUnreachable(f"{server} answers {status}, and not as a configuration server does")


def _read_problem(status: int, members: dict[str, Any]) -> GitConfigError:
    problem = convert(members, ProblemRead)
    kind = KINDS.get(problem.code)
    if kind is None:
        kind = type("Refused", (_family(status),), {"code": problem.code, "__doc__": problem.title})
    error: GitConfigError = GitConfigError.__new__(kind)  # its constructor wants more than the document tells
    error.args = (problem.detail,)
    for name, value in read_attributes(members).items():
        setattr(error, name, value)
    return error


def _family(status: int) -> type[GitConfigError]:
    if status in (401, 403):
        return Denied
    return {404: NotFound, 409: Conflict, 412: Conflict}.get(status, InvalidInput if status < 500 else GitConfigError)


_T = TypeVar("_T")
_R = TypeVar("_R")

MAX_BODY = 64 * 1024 * 1024
"""Bytes of an answer that are taken."""

SECONDS = 30.0
"""How long a server may keep silent."""

_CONNECT_SECONDS = 5.0

_EXPECTED = "the server's address: expected http://host:port or https://host, with user:password@ in front of the host"

_LOST = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)
"""The connection ended before the answer did: nobody can tell what became of the request."""


class Answer(Struct, frozen=True):
    """What a server said: a status below 300, headers, and the whole body."""

    status: int
    headers: httpx.Headers
    body: bytes


class Wire:
    """Requests to the server at ``url``, which may carry ``user:password@`` and a path. Close it.

    ``token`` is sent as a bearer's, in place of user and password.

    Redirects are not followed: who follows them takes credentials, and writes, wherever an answer says. Credentials
    are never in a message. Belongs to one event loop.
    """

    def __init__(
        self, url: str, *, seconds: float = SECONDS, http: httpx.AsyncClient | None = None, token: str = ""
    ) -> None:
        self._url = _address(url)
        self.shown = str(self._url.copy_with(userinfo=b"")).rstrip("/")
        self._http = http or httpx.AsyncClient(
            timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            follow_redirects=False,
            trust_env=not _is_loopback(self._url.host),  # a proxy has nothing to do with this machine's own servers
            verify=_trusted() if self._url.scheme == "https" else False,
        )
        self._auth = httpx.BasicAuth(self._url.username, self._url.password) if self._url.userinfo else None
        self._bearer = {"Authorization": f"Bearer {token}"} if token else {}

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        taken: tuple[int, ...] = (),
    ) -> Answer:
        """Send one request; ``path`` is encoded, and begins with a slash.

        Once more where the connection is lost meanwhile: a write must carry an Idempotency-Key. Raises the error that
        a problem document stands for, but for the statuses ``taken``, and ServerUnreachable for all else that is no
        answer of a configuration server.
        """
        address = f"{self.shown}{path}" + (f"?{_encoded(query)}" if query else "")
        sent = {"Accept-Encoding": "identity", "User-Agent": f"gitcfg/{__version__}", **self._bearer, **(headers or {})}
        request = self._http.build_request(method, address, headers=sent, content=body)
        try:
            answer = await self._send(request)
        except _LOST:
            answer = await self._last_try(request)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if 200 <= answer.status < 300 or answer.status in taken:
            return answer
        raise _error_of(answer.status, answer.headers, answer.body, self.shown)

    def read(self, answer: Answer, kind: type[_T], make: Callable[[_T], _R]) -> _R:
        """What ``make`` makes of the answer's JSON, declared as ``kind``; ServerUnreachable where it is not so."""
        try:
            return make(decode(answer.body, kind))
        except InvalidInput as error:
            raise ServerUnreachable(f"{self.shown} answers what no configuration server does: {error}") from error

    async def _last_try(self, request: httpx.Request) -> Answer:
        try:
            return await self._send(request)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    async def _send(self, request: httpx.Request) -> Answer:
        response = await self._http.send(request, auth=self._auth, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BODY:
                    raise ServerUnreachable(f"{self.shown} answers more than {MAX_BODY} bytes")
            return Answer(response.status_code, response.headers, bytes(body))
        finally:
            await response.aclose()

    def _unreachable(self, error: httpx.HTTPError) -> ServerUnreachable:
        if isinstance(error, httpx.TimeoutException):
            return ServerUnreachable(f"{self.shown} does not answer in time ({type(error).__name__})")
        return ServerUnreachable(f"{self.shown} cannot be asked: {str(error) or type(error).__name__}")


def _address(url: str) -> httpx.URL:
    """Where a server is; InvalidInput, without the credentials it may hold, for what is no such address."""
    try:
        found = httpx.URL(url.rstrip("/"))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise InvalidInput(_EXPECTED) from error
    sound = found.scheme in ("http", "https") and found.host and 0 < (found.port or 80) < 65536
    if not sound or found.query or found.fragment:
        raise InvalidInput(_EXPECTED)
    return found


def _trusted() -> ssl.SSLContext:
    """Whom to believe: the authorities of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``, else all the world's."""
    return httpx.create_ssl_context()  # reading the world's takes its time: nobody without TLS waits for it


def _encoded(query: Mapping[str, str]) -> str:
    try:
        return urlencode(query)
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{error.object!r:.80}: is not Unicode") from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

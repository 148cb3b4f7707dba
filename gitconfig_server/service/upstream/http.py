"""A remote repository over HTTP(S), the smart protocol (gitprotocol-http)."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from io import SEEK_CUR, SEEK_END
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import httpx
from msgspec import Struct

from gitconfig_server.errors import RemoteFailed
from gitconfig_server.service.upstream.remotes import (
    Conversation,
    RemoteAddress,
    Service,
    check_advertisement,
    secret_of,
    spooled,
)
from gitconfig_server.settings.upstream import UpstreamSettings

_REDIRECTS = 5
_PIECE = 1 << 16
_HEADERS = {"User-Agent": "git/2 (gitconfig-server)", "Accept-Encoding": "identity"}
"""Some hosts answer Git only to who calls itself so."""

_REFUSED = "the remote refuses these credentials (settings upstream.username, upstream.password)"
_MEANINGS = {
    401: _REFUSED,
    403: _REFUSED,
    404: "the remote has no repository there, or does not show it to us",
    429: "the remote says that we ask too often (setting upstream.refresh)",
}


class HttpRemote:
    """The proxies of the environment (``HTTPS_PROXY``, ``NO_PROXY``) are used.

    Credentials go to the scheme, host and port of the address alone, as stock Git's do.
    """

    def __init__(self, address: RemoteAddress, settings: UpstreamSettings, limit: int) -> None:
        self.name = address.name
        self._address = address
        self._settings = settings
        self._limit = limit

    @asynccontextmanager
    async def conversation(self, service: Service) -> AsyncIterator[Conversation]:
        """Ask what the remote has."""
        user, password = secret_of(self._settings, self._address)
        with _translated():
            client = httpx.AsyncClient(
                verify=_trust(self._settings),
                timeout=self._settings.timeout,
                headers=_HEADERS,
                follow_redirects=False,
            )
        async with client:
            login = httpx.BasicAuth(user, password) if user else None
            with _translated():
                url, advertisement = await self._greet(client, service, login)
            login = login if _origin(url) == _origin(self.name) else None
            yield _HttpConversation(client, url, service, advertisement, self._limit, self._settings.timeout, login)

    async def _greet(
        self, client: httpx.AsyncClient, service: Service, login: httpx.BasicAuth | None
    ) -> tuple[str, bytes]:
        """The URL that the repository answers at, and its first words."""
        url = f"{self.name}/info/refs?service={service}"
        for _ in range(_REDIRECTS):
            auth = login if _origin(url) == _origin(self.name) else None
            async with client.stream("GET", url, auth=auth) as response:
                if response.is_redirect:
                    url = self._moved(url, response.headers.get("location", ""))
                    continue
                _check(response, f"application/x-{service}-advertisement")
                return url.removesuffix(f"/info/refs?service={service}"), await _read(response)
        raise RemoteFailed("the remote redirects in circles")

    def _moved(self, url: str, location: str) -> str:
        """Where a redirection leads, if that is the same host, no less safe, and still a repository."""
        old, new = urlsplit(url), urlsplit(urljoin(url, location))
        new = new._replace(netloc=new.netloc.rpartition("@")[2], fragment="")  # whoever redirects names no user
        if new.hostname != old.hostname or new.scheme not in ("https", old.scheme) or new.query != old.query:
            raise RemoteFailed(
                f"the remote has moved to {new.scheme}://{new.netloc}: change upstream.url, if that is right"
            )
        return new.geturl()


class _HttpConversation(Struct, frozen=True):
    client: httpx.AsyncClient
    url: str
    service: Service
    advertisement: bytes
    limit: int
    patience: float
    login: httpx.BasicAuth | None

    async def ask(self, request: BinaryIO) -> BinaryIO:
        """One POST."""
        headers = {
            "Content-Type": f"application/x-{self.service}-request",
            "Content-Length": str(_left(request)),
            "Accept": f"application/x-{self.service}-result",
        }
        with _translated():
            async with self.client.stream(
                "POST", f"{self.url}/{self.service}", content=_pieces(request), headers=headers, auth=self.login
            ) as response:
                _check(response, f"application/x-{self.service}-result")
                return await spooled(response.aiter_bytes(), self.limit, self.patience)


def _origin(url: str) -> httpx.URL:
    """Scheme, host and port."""
    return httpx.URL(url).copy_with(raw_path=b"/", userinfo=b"", fragment=None)


def _check(response: httpx.Response, media_type: str) -> None:
    if response.status_code != 200:
        meaning = _MEANINGS.get(response.status_code, f"the remote answers {response.status_code}")
        raise RemoteFailed(f"{meaning} ({response.status_code})" if response.status_code in _MEANINGS else meaning)
    if response.headers.get("content-type", "").partition(";")[0].strip() != media_type:
        raise RemoteFailed("what answers there is no Git repository (smart HTTP)")


async def _read(response: httpx.Response) -> bytes:
    raw = bytearray()
    async for chunk in response.aiter_bytes():
        raw += chunk
        check_advertisement(len(raw))
    return bytes(raw)


def _left(file: BinaryIO) -> int:
    here = file.seek(0, SEEK_CUR)
    end = file.seek(0, SEEK_END)
    file.seek(here)
    return end - here


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _trust(settings: UpstreamSettings) -> ssl.SSLContext | bool:
    """The certificates of the system and of the package, or those of ``upstream.ca_file`` alone."""
    if not settings.verify:
        return False
    if settings.ca_file:
        try:
            return ssl.create_default_context(cafile=settings.ca_file)
        except OSError as error:  # TLS's own errors are among these
            raise RemoteFailed("upstream.ca_file cannot be used", inside=f"{settings.ca_file}: {error}") from error
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


def _reason(error: BaseException) -> str:
    """What ``error`` says, or, where it says nothing, what led to it."""
    cause: BaseException | None = error
    while cause is not None:
        if text := getattr(cause, "strerror", None) or str(cause):
            return str(text)
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of httpx and of the temporary file, as RemoteFailed. No message has credentials: no URL had any."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise RemoteFailed("the remote did not answer in time (setting upstream.timeout)") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RemoteFailed(f"the remote cannot be reached: {_reason(error)}") from error
    except OSError as error:
        raise RemoteFailed("what the remote sends cannot be kept", inside=str(error)) from error

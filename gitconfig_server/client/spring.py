"""What a Spring Cloud Config server answers, ours or another: environments over HTTP, and lists where it has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from msgspec import Struct

from gitconfig_server.errors import ServerUnreachable
from gitconfig_server.formats.properties import merge
from gitconfig_server.model.environments import Value

_MAX_BODY = 64 * 1024 * 1024
_PLAIN = ",@+-._~()"


class Answered(Struct, frozen=True):
    """One environment as a server tells it: source names and properties, the strongest first.

    ``status`` other than 200 leaves ``sources`` empty; ``message`` is what the server said then.
    """

    status: int
    sources: tuple[tuple[str, Mapping[str, Value]], ...] = ()
    version: str | None = None
    message: str = ""

    def merged(self) -> dict[str, Value]:
        """The effective value of each key, as clients bind them: the first source that has a key or list wins."""
        return merge(properties for _, properties in self.sources)


class SpringServer:
    """One server at ``url``, which may carry ``user:password@`` and a path. Close it."""

    def __init__(self, url: str, timeout: float = 30, connections: int = 8) -> None:
        try:
            self.url = httpx.URL(url.rstrip("/"))
        except httpx.InvalidURL as error:
            raise ServerUnreachable(f"what should be the server's address is none: {error}") from error
        if self.url.scheme not in ("http", "https") or not self.url.host:
            raise ServerUnreachable(f"{self.shown}: expected http://host:port or https://host")
        limits = httpx.Limits(max_connections=connections)
        self._http = httpx.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False)

    @property
    def shown(self) -> str:
        """The address without what only its owner should see."""
        return str(self.url.copy_with(userinfo=b""))

    async def environment(self, application: str, profiles: str, label: str | None) -> Answered:
        """The environment that ``/{application}/{profiles}[/{label}]`` answers.

        Raises ServerUnreachable, also where the server sends us elsewhere or asks who we are.
        """
        parts = [application, profiles, *([label] if label else [])]
        response = await self._get("/".join(quote(part.replace("/", "(_)"), safe=_PLAIN) for part in parts))
        if response.is_redirect:
            raise ServerUnreachable(f"{self.shown} redirects to {_place(response)}: give that address instead")
        if response.status_code == 401:
            raise ServerUnreachable(f"{self.shown} refuses these credentials (401): give http://user:password@host")
        if response.status_code != 200:
            return Answered(response.status_code, message=_message(response))
        document = _json(response, self.shown)
        try:
            sources = tuple((str(one["name"]), dict(one["source"])) for one in document["propertySources"])
            return Answered(200, sources, document.get("version"))
        except (KeyError, TypeError, ValueError) as error:
            raise ServerUnreachable(f"{response.request.url.path} at {self.shown} is not an environment") from error

    async def listed(self, path: str, name: str) -> list[dict[str, Any]]:
        """All pages of a list of the native API; ServerUnreachable where the server has none."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            separator = "&" if "?" in path else "?"
            response = await self._native(f"{path}{f'{separator}cursor={quote(cursor)}' if cursor else ''}")
            if response.status_code != 200:
                raise ServerUnreachable(f"{self.shown} answers {response.status_code} to a list of its {name}")
            document = _json(response, self.shown)
            if not isinstance(document, dict):
                raise ServerUnreachable(f"{response.request.url.path} at {self.shown} is no list of its {name}")
            found += document.get(name, [])
            cursor = document.get("next") or ""
            if not cursor:
                return found

    async def file(self, path: str, label: str | None) -> bytes | None:
        """A file as one of our servers stores it; None where it does not give it. Raises ServerUnreachable."""
        of_label = f"?label={quote(label, safe='')}" if label else ""
        response = await self._native(f"files/{quote(path)}{of_label}")
        return response.content if response.status_code == 200 else None

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def _native(self, path: str) -> httpx.Response:
        """The native API stands at the root, whatever the prefix of Spring's routes that the address may end in."""
        response = await self._get(f"api/v1/{path}")
        if response.status_code == 404 and self.url.path != "/":
            return await self._get(f"api/v1/{path}", str(self.url.copy_with(path="/")).rstrip("/"))
        return response

    async def _get(self, path: str, base: str = "") -> httpx.Response:
        try:
            async with self._http.stream(
                "GET", f"{base or self.url}/{path}", headers={"Accept": "application/json"}
            ) as got:
                body = bytearray()
                async for chunk in got.aiter_bytes():
                    body += chunk
                    if len(body) > _MAX_BODY:
                        raise ServerUnreachable(f"{self.shown}/{path} answers more than {_MAX_BODY} bytes")
                return httpx.Response(
                    got.status_code, headers=_plain(got.headers), content=bytes(body), request=got.request
                )
        except httpx.TimeoutException as error:
            raise ServerUnreachable(f"{self.shown} did not answer /{path} in time (--timeout)") from error
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise ServerUnreachable(f"{self.shown} cannot be asked for /{path}: {reason}") from error


def _place(response: httpx.Response) -> str:
    """Where a redirection leads, in so far as one may be told."""
    location = response.request.url.join(response.headers.get("location", ""))
    return str(location.copy_with(userinfo=b"", path="/", query=None)).rstrip("/")


def _plain(headers: httpx.Headers) -> httpx.Headers:
    """Headers of a body that has been decoded already."""
    return httpx.Headers([(name, value) for name, value in headers.multi_items() if name != "content-encoding"])


def _json(response: httpx.Response, shown: str) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        raise ServerUnreachable(f"{response.request.url.path} at {shown} is not JSON") from error


def _message(response: httpx.Response) -> str:
    try:
        document = response.json()
    except (ValueError, RecursionError):
        return ""
    said = document.get("message") or document.get("detail") or "" if isinstance(document, dict) else ""
    return str(said)[:500]

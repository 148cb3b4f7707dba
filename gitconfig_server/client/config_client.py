"""``ConfigClient``: one environment from a configuration server, merged to flat properties."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from gitconfig_server.errors import InvalidInput, LabelNotFound, ServerUnreachable
from gitconfig_server.formats.properties import flatten, merge

_TIMEOUT = 15.0
_PLAIN = ",@+-._~()"
_NO_LABEL = "no such label"
_NO_ROUTE = "nothing is served at"


class ConfigClient:
    """Reads one application and profile (a comma list: the last one wins) at a label, else the server's default one.

    ``server_url`` and ``url`` are one thing. A given ``http_client`` is used as it is and stays open.
    """

    def __init__(
        self,
        *,
        server_url: str | None = None,
        url: str | None = None,
        application: str,
        profile: str = "default",
        label: str | None = None,
        username: str | None = None,
        password: str | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        address = url if server_url is None else server_url
        if address is None or (url is not None and url != address):
            raise InvalidInput("give the server's address, once: server_url=... (or url=...)")
        if not application:
            raise InvalidInput("give an application: an empty name would read what all of them share")
        self._names = {"application": application, "profile": profile, "label": label}
        segments = (name.replace("/", "(_)") for name in self._names.values() if name is not None)
        self._url = "/".join([address.rstrip("/"), *(quote(segment, safe=_PLAIN) for segment in segments)])
        self._shown = str(httpx.URL(self._url).copy_with(userinfo=b""))
        self._auth = (username, password) if username is not None and password is not None else None
        self._http = http_client

    def __repr__(self) -> str:
        return f"<ConfigClient {self._shown}>"

    async def fetch(self) -> dict[str, Any]:
        """The effective properties, flat (``db.url``); empty where the server says that nothing is stored.

        Raises LabelNotFound, and ServerUnreachable for any other answer, and if no server answers.
        """
        try:
            if self._http is not None:
                return self._read(await self._http.get(self._url, auth=self._auth or httpx.USE_CLIENT_DEFAULT))
            async with httpx.AsyncClient(timeout=_TIMEOUT) as http:
                return self._read(await http.get(self._url, auth=self._auth or httpx.USE_CLIENT_DEFAULT))
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def fetch_sync(self) -> dict[str, Any]:
        """As ``fetch``, for programs without an event loop; with a connection of its own."""
        try:
            with httpx.Client(timeout=_TIMEOUT) as http:
                return self._read(http.get(self._url, auth=self._auth or httpx.USE_CLIENT_DEFAULT))
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        if response.status_code == 404:
            return self._read_nothing(response)
        if response.status_code != 200:
            raise ServerUnreachable(f"{self._shown} answers {response.status_code}: {response.text[:300]}")
        try:
            sources = [flatten(source["source"] or {}) for source in response.json()["propertySources"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ServerUnreachable(f"{self._shown} answers something that is no environment") from error
        return merge(sources)

    def _read_nothing(self, response: httpx.Response) -> dict[str, Any]:
        """Nothing is stored: no error, unless the label is not there, or the address is that of something else."""
        message = _message(response)
        if message.lower().startswith(_NO_LABEL):
            raise LabelNotFound(message.partition(":")[2].strip() or str(self._names["label"]))
        if message.startswith(_NO_ROUTE):
            raise ServerUnreachable(f"{self._shown} is not the address of a configuration server: {message[:300]}")
        return {}

    def _unreachable(self, error: httpx.HTTPError) -> ServerUnreachable:
        return ServerUnreachable(f"{self._shown} cannot be asked: {str(error) or type(error).__name__}")


def _message(response: httpx.Response) -> str:
    """What a Spring Cloud Config Server, ours or Java's, says of an error; empty where it is none of these."""
    try:
        document = response.json()
    except ValueError:
        return ""
    return str(document.get("message") or "") if isinstance(document, dict) else ""

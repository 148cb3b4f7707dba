"""``ConfigClient``: one environment from a configuration server, merged to flat properties."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from gitconfig_server.errors import InvalidInput, ServerUnreachable
from gitconfig_server.formats.properties import flatten, merge

TIMEOUT = 15.0
_PLAIN = ",@+-._~()"


class ConfigClient:
    """Reads one application and profile (a comma list: the last one wins) at a label.

    ``server_url`` and ``url`` are one thing. A given ``http_client`` is used as it is and stays open.
    """

    def __init__(
        self,
        *,
        server_url: str | None = None,
        url: str | None = None,
        application: str,
        profile: str = "default",
        label: str = "main",
        username: str | None = None,
        password: str | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        address = url if server_url is None else server_url
        if address is None or (url is not None and url != address):
            raise InvalidInput("give the server's address, once: server_url=... (or url=...)")
        segments = (segment.replace("/", "(_)") for segment in (application, profile, label))
        self._url = "/".join([address.rstrip("/"), *(quote(segment, safe=_PLAIN) for segment in segments)])
        self._auth = (username, password) if username is not None and password is not None else None
        self._http = http_client

    async def fetch(self) -> dict[str, Any]:
        """The effective properties, flat (``db.url``); empty where the server says 404: nothing is stored.

        Raises ServerUnreachable for any other answer, and where there is none.
        """
        if self._http is not None:
            return await self._fetch(self._http)
        async with httpx.AsyncClient(timeout=TIMEOUT) as http:
            return await self._fetch(http)

    async def _fetch(self, http: httpx.AsyncClient) -> dict[str, Any]:
        try:
            response = await http.get(self._url, auth=self._auth or httpx.USE_CLIENT_DEFAULT)
        except httpx.HTTPError as error:
            raise ServerUnreachable(f"{self._url} cannot be asked: {str(error) or type(error).__name__}") from error
        if response.status_code == 404:
            return {}
        if response.status_code != 200:
            raise ServerUnreachable(f"{self._url} answers {response.status_code}: {response.text[:300]}")
        try:
            sources = [flatten(source["source"] or {}) for source in response.json()["propertySources"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ServerUnreachable(f"{self._url} answers something that is no environment") from error
        return merge(sources)

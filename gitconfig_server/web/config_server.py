"""``ConfigServer``: any ``ConfigBackend`` as a configuration server, in Python or mounted in an ASGI application.

The answers are those of the configuration server this class is modelled on: names like ``orders-prod``, 404 where
nothing is stored. The served routes of ``gitconfig-server`` answer as Spring does instead.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gitconfig_server.backend import ConfigBackend, ConfigSource
from gitconfig_server.config.names.file_names import APPLICATION, DEFAULT_PROFILE, SLASH
from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import GitConfigError, InvalidChange, InvalidName, NotFound, TooLarge
from gitconfig_server.formats.properties import flatten
from gitconfig_server.web.problems.documents import status_of
from gitconfig_server.wire.json import parse_json

_MAX_BODY = 8 * 1024 * 1024
_MAIN = "main"


class ConfigServer:
    """Serves what a backend keeps. ``base_path`` is where ``routes`` stand unless they are told otherwise."""

    base_path = "/config"

    def __init__(self, backend: ConfigBackend) -> None:
        self._backend = backend

    async def fetch(
        self, application: str, profile: str = DEFAULT_PROFILE, label: str = _MAIN
    ) -> dict[str, Any] | None:
        """``{name, profiles, label, propertySources}``, the strongest source first; None where nothing is stored.

        For the profiles ``a,b``: the application's sources for b, a and ``default``, then those of ``application``.
        Properties are flat (``db.url``, ``hosts[0]``), in the order they are stored.
        """
        profiles = [name for name in profile.split(",") if name]
        sources = []
        for owner, one in _overlay(application, profiles):
            found = await self._backend.fetch(owner, one, label)
            if found is not None:
                sources.append({"name": f"{owner}-{one}", "source": flatten(found.properties)})
        if not sources:
            return None
        return {"name": application, "profiles": profiles, "label": label, "propertySources": sources}

    async def save(
        self, application: str, profile: str, properties: Mapping[str, Any], label: str = _MAIN
    ) -> dict[str, bool]:
        """Store a source whole; ``{"saved": True}``."""
        await self._backend.save(ConfigSource(application, profile, label, dict(properties)))
        return {"saved": True}

    async def list(self) -> builtins.list[dict[str, str]]:
        """``{application, profile, label}`` of every source."""
        return [
            {"application": one.application, "profile": one.profile, "label": one.label}
            for one in await self._backend.list()
        ]

    def routes(self, base_path: str = base_path) -> builtins.list[Route]:
        """``GET {base}/_list``; ``GET`` and ``POST {base}/{application}/{profile}[/{label}]``.

        For a Starlette or FastAPI application. A slash in the label is written ``%2F`` or ``(_)``.
        """
        base = "/" + base_path.strip("/") if base_path.strip("/") else ""
        routes = _Routes(self, base)
        return [
            Route(f"{base}/_list", routes.list),
            Route(f"{base}/{{path:path}}", routes.source, methods=["GET", "POST"]),
        ]


class _Routes:
    """The HTTP side of one server."""

    def __init__(self, server: ConfigServer, base: str) -> None:
        self._server = server
        self._base = base

    async def list(self, _: Request) -> Response:
        return JSONResponse(await self._server.list())

    async def source(self, request: Request) -> Response:
        try:
            names = _names(request, self._base)
            if request.method == "POST":
                return JSONResponse(await self._server.save(names[0], names[1], await _properties(request), names[2]))
            found = await self._server.fetch(*names)
            return JSONResponse(found) if found is not None else _error(404, "configuration not found")
        except GitConfigError as error:
            return _error(status_of(error), disclose(error))


def _overlay(application: str, profiles: list[str]) -> Iterator[tuple[str, str]]:
    """The sources that take part, the strongest first, each once."""
    wanted = dict.fromkeys([*reversed(profiles), DEFAULT_PROFILE])
    for owner in dict.fromkeys([application, APPLICATION]):
        for profile in wanted:
            yield owner, profile


def _names(request: Request, base: str) -> tuple[str, str, str]:
    """Application, profile and label, split before they are decoded; NotFound for any other number of segments."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    inside = raw.removeprefix(request.scope.get("root_path", "").encode()).removeprefix(base.encode())
    segments = [_decode(segment) for segment in inside.strip(b"/").split(b"/")]
    if len(segments) not in (2, 3):
        raise NotFound(f"{base}/{{application}}/{{profile}}[/{{label}}] is served here")
    application, profile, label = [*segments, _MAIN][:3]
    return application, profile, label.replace(SLASH, "/")


def _decode(segment: bytes) -> str:
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError as error:
        raise InvalidName("path", repr(segment)[:80], "is not UTF-8") from error


async def _properties(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise TooLarge("the request body", _MAX_BODY)
    properties = parse_json(body) if body else {}
    if not isinstance(properties, dict):
        raise InvalidChange("expected a JSON object of properties")
    return properties


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status)

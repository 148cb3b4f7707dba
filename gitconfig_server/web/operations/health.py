"""Whether the process lives and can answer: ``/health``, ``/ready``, and Spring Boot's actuator for them.

The actuator says what they say without the reasons: Boot hides details by default.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.service.base import ConfigService
from gitconfig_server.version import __version__
from gitconfig_server.web.answers.negotiation import by_preference
from gitconfig_server.web.manners.hosts import is_foreign
from gitconfig_server.web.mounting import prefix_of
from gitconfig_server.wire.json import render
from gitconfig_server.wire.readiness import write_readiness

ALIVE, READY = ("/health", "/livez"), ("/ready", "/readyz")


def health_routes(service: ConfigService) -> list[Route]:
    """``/health`` and ``/livez`` say that the process answers; ``/ready`` and ``/readyz`` that reads work."""

    async def alive(_: Request) -> Response:
        return _status_answer({"status": "UP"})

    async def health(request: Request) -> Response:
        return _tell(request, {"status": "UP"} | dict((await service.readiness()).details))

    async def ready(request: Request) -> Response:
        return _tell(request, write_readiness(await service.readiness()))

    return [Route(ALIVE[0], health), Route(ALIVE[1], alive), *(Route(path, ready) for path in READY)]


def _tell(request: Request, body: Mapping[str, object]) -> Response:
    return _status_answer({"status": body["status"]} if is_foreign(request.scope) else dict(body))


def _status_answer(body: dict[str, object], media_type: str = "application/json") -> Response:
    """``body``, with 503 where its status is not ``UP``, as load balancers and probes expect it."""
    status = 200 if body["status"] == "UP" else 503
    return Response(render(body), status, {"Cache-Control": "no-store"}, media_type=media_type)


BASE = "/actuator"
PROBES = (*ALIVE, *READY, *(f"{BASE}/health{part}" for part in ("", "/liveness", "/readiness")))
"""Paths that need tell nothing but whether the server is well."""

V3 = "application/vnd.spring-boot.actuator.v3+json"
_OFFERED = (V3, "application/vnd.spring-boot.actuator.v2+json", "application/json")


def actuator_routes(service: ConfigService) -> list[Route]:
    """``/actuator`` with links to the others, ``health``, ``health/liveness``, ``health/readiness`` and ``info``."""

    async def links(request: Request) -> Response:
        base = f"{request.url.scheme}://{request.url.netloc}{prefix_of(request.scope)}{BASE}"
        paths = {"self": "", "health": "/health", "health-path": "/health/{*path}", "info": "/info"}
        return _answer(request, {"_links": {name: _link(base + path) for name, path in paths.items()}})

    async def health(request: Request) -> Response:
        now = await service.readiness()
        return _status_answer({"status": "UP" if now.ready else "DOWN"}, _media_type(request))

    async def liveness(request: Request) -> Response:
        return _status_answer({"status": "UP"}, _media_type(request))

    async def readiness(request: Request) -> Response:
        now = await service.readiness()
        return _status_answer({"status": "UP" if now.ready else "OUT_OF_SERVICE"}, _media_type(request))

    async def info(request: Request) -> Response:
        return _answer(request, {"build": {"name": "gitconfig-server", "version": __version__}})

    endpoints = {
        "": links,
        "/health": health,
        "/health/liveness": liveness,
        "/health/readiness": readiness,
        "/info": info,
    }
    return [Route(BASE + path, endpoint) for path, endpoint in endpoints.items()]


def _link(href: str) -> dict[str, object]:
    return {"href": href, "templated": "{" in href}


def _answer(request: Request, body: dict[str, object]) -> Response:
    return Response(render(body), headers={"Cache-Control": "no-store"}, media_type=_media_type(request))


def _media_type(request: Request) -> str:
    """The form that is asked for; Boot's third where it is all one."""
    wanted = by_preference(",".join(request.headers.getlist("accept")))
    return next((media_type for media_type in wanted if media_type in _OFFERED), V3)

"""Whether the process lives and whether it can answer: ``/health``, ``/ready`` and their kin."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.service.base import ConfigService
from gitconfig_server.web.rendering import render

ALIVE, READY = ("/health", "/livez"), ("/ready", "/readyz")


def health_routes(service: ConfigService) -> list[Route]:
    """``/health`` and ``/livez`` say that the process answers; ``/ready`` and ``/readyz`` that reads work."""

    async def alive(_: Request) -> Response:
        return status_answer({"status": "UP"})

    async def health(_: Request) -> Response:
        return status_answer({"status": "UP"} | dict((await service.readiness()).details))

    async def ready(_: Request) -> Response:
        now = await service.readiness()
        reason = {"reason": now.reason} if now.reason else {}
        return status_answer({"status": "UP" if now.ready else "DOWN"} | reason | dict(now.details))

    return [Route(ALIVE[0], health), Route(ALIVE[1], alive), *(Route(path, ready) for path in READY)]


def status_answer(body: dict[str, object], media_type: str = "application/json") -> Response:
    """``body``, with 503 where its status is not ``UP``, as load balancers and probes expect it."""
    status = 200 if body["status"] == "UP" else 503
    return Response(render(body), status, {"Cache-Control": "no-store"}, media_type=media_type)

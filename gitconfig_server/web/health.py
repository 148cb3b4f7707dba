"""Whether the process lives and whether it can answer: ``/health``, ``/ready`` and their kin."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.service.base import ConfigService
from gitconfig_server.web.rendering import render

ALIVE, READY, BOOT = ("/health", "/livez"), ("/ready", "/readyz"), "/actuator/health"
HEALTH = (*ALIVE, *READY, BOOT)


def health_routes(service: ConfigService) -> list[Route]:
    """``/health`` and ``/livez`` say that the process answers; ``/ready``, ``/readyz`` and Boot's that reads work."""

    async def alive(_: Request) -> Response:
        return _answer({"status": "UP"}, 200)

    async def ready(_: Request) -> Response:
        now = await service.readiness()
        if now.ready:
            return _answer({"status": "UP"}, 200)
        return _answer({"status": "DOWN", "reason": now.reason}, 503)

    async def boot_health(_: Request) -> Response:
        now = await service.readiness()
        if now.ready:
            return _answer({"status": "UP"}, 200)
        return _answer({"status": "DOWN"}, 503)

    return [
        *(Route(path, alive) for path in ALIVE),
        *(Route(path, ready) for path in READY),
        Route(BOOT, boot_health),
    ]


def _answer(body: dict[str, str], status: int) -> Response:
    return Response(render(body), status, {"Cache-Control": "no-store"}, media_type="application/json")

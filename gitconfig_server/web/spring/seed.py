"""The small write interface beside Spring's routes: ``POST /config/{application}/{profile}[/{label}]``, and a list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.git.ref_names import branch_ref, is_staged
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.service.base import ConfigService
from gitconfig_server.web.later import Later
from gitconfig_server.web.manners.identity import caller_of
from gitconfig_server.web.spring.routes import BASE
from gitconfig_server.wire.json import render


def seed_routes(service: ConfigService) -> list[Route]:
    """They come after Spring's: ``POST /config/encrypt/...`` means encryption."""
    routes = _Seed(service)
    source = f"{BASE}/{{application:spring}}/{{profile:spring}}"
    return [
        Route(f"{BASE}/_list", routes.list),
        Route(source, routes.save, methods=["POST"]),
        Route(f"{source}/{{label:spring}}", routes.save, methods=["POST"]),
    ]


class _Seed:
    def __init__(self, service: ConfigService) -> None:
        self._service = service
        self._save = Later(_load_save)

    async def list(self, request: Request) -> Response:
        """Application, profile and label of every source of every branch, the working ones left out."""
        found = []
        for label in await self._service.labels(caller_of(request.scope)):
            if label.kind is LabelKind.BRANCH and not is_staged(branch_ref(label.name)):
                listed = await self._service.sources(caller_of(request.scope), None, Reading(label.name))
                names = dict.fromkeys((one.application, one.profile) for one in listed.items)
                found += [{"application": name, "profile": profile, "label": label.name} for name, profile in names]
        return Response(render(found), media_type="application/json", headers={"Cache-Control": "private, no-cache"})

    async def save(self, request: Request) -> Response:
        """Let the source hold exactly the properties of the body."""
        save = await self._save.get()
        return await save(self._service, request)


def _load_save() -> Callable[[ConfigService, Request], Awaitable[Response]]:
    from gitconfig_server.web.spring.seed_save import save  # it loads the framework, which reading does without

    return save

"""The small write interface beside Spring's routes: ``POST /config/{application}/{profile}[/{label}]``, and a list."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.errors import InvalidChange
from gitconfig_server.git.ref_names import branch_ref, is_staged
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.model.writes import PutSource, SourcePlace
from gitconfig_server.service.base import ConfigService
from gitconfig_server.web.api.bodies import JSON, read_json
from gitconfig_server.web.api.options import read_options
from gitconfig_server.web.api.writes import WriteQuery, answer_headers, id_etag, label_name, write_options
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
        """Let the source hold exactly the properties of the body; what it holds already is no commit.

        The query may say what that of every write may.
        """
        query = read_options(request, WriteQuery)
        properties = (await read_json(request, [JSON]))[0] if await request.body() else {}
        if not isinstance(properties, dict):
            raise InvalidChange("expected a JSON object of properties")
        names = request.path_params
        label = label_name(names["label"]) if "label" in names else None
        change = PutSource(SourcePlace(names["application"], names["profile"]), properties, pointer="")
        options = await write_options(request, query)
        result = await self._service.commit(caller_of(request.scope), label, [change], options)
        headers = answer_headers(result, id_etag(result.commit) if result.commit else None)
        return Response(render({"saved": not result.dry_run}), media_type="application/json", headers=headers)

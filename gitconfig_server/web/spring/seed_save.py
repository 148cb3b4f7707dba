"""What ``POST /config/{application}/{profile}[/{label}]`` does."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.errors import InvalidChange
from gitconfig_server.model.writes import PutSource, SourcePlace
from gitconfig_server.service.base import ConfigService
from gitconfig_server.web.api.bodies import JSON, read_json
from gitconfig_server.web.api.options import read_options
from gitconfig_server.web.api.writes import WriteQuery, answer_headers, id_etag, label_name, write_options
from gitconfig_server.web.manners.identity import caller_of
from gitconfig_server.wire.json import render


async def save(service: ConfigService, request: Request) -> Response:
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
    result = await service.commit(caller_of(request.scope), label, [change], options)
    headers = answer_headers(result, id_etag(result.commit) if result.commit else None)
    return Response(render({"saved": not result.dry_run}), media_type="application/json", headers=headers)

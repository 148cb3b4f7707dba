"""Spring's environments: ``/{name}/{profiles}[/{label}]`` in its first JSON form, or in the second with origins."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.errors import NotFound
from gitconfig_server.model.spring import Asked, ServedEnvironment, ServedSource
from gitconfig_server.service.crossing import aside, weigh
from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.settings import Settings
from gitconfig_server.web.answers.conditional import answer, running_headers, weak
from gitconfig_server.web.answers.negotiation import V2, negotiate, wants_file
from gitconfig_server.web.manners.identity import caller_of
from gitconfig_server.web.problems.refusals import RouteNotFound
from gitconfig_server.web.spring.requests import NOT_KEPT, Mount, read_asked, reuse_of
from gitconfig_server.wire.json import render

_FILE_ENDING = re.compile(r"\w\.(?:yml|yaml|properties|json)\b")


class SpringEnvironments:
    """The routes that Spring's own clients read."""

    def __init__(self, reader: SpringReader, settings: Settings) -> None:
        self._reader = reader
        self._settings = settings.spring

    def routes(self, mount: Mount) -> list[Route]:
        """With and without a label."""
        path = f"{mount.path}/{{name:{mount.first}}}/{{profiles:spring}}"
        return [Route(path, self._environment), Route(f"{path}/{{label:spring}}", self._environment)]

    async def _environment(self, request: Request) -> Response:
        if request.query_params.get("service", "").startswith("git-"):
            raise NotFound("no Git repository is served here, but at /config.git")  # else git clones it as an empty one
        profiles: str = request.path_params["profiles"]
        label: str | None = request.path_params.get("label")
        accept = ",".join(request.headers.getlist("accept"))
        if label is None and _FILE_ENDING.search(profiles):
            raise RouteNotFound(request.scope["path"])
        if label is not None and wants_file(accept):
            raise NotFound("this path names no file: for the environment, accept application/json")
        asked = read_asked(self._settings, request.path_params["name"], profiles, label)
        environment = await self._reader.environment(caller_of(request.scope), asked)
        if not environment.sources and not self._settings.accept_empty:
            raise NotFound("Application Not Found")
        media_type = negotiate(accept)
        weight = weigh(source.properties for source in environment.sources)
        return answer(
            request,
            await aside(weight, _render, asked, environment, media_type),
            media_type=media_type,
            etag=spring_etag(asked, environment, media_type),
            commit=commit_of(environment),
            asked=asked.label,
            headers=running_headers(environment.running) | (NOT_KEPT if environment.secret else {}),
            reuse=reuse_of(asked, environment.basis),
        )


def _render(asked: Asked, environment: ServedEnvironment, media_type: str) -> bytes:
    return render(_shown(asked, environment, media_type))


def commit_of(environment: ServedEnvironment) -> str | None:
    """The one commit that was read; None where there are several or none."""
    version = environment.version
    return version if version and "," not in version else None


def spring_etag(asked: Asked, environment: ServedEnvironment, *rendering: object) -> str:
    """What makes two answers the same: what was asked, the ordered sources, and how they are shown; not the commit."""
    sources = [[source.name, source.content] for source in environment.sources]
    return weak(asked.name, asked.profile_text, asked.label, sources, *rendering)


def _shown(asked: Asked, environment: ServedEnvironment, media_type: str) -> dict[str, Any]:
    show = _with_origins if media_type == V2 else _plain
    return {
        "name": asked.name,
        "profiles": [asked.profile_text],
        "label": asked.label,
        "version": environment.version,
        "state": "",
        "propertySources": [{"name": source.name, "source": show(source)} for source in environment.sources],
    }


def _plain(source: ServedSource) -> dict[str, Any]:
    return dict(source.properties)


def _with_origins(source: ServedSource) -> dict[str, Any]:
    """Each value with its place, where it has one."""
    return {
        key: {"value": value, "origin": source.origins[key]} if key in source.origins else value
        for key, value in source.properties.items()
    }

"""Spring Cloud Config's environment routes, at ``/`` and ``/config``: Spring's paths, shapes and statuses.

The contract is that of ``EnvironmentController`` in spring-cloud-config-server 5.0.5, but for 406, which nobody needs.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.catalogue import Reading
from gitconfig_server.config.file_names import SLASH, check_applications, check_profiles
from gitconfig_server.environments import Environment, PropertySource
from gitconfig_server.errors import InvalidName, NotFound
from gitconfig_server.principals import ANONYMOUS
from gitconfig_server.service.base import ConfigService
from gitconfig_server.settings.spring import SpringSettings
from gitconfig_server.web.conditional import answer
from gitconfig_server.web.environments import environment_etag
from gitconfig_server.web.negotiation import V2, negotiate, wants_file
from gitconfig_server.web.refusals import RouteNotFound
from gitconfig_server.web.rendering import render
from gitconfig_server.web.reuse import reusable
from gitconfig_server.web.spring_labels import read_label

BASE = "/config"
_FILE_ENDING = re.compile(r"\w\.(?:yml|yaml|properties|json)\b")


class SpringFace:
    """Spring's routes over one service; ``uri`` is what the names of sources begin with.

    Where no ``default_label`` is set, Spring's is ``main``, and no other where ``try_master_branch`` is off.
    """

    def __init__(self, service: ConfigService, settings: SpringSettings, uri: str, default_label: str = "") -> None:
        self._service = service
        self._settings = settings
        self._uri = uri if uri.endswith("://") else uri.rstrip("/")
        self._default = Reading(None if default_label or settings.try_master_branch else "main")

    def routes(self) -> list[Route]:
        """Beneath Spring's prefix (the root, where none is set) and beneath ``/config``, where nothing is reserved."""
        first = "spring" if self._settings.prefix else "root"
        bases = [(BASE, "spring"), (self._settings.prefix, first)]
        return [
            Route(f"{base}/{{name:{kind}}}/{{profiles:spring}}{label}", self._environment)
            for base, kind in bases
            for label in ("", "/{label:spring}")
        ]

    async def _environment(self, request: Request) -> Response:
        if request.query_params.get("service", "").startswith("git-"):
            raise NotFound("no Git repository is served here, but at /config.git")  # else git clones it as an empty one
        name, profiles = request.path_params["name"], request.path_params["profiles"]
        label: str | None = request.path_params.get("label")
        accept = ",".join(request.headers.getlist("accept"))
        if (label is None and _FILE_ENDING.search(profiles)) or (label is not None and wants_file(accept)):
            raise RouteNotFound(request.scope["path"])
        applications = check_applications(name)
        reading = self._default if label is None else Reading(read_label(label))
        environment = await self._service.environment(ANONYMOUS, applications, self._profiles(profiles), reading)
        if not environment.sources and not self._settings.accept_empty:
            raise NotFound("Application Not Found")
        media_type = negotiate(accept)
        return answer(
            request,
            render(self._show(environment, name, profiles, label, media_type)),
            media_type=media_type,
            etag=environment_etag(environment, name, profiles, label, media_type, self._uri),
            commit=environment.commit,
            asked=environment.label,
            reuse=reusable(environment),
        )

    def _profiles(self, text: str) -> tuple[str, ...]:
        try:
            return check_profiles(text)
        except InvalidName as error:
            if self._settings.validate_profiles:
                raise
            raise NotFound(str(error)) from error  # Spring looks for it then, and finds nothing

    def _show(
        self, environment: Environment, name: str, profiles: str, label: str | None, media_type: str
    ) -> dict[str, Any]:
        return {
            "name": name.replace(SLASH, "/"),
            "profiles": [profiles],
            "label": label and label.replace(SLASH, "/"),
            "version": environment.commit,
            "state": "",
            "propertySources": [
                {"name": f"{self._uri}/{source.name}", "source": _values(source, media_type)}
                for source in environment.sources
            ],
        }


def _values(source: PropertySource, media_type: str) -> dict[str, Any]:
    """The properties; in Spring's second form each with its place, where that is known."""
    if media_type != V2:
        return dict(source.properties)
    return {
        key: {"value": value, "origin": str(source.positions[key])} if key in source.positions else value
        for key, value in source.properties.items()
    }

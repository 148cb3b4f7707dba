"""``GET environments/{application}/{profiles}``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.config.names.file_names import check_applications, check_profiles
from gitconfig_server.formats.properties import merge
from gitconfig_server.model.environments import Environment, PropertySource
from gitconfig_server.web.answers.conditional import answer, weak
from gitconfig_server.web.answers.reuse import reusable
from gitconfig_server.web.api.options import ApplicationName, Caller, EnvironmentOptions, ProfileName, Service, shaped
from gitconfig_server.web.models import EnvironmentAnswer
from gitconfig_server.web.rendering import render
from gitconfig_server.web.shapes import shown_document, shown_positions

router = APIRouter(tags=["environments"])


@router.get(
    "/environments/{application:segment}/{profiles:segment}",
    operation_id="getEnvironment",
    response_model=EnvironmentAnswer,
)
async def get_environment(
    request: Request,
    service: Service,
    who: Caller,
    application: ApplicationName,
    profiles: ProfileName,
    options: Annotated[EnvironmentOptions, Query()],
) -> Response:
    """What clients get: the sources of the applications and profiles (comma lists), merged, the strongest first."""
    reading = options.reading()
    names, wanted = check_applications(application), check_profiles(profiles)
    environment = await service.environment(who, names, wanted, reading)
    return answer(
        request,
        render(_show(environment, options)),
        media_type="application/json",
        etag=environment_etag(environment, options.view, options.shape, options.origins, options.sources),
        commit=environment.commit,
        asked=reading.revision,
        reuse=reusable(environment),
    )


def environment_etag(environment: Environment, *rendering: object) -> str:
    """What makes two environments the same: names, ordered files with their content, and how they are shown."""
    files = [[source.path, source.document, source.blob] for source in environment.sources]
    return weak(environment.applications, environment.profiles, environment.label, files, *rendering)


def _show(environment: Environment, options: EnvironmentOptions) -> dict[str, Any]:
    merged = merge(source.properties for source in environment.sources)
    shown = {
        "applications": environment.applications,
        "profiles": environment.profiles,
        "label": environment.label,
        "commit": environment.commit,
        "view": options.view,
        "properties": shaped(merged, options.shape),
        "sources": [_source(source, options) for source in environment.sources],
    }
    return shown | {"origins": _origins(environment, merged)} if options.origins else shown


def _source(source: PropertySource, options: EnvironmentOptions) -> dict[str, Any]:
    shown = shown_document(source)
    if not options.sources:
        return shown
    return shown | {"properties": shaped(source.properties, options.shape), "positions": shown_positions(source)}


def _origins(environment: Environment, keys: Iterable[str]) -> dict[str, Any]:
    """Where each effective value stands: in the strongest source that has its key."""
    origins: dict[str, Any] = {}
    for key in keys:
        source = next(source for source in environment.sources if key in source.properties)
        place = source.positions.get(key)
        origins[key] = {
            "path": source.path,
            "document": source.document,
            "line": place.line if place else None,
            "column": place.column if place else None,
        }
    return origins

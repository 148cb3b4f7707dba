"""``GET environments/{application}/{profiles}``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.config.names.file_names import check_applications, check_profiles
from gitconfig_server.formats.properties import merge
from gitconfig_server.model.environments import Environment, PropertySource
from gitconfig_server.service.crossing import aside, weigh
from gitconfig_server.web.answers.conditional import answer, running_headers, weak
from gitconfig_server.web.answers.reuse import reusable
from gitconfig_server.web.api.bodies import answers
from gitconfig_server.web.api.options import (
    ApplicationName,
    Caller,
    EnvironmentOptions,
    ProfileName,
    Service,
    shape_properties,
)
from gitconfig_server.wire.declarations import encode
from gitconfig_server.wire.environments import EnvironmentAnswer, EnvironmentSource, Origin
from gitconfig_server.wire.sources import positions_of

router = APIRouter(tags=["environments"])


@router.get(
    "/environments/{application:segment}/{profiles:segment}",
    operation_id="getEnvironment",
    **answers(EnvironmentAnswer),
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
    weight = weigh(source.properties for source in environment.sources)
    return answer(
        request,
        await aside(weight, _render, environment, options),
        media_type="application/json",
        etag=_environment_etag(environment, options.view, options.shape, options.origins, options.sources),
        commit=environment.commit,
        asked=reading.revision,
        headers=running_headers(environment.running),
        reuse=reusable(environment),
    )


def _render(environment: Environment, options: EnvironmentOptions) -> bytes:
    return encode(_declare(environment, options))


def _environment_etag(environment: Environment, *rendering: object) -> str:
    """What makes two environments the same: names, ordered files with their content, and how they are shown."""
    files = [[source.path, source.document, source.blob] for source in environment.sources]
    return weak(environment.applications, environment.profiles, environment.label, files, *rendering)


def _declare(environment: Environment, options: EnvironmentOptions) -> EnvironmentAnswer:
    merged = merge(source.properties for source in environment.sources)
    return EnvironmentAnswer(
        applications=environment.applications,
        profiles=environment.profiles,
        label=environment.label,
        commit=environment.commit,
        view=options.view,
        properties=shape_properties(merged, options.shape),
        sources=tuple(_declare_source(source, options) for source in environment.sources),
        origins=_origins(environment, merged) if options.origins else UNSET,
    )


def _declare_source(source: PropertySource, options: EnvironmentOptions) -> EnvironmentSource:
    if not options.sources:
        return EnvironmentSource.of_document(source)
    properties = shape_properties(source.properties, options.shape)
    return EnvironmentSource.of_document(source, properties=properties, positions=positions_of(source))


def _origins(environment: Environment, keys: Iterable[str]) -> dict[str, Origin]:
    """Where each effective value stands: in the strongest source that has its key."""
    sources = environment.sources
    return {key: Origin.of_key(next(one for one in sources if key in one.properties), key) for key in keys}

"""``GET sources``, and one source: ``GET``, ``PUT``, ``PATCH``, ``DELETE sources/{application}/{profile}``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.config.changes.sources import checked_place
from gitconfig_server.errors import InvalidChange, SourceNotFound
from gitconfig_server.model.environments import PropertySource
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import SourceFile, StoredSource
from gitconfig_server.model.writes import Change, DeleteSource, JsonPatch, PatchSource, PutSource, SourcePlace
from gitconfig_server.service.base import ConfigService
from gitconfig_server.service.crossing import aside, weigh
from gitconfig_server.web.answers.conditional import answer
from gitconfig_server.web.api.bodies import JSON, answers, body_of, read_body, read_json, takes
from gitconfig_server.web.api.lists import ItemKey, answer_listing, pin_reading, read_cursor
from gitconfig_server.web.api.options import (
    ApplicationName,
    Caller,
    ProfileName,
    Service,
    SourceListOptions,
    SourceOptions,
    shape_sources,
)
from gitconfig_server.web.api.writes import (
    PatchSourceQuery,
    SourceWriteQuery,
    WholeSourceQuery,
    answer_write,
    source_etag,
    write_options,
)
from gitconfig_server.wire.commits import patch_of, tidied
from gitconfig_server.wire.declarations import encode
from gitconfig_server.wire.sources import SourceAnswer, SourceBody, SourceDocument, SourceItem, SourceList, positions_of
from gitconfig_server.wire.writes import WriteAnswer

router = APIRouter(tags=["sources"])

_MERGE_PATCH, _JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"


@router.get("/sources", operation_id="listSources", **answers(SourceList))
async def list_sources(
    request: Request, service: Service, who: Caller, options: Annotated[SourceListOptions, Query()]
) -> Response:
    """The stored files, by the application and profile that read them."""
    reading = pin_reading(options.reading(), read_cursor(options.cursor))
    listing = await service.sources(who, options.application, reading)
    return await answer_listing(request, options, listing, _declare, key=_key)


@router.get("/sources/{application:segment}/{profile:segment}", operation_id="getSource", **answers(SourceAnswer))
async def get_source(
    request: Request,
    service: Service,
    who: Caller,
    application: ApplicationName,
    profile: ProfileName,
    options: Annotated[SourceOptions, Query()],
) -> Response:
    """What is stored for exactly this application and profile. The commit is in the header alone: equal content is
    an equal answer. The ETag is for `If-Match` of a write."""
    place = checked_place(SourcePlace(application, profile))
    found = await service.source(who, place.application, place.profile, options.reading())
    shown = [one for one in found.items if options.wants(one)]
    if found.items and not shown:
        raise SourceNotFound(place.application, place.profile, f"{options.path or 'this document'} of {found.commit}")
    weight = weigh(one.properties for one in shown)
    return answer(
        request,
        await aside(weight, _render, place, found, shown, options),
        media_type=JSON,
        etag=source_etag(found.validator, options.form()),
        commit=found.commit,
        asked=options.reading().revision,
    )


def _render(place: SourcePlace, found: StoredSource, shown: Sequence[PropertySource], options: SourceOptions) -> bytes:
    chosen = options.document is not None
    active = [one for one in shown if chosen or one.name not in found.inactive]
    body = SourceAnswer(
        application=place.application,
        profile=place.profile,
        properties=shape_sources(active, options.shape),
        documents=tuple(_declare_document(found, one, options) for one in shown),
    )
    return encode(body)


@router.put(
    "/sources/{application:segment}/{profile:segment}",
    operation_id="putSource",
    **answers(WriteAnswer),
    openapi_extra=takes(SourceBody),
)
async def put_source(
    request: Request,
    service: Service,
    who: Caller,
    application: ApplicationName,
    profile: ProfileName,
    options: Annotated[WholeSourceQuery, Query()],
) -> Response:
    """Let a source hold exactly these properties; what its file says besides them stays as it is."""
    body = await read_body(request, SourceBody)
    change = PutSource(options.place(application, profile), body.properties, options.collapse)
    return await _write(request, service, who, change, options, body)


@router.patch(
    "/sources/{application:segment}/{profile:segment}",
    operation_id="patchSource",
    **answers(WriteAnswer),
    openapi_extra=body_of(
        {
            _MERGE_PATCH: {"type": "object", "examples": [{"db": {"pool": 30, "url": None}}]},
            _JSON_PATCH: {
                "type": "array",
                "items": {"type": "object"},
                "examples": [[{"op": "replace", "path": "/db/pool", "value": 30}]],
            },
        }
    ),
)
async def patch_source(
    request: Request,
    service: Service,
    who: Caller,
    application: ApplicationName,
    profile: ProfileName,
    options: Annotated[PatchSourceQuery, Query()],
) -> Response:
    """Change some properties, each where its effective value stands."""
    content, media_type = await read_json(request, [_MERGE_PATCH, _JSON_PATCH])
    patch = patch_of(content)
    if isinstance(patch, JsonPatch) is not (media_type == _JSON_PATCH):
        raise InvalidChange(f"a body of {media_type} is {'a list' if media_type == _JSON_PATCH else 'an object'}")
    patch = tidied(patch, "") if options.tidy else patch
    return await _write(request, service, who, PatchSource(options.place(application, profile), patch), options)


@router.delete("/sources/{application:segment}/{profile:segment}", operation_id="deleteSource", **answers(WriteAnswer))
async def delete_source(
    request: Request,
    service: Service,
    who: Caller,
    application: ApplicationName,
    profile: ProfileName,
    options: Annotated[WholeSourceQuery, Query()],
) -> Response:
    """Remove a source's file; with `collapse` all of its files."""
    change = DeleteSource(options.place(application, profile), options.collapse)
    return await _write(request, service, who, change, options)


async def _write(
    request: Request,
    service: ConfigService,
    who: Principal,
    change: Change,
    options: SourceWriteQuery,
    body: SourceBody | None = None,
) -> Response:
    found = await service.commit(who, options.label, [change], await write_options(request, options, body))
    return answer_write(found, source_etag(found.validator, SourceOptions().shape) if found.validator else None)


def _declare_document(found: StoredSource, source: PropertySource, options: SourceOptions) -> SourceDocument:
    return SourceDocument.of_document(
        source,
        active=source.name not in found.inactive,
        properties=shape_sources([source], options.shape),
        positions=positions_of(source) if options.positions else UNSET,
    )


def _key(source: SourceFile) -> ItemKey:
    return (source.application, source.profile, source.path)


def _declare(items: Iterable[SourceFile], **page: Any) -> SourceList:
    return SourceList(sources=tuple(map(SourceItem.of, items)), **page)

"""``GET sources`` and ``GET sources/{application}/{profile}``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.catalogue import SourceFile
from gitconfig_server.config.properties import merge
from gitconfig_server.environments import PropertySource
from gitconfig_server.web.conditional import answer, strong
from gitconfig_server.web.context import Caller, Service
from gitconfig_server.web.listing import answer_listing
from gitconfig_server.web.models import SourceAnswer, SourceList
from gitconfig_server.web.options import ApplicationName, ProfileName, SourceListOptions, SourceOptions
from gitconfig_server.web.paging import ItemKey, pinned, read_cursor
from gitconfig_server.web.rendering import render
from gitconfig_server.web.shapes import shaped, shown_document

router = APIRouter(tags=["sources"])


@router.get("/sources", operation_id="listSources", response_model=SourceList)
async def list_sources(
    request: Request, service: Service, who: Caller, options: Annotated[SourceListOptions, Query()]
) -> Response:
    """The stored files, by the application and profile that read them."""
    reading = pinned(options.reading(), read_cursor(options.cursor))
    listing = await service.sources(who, options.application, reading)
    return answer_listing(request, options, "sources", listing, key=_key, show=_show)


@router.get("/sources/{application:segment}/{profile:segment}", operation_id="getSource", response_model=SourceAnswer)
async def get_source(
    request: Request,
    service: Service,
    who: Caller,
    application: ApplicationName,
    profile: ProfileName,
    options: Annotated[SourceOptions, Query()],
) -> Response:
    """What is stored for exactly this application and profile. The commit is in the header alone: equal content is
    an equal answer."""
    found = await service.source(who, application, profile, options.reading())
    documents = [_document(source, options) for source in found.items]
    body = {
        "application": application,
        "profile": profile,
        "properties": shaped(merge(source.properties for source in found.items), options.shape),
        "documents": documents,
    }
    return answer(
        request,
        render(body),
        media_type="application/json",
        etag=strong(application, profile, options.shape, [[one.path, one.document, one.blob] for one in found.items]),
        commit=found.commit,
        asked=options.reading().revision,
    )


def _document(source: PropertySource, options: SourceOptions) -> dict[str, Any]:
    return shown_document(source) | {"properties": shaped(source.properties, options.shape)}


def _key(source: SourceFile) -> ItemKey:
    return (source.application, source.profile, source.path)


def _show(source: SourceFile) -> dict[str, Any]:
    return {
        "application": source.application,
        "profile": source.profile,
        "path": source.path,
        "blob": source.blob,
        "format": source.format,
    }

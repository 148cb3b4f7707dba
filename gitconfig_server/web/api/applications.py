"""``GET applications``, and ``GET search`` over what is stored for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.reads import Application, Listing, Match
from gitconfig_server.service.crossing import aside
from gitconfig_server.web.api.bodies import answers
from gitconfig_server.web.api.lists import ItemKey, answer_listing, pin_reading, read_cursor
from gitconfig_server.web.api.options import Caller, ListOptions, SearchOptions, Service
from gitconfig_server.wire.sources import ApplicationItem, ApplicationList, MatchItem, MatchList

router = APIRouter(tags=["applications"])


@router.get("/applications", operation_id="listApplications", **answers(ApplicationList))
async def list_applications(
    request: Request, service: Service, who: Caller, options: Annotated[ListOptions, Query()]
) -> Response:
    """The applications something is stored for, with their profiles."""
    cursor = read_cursor(options.cursor)
    listing = await service.applications(who, pin_reading(options.reading(), cursor))
    return await answer_listing(request, options, listing, _declare, key=lambda one: (one.name,))


def _declare(items: Iterable[Application], **page: Any) -> ApplicationList:
    return ApplicationList(applications=tuple(map(ApplicationItem.of, items)), **page)


@router.get("/search", operation_id="search", **answers(MatchList))
async def search(
    request: Request, service: Service, who: Caller, options: Annotated[SearchOptions, Query()]
) -> Response:
    """The stored keys of all applications whose name or value holds a text."""
    reading = pin_reading(options.reading(), read_cursor(options.cursor))
    listing = await service.search(who, options.text, options.application, reading)
    items = await aside(len(listing.items), sorted, listing.items, key=_match_key)
    found = Listing(listing.commit, tuple(items))
    return await answer_listing(request, options, found, _declare_matches, key=_match_key)


def _match_key(match: Match) -> ItemKey:
    return match.application, match.profile, match.path, f"{match.document or 0:09}", match.key


def _declare_matches(items: Iterable[Match], **page: Any) -> MatchList:
    return MatchList(matches=tuple(map(MatchItem.of, items)), **page)

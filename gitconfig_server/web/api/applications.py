"""``GET applications``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.reads import Application
from gitconfig_server.web.api.bodies import answers
from gitconfig_server.web.api.lists import answer_listing, pinned, read_cursor
from gitconfig_server.web.api.options import Caller, ListOptions, Service
from gitconfig_server.wire.sources import ApplicationItem, ApplicationList

router = APIRouter(tags=["applications"])


@router.get("/applications", operation_id="listApplications", **answers(ApplicationList))
async def list_applications(
    request: Request, service: Service, who: Caller, options: Annotated[ListOptions, Query()]
) -> Response:
    """The applications something is stored for, with their profiles."""
    cursor = read_cursor(options.cursor)
    listing = await service.applications(who, pinned(options.reading(), cursor))
    return answer_listing(request, options, listing, _declare, key=lambda one: (one.name,))


def _declare(items: Iterable[Application], **page: Any) -> ApplicationList:
    return ApplicationList(applications=tuple(map(ApplicationItem.of, items)), **page)

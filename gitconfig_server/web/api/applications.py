"""``GET applications``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.web.api.lists import answer_listing, pinned, read_cursor
from gitconfig_server.web.api.options import Caller, ListOptions, Service
from gitconfig_server.web.models import ApplicationList

router = APIRouter(tags=["applications"])


@router.get("/applications", operation_id="listApplications", response_model=ApplicationList)
async def list_applications(
    request: Request, service: Service, who: Caller, options: Annotated[ListOptions, Query()]
) -> Response:
    """The applications something is stored for, with their profiles."""
    cursor = read_cursor(options.cursor)
    listing = await service.applications(who, pinned(options.reading(), cursor))
    return answer_listing(
        request,
        options,
        "applications",
        listing,
        key=lambda one: (one.name,),
        show=lambda one: {"name": one.name, "profiles": one.profiles},
    )

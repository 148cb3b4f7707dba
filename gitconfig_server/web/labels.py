"""``GET labels``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.catalogue import Label
from gitconfig_server.web.conditional import answer, strong
from gitconfig_server.web.context import Caller, Service
from gitconfig_server.web.models import LabelList
from gitconfig_server.web.options import LabelListOptions
from gitconfig_server.web.paging import ItemKey, link_header, list_body, page, read_cursor
from gitconfig_server.web.rendering import render

router = APIRouter(tags=["labels"])


@router.get("/labels", operation_id="listLabels", response_model=LabelList)
async def list_labels(
    request: Request, service: Service, who: Caller, options: Annotated[LabelListOptions, Query()]
) -> Response:
    """Branches, then tags."""
    shown = page(await service.labels(who), _key, options.limit, read_cursor(options.cursor))
    items = [{"name": one.name, "kind": one.kind, "commit": one.commit, "default": one.default} for one in shown.items]
    body = list_body("labels", items, options.limit, shown.next)
    etag, link = strong(body), link_header(request, shown.next)
    return answer(request, render(body), media_type="application/json", etag=etag, headers=link)


def _key(label: Label) -> ItemKey:
    return (label.kind, label.name)

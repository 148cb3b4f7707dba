"""``GET labels``, and one label: ``GET``, ``PUT``, ``DELETE labels/{label}``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.reads import Label, LabelKind
from gitconfig_server.model.writes import NewLabel
from gitconfig_server.web.answers.conditional import answer, strong
from gitconfig_server.web.api.bodies import JSON, body_of, inlined, read_model
from gitconfig_server.web.api.lists import ItemKey, link_header, list_body, page, read_cursor
from gitconfig_server.web.api.options import Caller, LabelListOptions, Options, Service
from gitconfig_server.web.api.writes import (
    LabelName,
    WriteBody,
    WriteQuery,
    id_etag,
    label_name,
    write_options,
    written,
)
from gitconfig_server.web.models import LabelItem, LabelList, WriteAnswer
from gitconfig_server.web.rendering import render

router = APIRouter(tags=["labels"])

_KINDS = {"branch": LabelKind.BRANCH, "tag": LabelKind.TAG}


class LabelBody(WriteBody):
    """A label to make; a tag with a message is an annotated one."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    start: Annotated[
        str | None, Field(alias="from", description="A revision; else the default label.", examples=["main"])
    ] = None
    kind: Annotated[str, Field(pattern="^(branch|tag)$", examples=["tag"])] = "branch"


@router.get("/labels", operation_id="listLabels", response_model=LabelList)
async def list_labels(
    request: Request, service: Service, who: Caller, options: Annotated[LabelListOptions, Query()]
) -> Response:
    """Branches, then tags."""
    shown = page(await service.labels(who), _key, options.limit, read_cursor(options.cursor))
    body = list_body("labels", [_show(one) for one in shown.items], options.limit, shown.next)
    etag, link = strong(body), link_header(request, shown.next)
    return answer(request, render(body), media_type="application/json", etag=etag, headers=link)


@router.get("/labels/{label:rest}", operation_id="getLabel", response_model=LabelItem)
async def get_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[Options, Query()]
) -> Response:
    """Where a label is. The commit is its ETag, which every write to the label takes in `If-Match`."""
    found = await service.label(who, label_name(label))
    etag = id_etag(found.commit)
    return answer(request, render(_show(found)), media_type="application/json", etag=etag, commit=found.commit)


@router.put(
    "/labels/{label:rest}",
    operation_id="putLabel",
    response_model=WriteAnswer,
    openapi_extra=body_of({JSON: inlined(LabelBody)}),
)
async def put_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Make a label, or, with `If-Match`, move a tag."""
    body = await read_model(request, LabelBody)
    new = NewLabel(body.start, _KINDS[body.kind])
    found = await service.make_label(who, label_name(label), new, await write_options(request, options, body))
    return written(found, id_etag(found.commit) if found.commit else None)


@router.delete("/labels/{label:rest}", operation_id="deleteLabel", response_model=WriteAnswer)
async def delete_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Remove a label, but not the default one, nor one on which staged or pending changes hang."""
    return written(await service.delete_label(who, label_name(label), await write_options(request, options)))


def _key(label: Label) -> ItemKey:
    return (label.kind, label.name)


def _show(label: Label) -> dict[str, Any]:
    return {"name": label.name, "kind": label.kind, "commit": label.commit, "default": label.default}

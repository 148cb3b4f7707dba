"""``GET labels``, and one label: ``GET``, ``PUT``, ``DELETE labels/{label}``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.reads import Label
from gitconfig_server.service.crossing import aside
from gitconfig_server.web.answers.conditional import answer, strong
from gitconfig_server.web.api.bodies import JSON, answers, read_body, takes
from gitconfig_server.web.api.lists import ItemKey, cut_page, link_header, read_cursor, weigh_list
from gitconfig_server.web.api.options import Caller, LabelListOptions, Options, Service
from gitconfig_server.web.api.writes import (
    LabelName,
    WriteQuery,
    answer_write,
    id_etag,
    label_name,
    write_options,
)
from gitconfig_server.wire.declarations import encode
from gitconfig_server.wire.labels import LabelBody, LabelItem, LabelList
from gitconfig_server.wire.writes import WriteAnswer

router = APIRouter(tags=["labels"])


@router.get("/labels", operation_id="listLabels", **answers(LabelList))
async def list_labels(
    request: Request, service: Service, who: Caller, options: Annotated[LabelListOptions, Query()]
) -> Response:
    """Branches, then tags."""
    labels = await service.labels(who)
    body, etag, following = await aside(weigh_list(labels, options.limit), _render, labels, options)
    return answer(request, body, media_type=JSON, etag=etag, headers=link_header(request, following))


def _render(labels: Sequence[Label], options: LabelListOptions) -> tuple[bytes, str, str | None]:
    shown = cut_page(labels, _key, options.limit, read_cursor(options.cursor))
    body = LabelList(labels=tuple(map(LabelItem.of, shown.items)), next=shown.next, limit=options.limit)
    return encode(body), strong(body.members()), shown.next


@router.get("/labels/{label:label}", operation_id="getLabel", **answers(LabelItem))
async def get_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[Options, Query()]
) -> Response:
    """Where a label is. The commit is its ETag, which every write to the label takes in `If-Match`."""
    found = await service.label(who, label_name(label))
    etag = id_etag(found.commit)
    return answer(request, encode(LabelItem.of(found)), media_type=JSON, etag=etag, commit=found.commit)


@router.put(
    "/labels/{label:label}",
    operation_id="putLabel",
    **answers(WriteAnswer),
    openapi_extra=takes(LabelBody),
)
async def put_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Make a label, or, with `If-Match`, move a tag."""
    body = await read_body(request, LabelBody)
    found = await service.make_label(who, label_name(label), body.new(), await write_options(request, options, body))
    return answer_write(found, id_etag(found.commit) if found.commit else None)


@router.delete("/labels/{label:label}", operation_id="deleteLabel", **answers(WriteAnswer))
async def delete_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Remove a label, but not the default one, nor one on which staged or pending changes hang."""
    return answer_write(await service.delete_label(who, label_name(label), await write_options(request, options)))


def _key(label: Label) -> ItemKey:
    return (label.kind, label.name)

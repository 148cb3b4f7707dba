"""Going back, always by a new commit: ``POST labels/{label}/restore`` (or ``rollback``) and ``revert``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.writes import Restore, Revert
from gitconfig_server.web.api.bodies import JSON, body_of, inlined, read_model
from gitconfig_server.web.api.options import Caller, Service
from gitconfig_server.web.api.writes import (
    LabelName,
    StageableWriteQuery,
    WriteBody,
    id_etag,
    label_name,
    write_options,
    written,
)
from gitconfig_server.web.models import COMMIT, WriteAnswer

router = APIRouter(tags=["rollback"])

MAX_KEYS = 10_000


class RestoreBody(WriteBody):
    """What is to be as it was, and when that was; the whole label where nothing else is named."""

    to: Annotated[str, Field(description="A revision.", examples=["main~1"])]
    application: Annotated[str | None, Field(description="All that is stored for it.", examples=["orders"])] = None
    profile: Annotated[str | None, Field(description="For this profile of it alone.", examples=["prod"])] = None
    path: Annotated[str | None, Field(description="A file or folder.")] = None
    keys: Annotated[
        list[str] | None,
        Field(
            description="Of those files these keys alone, with what stands beneath them.",
            examples=[["db.pool"]],
            min_length=1,
            max_length=MAX_KEYS,
        ),
    ] = None


class RevertBody(WriteBody):
    """What is to be undone."""

    commit: Annotated[str, Field(description="A revision.", examples=[COMMIT])]
    mainline: Annotated[
        int | None, Field(description="Of a merge, the parent (from 1) whose side is to remain.", examples=[1])
    ] = None


@router.post(
    "/labels/{label:rest}/restore",
    operation_id="restoreLabel",
    response_model=WriteAnswer,
    openapi_extra=body_of({JSON: inlined(RestoreBody)}),
)
async def restore_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[StageableWriteQuery, Query()]
) -> Response:
    """Let a label, an application, a source, a file or some keys be as they were."""
    body = await read_model(request, RestoreBody)
    asked = Restore(body.to, body.application, body.profile, body.path, tuple(body.keys or ()))
    found = await service.restore(who, label_name(label), asked, await write_options(request, options, body))
    return written(found, id_etag(found.commit) if found.commit else None)


@router.post(
    "/labels/{label:rest}/rollback",
    operation_id="rollbackLabel",
    response_model=WriteAnswer,
    openapi_extra=body_of({JSON: inlined(RestoreBody)}),
)
async def rollback_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[StageableWriteQuery, Query()]
) -> Response:
    """Another name of restore."""
    return await restore_label(request, service, who, label, options)


@router.post(
    "/labels/{label:rest}/revert",
    operation_id="revertCommit",
    response_model=WriteAnswer,
    openapi_extra=body_of({JSON: inlined(RevertBody)}),
)
async def revert_commit(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[StageableWriteQuery, Query()]
) -> Response:
    """Undo what one commit did, and nothing else: a file that was changed since is a conflict."""
    body = await read_model(request, RevertBody)
    asked = Revert(body.commit, body.mainline)
    found = await service.revert(who, label_name(label), asked, await write_options(request, options, body))
    return written(found, id_etag(found.commit) if found.commit else None)

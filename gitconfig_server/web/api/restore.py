"""Going back, always by a new commit: ``POST labels/{label}/restore`` (or ``rollback``) and ``revert``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.web.api.bodies import answers, read_body, takes
from gitconfig_server.web.api.options import Caller, Service
from gitconfig_server.web.api.writes import (
    LabelName,
    RestoreQuery,
    answer_write,
    id_etag,
    label_name,
    write_options,
)
from gitconfig_server.wire.restoring import RestoreBody, RevertBody
from gitconfig_server.wire.writes import WriteAnswer

router = APIRouter(tags=["restore"])


@router.post(
    "/labels/{label:rest}/restore",
    operation_id="restoreLabel",
    **answers(WriteAnswer),
    openapi_extra=takes(RestoreBody),
)
async def restore_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[RestoreQuery, Query()]
) -> Response:
    """Let a label, an application, a source, a file or some keys be as they were."""
    body = await read_body(request, RestoreBody)
    found = await service.restore(who, label_name(label), body.asked(), await write_options(request, options, body))
    return answer_write(found, id_etag(found.commit) if found.commit else None)


@router.post(
    "/labels/{label:rest}/rollback",
    operation_id="rollbackLabel",
    **answers(WriteAnswer),
    openapi_extra=takes(RestoreBody),
)
async def rollback_label(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[RestoreQuery, Query()]
) -> Response:
    """Another name of restore."""
    return await restore_label(request, service, who, label, options)


@router.post(
    "/labels/{label:rest}/revert",
    operation_id="revertCommit",
    **answers(WriteAnswer),
    openapi_extra=takes(RevertBody),
)
async def revert_commit(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[RestoreQuery, Query()]
) -> Response:
    """Undo what one commit did, and nothing else: a file that was changed since is a conflict."""
    body = await read_body(request, RevertBody)
    found = await service.revert(who, label_name(label), body.asked(), await write_options(request, options, body))
    return answer_write(found, id_etag(found.commit) if found.commit else None)

"""``POST labels/{label}/commits``: several changes in one commit, all of them or none."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.errors import InvalidChange
from gitconfig_server.web.api.bodies import answers, read_body, takes
from gitconfig_server.web.api.options import Caller, Service
from gitconfig_server.web.api.writes import (
    LabelName,
    StageableWriteQuery,
    answer_write,
    id_etag,
    label_name,
    write_options,
)
from gitconfig_server.wire.commits import CommitBody
from gitconfig_server.wire.writes import WriteAnswer

router = APIRouter(tags=["commits"])


@router.post(
    "/labels/{label:rest}/commits",
    operation_id="makeCommit",
    **answers(WriteAnswer),
    openapi_extra=takes(CommitBody),
)
async def make_commit(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[StageableWriteQuery, Query()]
) -> Response:
    """Make several changes in one commit, all of them or none. `If-Match` takes the label's ETag."""
    body = await read_body(request, CommitBody)
    changes = body.made()
    write = await write_options(request, options, body)
    try:
        found = await service.commit(who, label_name(label), changes, write)
    except InvalidChange as error:
        if len(changes) != 1:
            raise
        raise InvalidChange(error.reason, f"/changes/0{error.pointer}") from error  # one alone is not numbered
    return answer_write(found, id_etag(found.commit) if found.commit else None)

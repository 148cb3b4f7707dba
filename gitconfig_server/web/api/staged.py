"""What is staged for a label: ``GET labels/{label}/staged``, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.service.crossing import LIGHT, aside
from gitconfig_server.web.answers.conditional import RENDERER, answer
from gitconfig_server.web.api.bodies import JSON, answers, read_body, takes
from gitconfig_server.web.api.options import Caller, Options, Service
from gitconfig_server.web.api.writes import (
    LabelName,
    WriteQuery,
    answer_write,
    id_etag,
    label_name,
    write_options,
)
from gitconfig_server.wire.declarations import Declaration, encode
from gitconfig_server.wire.holding import ApplyBody
from gitconfig_server.wire.staging import CheckAnswer, Part, PartBody, StagedAnswer, UpdateBody
from gitconfig_server.wire.writes import WriteAnswer

N = TypeVar("N")

router = APIRouter(tags=["staged"])


@router.get("/labels/{label:rest}/staged", operation_id="getStaged", **answers(StagedAnswer))
async def get_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[Options, Query()]
) -> Response:
    """What is staged for a label, if anything: by key, by file and by commit, and what an apply would meet. The ETag
    is for `If-Match` of an apply, a discard or an update."""
    found = await service.staged(who, label_name(label))
    etag = f'"{found.tip or found.commit}-{found.commit}-{RENDERER}"'
    return answer(
        request,
        await aside(LIGHT + 1, _render, StagedAnswer.of, found),
        media_type=JSON,
        etag=etag,
        commit=found.commit,
    )


@router.post(
    "/labels/{label:rest}/check",
    operation_id="checkStaged",
    **answers(CheckAnswer),
    openapi_extra=takes(Part),
)
async def check_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[Options, Query()]
) -> Response:
    """What an apply would meet now: every conflict, and every problem of the merged result. Nothing is changed."""
    body = await read_body(request, Part)
    found = await service.check_staged(who, label_name(label), body.noun())
    headers = {"Cache-Control": "no-store", "Config-Commit": found.commit}
    return Response(await aside(LIGHT + 1, _render, CheckAnswer.of, found), headers=headers, media_type=JSON)


def _render(declare: Callable[[N], Declaration[N]], found: N) -> bytes:
    """Of conflicts and changes there may be as many as keys."""
    return encode(declare(found))


@router.post(
    "/labels/{label:rest}/apply",
    operation_id="applyStaged",
    **answers(WriteAnswer),
    openapi_extra=takes(ApplyBody),
)
async def apply_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Merge what is staged, or a part of it, onto the label as it is now, and put it in force. `expect` and the answer
    are about the label; `If-Match` takes its ETag, or that of what is staged."""
    body = await read_body(request, ApplyBody)
    said = await write_options(request, options, body)
    found = await service.apply(who, label_name(label), body.part(), said, body.seconds())
    return answer_write(found, id_etag(found.commit) if found.commit else None)


@router.post(
    "/labels/{label:rest}/staged/discard",
    operation_id="discardStaged",
    **answers(WriteAnswer),
    openapi_extra=takes(PartBody),
)
async def discard_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Drop what is staged, or a part of it. Where nothing is left the staged branch goes, and `commit` is null. The
    options and the answer are about the staged branch."""
    body = await read_body(request, PartBody)
    said = await write_options(request, options, body)
    found = await service.discard_staged(who, label_name(label), body.part(), said)
    return answer_write(found, id_etag(found.commit) if found.commit else None)


@router.post(
    "/labels/{label:rest}/staged/update",
    operation_id="updateStaged",
    **answers(WriteAnswer),
    openapi_extra=takes(UpdateBody),
)
async def update_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Merge the label into its staged branch, and settle conflicts. The options and the answer are about the working
    branch."""
    body = await read_body(request, UpdateBody)
    said = await write_options(request, options, body)
    found = await service.update_staged(who, label_name(label), body.resolve, said)
    return answer_write(found, id_etag(found.commit) if found.commit else None)

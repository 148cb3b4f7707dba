"""What is staged for a label: ``GET labels/{label}/staged``, and what is done with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.staging import Keep, Staged, StagedPart
from gitconfig_server.web.answers.conditional import RENDERER, answer
from gitconfig_server.web.api.bodies import JSON, body_of, inlined, read_model
from gitconfig_server.web.api.options import Caller, Options, Service
from gitconfig_server.web.api.writes import (
    LabelName,
    WriteBody,
    WriteQuery,
    id_etag,
    label_name,
    write_options,
    written,
)
from gitconfig_server.web.models import CheckAnswer, StagedAnswer, WriteAnswer
from gitconfig_server.web.rendering import render
from gitconfig_server.web.shapes import shown_changes, shown_commit, shown_conflict, shown_finding

router = APIRouter(tags=["staged"])

MAX_NAMES = 1000


class Part(BaseModel):
    """Some of what is staged; all of it where neither is given."""

    model_config = ConfigDict(extra="forbid")

    applications: Annotated[
        list[str] | None,
        Field(description="The files of these.", examples=[["orders"]], min_length=1, max_length=MAX_NAMES),
    ] = None
    paths: Annotated[
        list[str] | None,
        Field(description="These files and folders.", examples=[["orders"]], min_length=1, max_length=MAX_NAMES),
    ] = None

    def part(self) -> StagedPart:
        """The same as the service takes it."""
        return StagedPart(tuple(self.applications or ()), tuple(self.paths or ()))


class PartBody(WriteBody, Part):
    """Which part of what is staged."""


class UpdateBody(WriteBody):
    """Which side is right."""

    resolve: Annotated[
        dict[str, Literal["staged", "label"]],
        Field(
            description="Path: which side is right, where both have changed it.", examples=[{"orders.yml": "staged"}]
        ),
    ] = Field(default_factory=dict)


@router.get("/labels/{label:rest}/staged", operation_id="getStaged", response_model=StagedAnswer)
async def get_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[Options, Query()]
) -> Response:
    """What is staged for a label, be it nothing: by key, by file and by commit, and what an apply would meet. The ETag
    is for `If-Match` of an apply, a discard or an update."""
    found = await service.staged(who, label_name(label))
    etag = f'"{found.tip or found.commit}-{found.commit}-{RENDERER}"'
    return answer(request, render(_show(found)), media_type=JSON, etag=etag, commit=found.commit)


@router.post(
    "/labels/{label:rest}/check",
    operation_id="checkStaged",
    response_model=CheckAnswer,
    openapi_extra=body_of({JSON: inlined(Part)}),
)
async def check_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[Options, Query()]
) -> Response:
    """What an apply would meet now: every conflict, and every problem of the merged result. Nothing is changed."""
    body = await read_model(request, Part)
    found = await service.check_staged(who, label_name(label), body.part())
    shown = {
        "label": found.label,
        "commit": found.commit,
        "tip": found.tip,
        "passed": found.passed,
        "paths": found.paths,
        "conflicts": [shown_conflict(one) for one in found.conflicts],
        "findings": [shown_finding(one) for one in found.findings],
    }
    headers = {"Cache-Control": "no-store", "Config-Commit": found.commit}
    return Response(render(shown), headers=headers, media_type=JSON)


@router.post(
    "/labels/{label:rest}/apply",
    operation_id="applyStaged",
    response_model=WriteAnswer,
    openapi_extra=body_of({JSON: inlined(PartBody)}),
)
async def apply_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Merge what is staged, or a part of it, onto the label as it is now, and put it in force. `expect` and the answer
    are about the label; `If-Match` takes its ETag, or that of what is staged."""
    body = await read_model(request, PartBody)
    said = await write_options(request, options, body)
    found = await service.apply(who, label_name(label), body.part(), said)
    return written(found, id_etag(found.commit) if found.commit else None)


@router.post(
    "/labels/{label:rest}/staged/discard",
    operation_id="discardStaged",
    response_model=WriteAnswer,
    openapi_extra=body_of({JSON: inlined(PartBody)}),
)
async def discard_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Drop what is staged, or a part of it. Where nothing is left the working branch goes, and `commit` is null. The
    options and the answer are about the working branch."""
    body = await read_model(request, PartBody)
    said = await write_options(request, options, body)
    found = await service.discard_staged(who, label_name(label), body.part(), said)
    return written(found, id_etag(found.commit) if found.commit else None)


@router.post(
    "/labels/{label:rest}/staged/update",
    operation_id="updateStaged",
    response_model=WriteAnswer,
    openapi_extra=body_of({JSON: inlined(UpdateBody)}),
)
async def update_staged(
    request: Request, service: Service, who: Caller, label: LabelName, options: Annotated[WriteQuery, Query()]
) -> Response:
    """Merge the label into its working branch, and settle conflicts. The options and the answer are about the working
    branch."""
    body = await read_model(request, UpdateBody)
    resolve = {path: Keep(side) for path, side in body.resolve.items()}
    said = await write_options(request, options, body)
    found = await service.update_staged(who, label_name(label), resolve, said)
    return written(found, id_etag(found.commit) if found.commit else None)


def _show(found: Staged) -> dict[str, Any]:
    return {
        "label": found.label,
        "commit": found.commit,
        "branch": found.branch,
        "tip": found.tip,
        "base": found.base,
        "behind": found.behind,
        "commits": [shown_commit(one) for one in found.commits],
        "truncated": found.truncated,
        **shown_changes(found.changes, found.files),
        "conflicts": [shown_conflict(one) for one in found.conflicts],
        "findings": [shown_finding(one) for one in found.findings],
    }

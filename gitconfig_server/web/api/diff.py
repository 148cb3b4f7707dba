"""``GET diff``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.history import Comparison, DiffFormat, DiffQuery
from gitconfig_server.model.reads import Reading
from gitconfig_server.service.crossing import LIGHT, aside
from gitconfig_server.web.answers.conditional import answer, weak
from gitconfig_server.web.api.bodies import JSON, answers
from gitconfig_server.web.api.options import Caller, DiffOptions, Service
from gitconfig_server.web.problems.refusals import InvalidOption
from gitconfig_server.wire.changes import DiffAnswer
from gitconfig_server.wire.declarations import encode

router = APIRouter(tags=["history"])

PATCH = "text/x-diff; charset=utf-8"


@router.get("/diff", operation_id="getDiff", **answers(DiffAnswer, {"text/x-diff": {"type": "string"}}))
async def get_diff(
    request: Request, service: Service, who: Caller, options: Annotated[DiffOptions, Query()]
) -> Response:
    """What differs between two revisions, key by key: in what is stored, or in what clients get."""
    if options.profile is not None and options.application is None:
        raise InvalidOption("profile", "needs an application beside it")
    if options.effective and options.format is not DiffFormat.KEYS:
        raise InvalidOption("effective", "goes with format=keys")
    query = DiffQuery(
        application=options.application,
        profile=options.profile,
        effective=options.effective,
        format=options.format,
        label=options.label,
    )
    old = Reading(options.old) if options.old is not None else None
    found = await service.diff(who, old, Reading(options.new), query)
    body, media_type = await aside(
        len(found.changes) if found.told is None else LIGHT + 1, _render, found, options.format
    )
    etag = weak(found.old.commit, found.new.commit, options.old, options.new, asdict(query))
    return answer(request, body, media_type=media_type, etag=etag, commit=found.new.commit)


def _render(found: Comparison, form: DiffFormat) -> tuple[bytes, str]:
    if form is DiffFormat.UNIFIED:
        return str(found.told).encode(errors="surrogatepass"), PATCH
    return encode(DiffAnswer.of(found, form)), JSON

"""``GET history`` and ``GET history/{commit}``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.history import HistoryQuery
from gitconfig_server.revisions import parse_time
from gitconfig_server.service.crossing import LIGHT, aside
from gitconfig_server.web.answers.conditional import answer, weak
from gitconfig_server.web.api.bodies import JSON, answers
from gitconfig_server.web.api.lists import link_header
from gitconfig_server.web.api.options import Caller, HistoryOptions, Options, Service
from gitconfig_server.web.api.writes import label_name
from gitconfig_server.web.problems.refusals import InvalidOption
from gitconfig_server.wire.declarations import Declaration, encode
from gitconfig_server.wire.history import CommitAnswer, HistoryList
from gitconfig_server.wire.members import COMMIT

router = APIRouter(tags=["history"])


@router.get("/history", operation_id="getHistory", **answers(HistoryList))
async def get_history(
    request: Request, service: Service, who: Caller, options: Annotated[HistoryOptions, Query()]
) -> Response:
    """The tips a label had, newest first, each with the commits that came in with it."""
    if options.profile is not None and options.application is None:
        raise InvalidOption("profile", "needs an application beside it")
    found = await service.history(who, options.label, _query(options))
    body, etag = await aside(LIGHT + 1, lambda: _render(HistoryList.of_page(found, options.limit)))
    return answer(request, body, media_type=JSON, etag=etag, headers=link_header(request, found.next))


def _render(body: Declaration[Any]) -> tuple[bytes, str]:
    """What changed in a commit may be very much."""
    return encode(body), weak(body.members())


def _query(options: HistoryOptions) -> HistoryQuery:
    return HistoryQuery(
        application=options.application,
        profile=options.profile,
        since=parse_time(options.since) if options.since is not None else None,
        until=parse_time(options.until) if options.until is not None else None,
        limit=options.limit,
        cursor=options.cursor,
    )


Revision = Annotated[str, Path(description="An id, a label, or steps from one.", examples=[COMMIT])]


@router.get("/history/{commit:rest}", operation_id="getCommit", **answers(CommitAnswer))
async def get_commit(
    request: Request, service: Service, who: Caller, commit: Revision, options: Annotated[Options, Query()]
) -> Response:
    """One commit: what it says, what it changed against its first parent, and when it was in force."""
    found = await service.commit_details(who, label_name(commit))
    body, etag = await aside(LIGHT + 1, lambda: _render(CommitAnswer.of_details(found)))
    return answer(request, body, media_type=JSON, etag=etag, commit=found.summary.commit)

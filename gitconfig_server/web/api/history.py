"""``GET history`` and ``GET history/{commit}``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.history import HistoryEntry, HistoryQuery
from gitconfig_server.revisions import parse_time
from gitconfig_server.web.answers.conditional import answer, weak
from gitconfig_server.web.api.bodies import JSON
from gitconfig_server.web.api.lists import link_header, list_body
from gitconfig_server.web.api.options import Caller, HistoryOptions, Options, Service
from gitconfig_server.web.api.writes import label_name
from gitconfig_server.web.models import COMMIT, CommitAnswer, HistoryList
from gitconfig_server.web.problems.refusals import InvalidOption
from gitconfig_server.web.rendering import render
from gitconfig_server.web.shapes import shown_changes, shown_commit

router = APIRouter(tags=["history"])


@router.get("/history", operation_id="getHistory", response_model=HistoryList)
async def get_history(
    request: Request, service: Service, who: Caller, options: Annotated[HistoryOptions, Query()]
) -> Response:
    """The tips a label had, newest first, each with the commits that came in with it."""
    if options.profile is not None and options.application is None:
        raise InvalidOption("profile", "needs an application beside it")
    found = await service.history(who, options.label, _query(options))
    items = [_entry(entry) for entry in found.entries]
    body = list_body("history", items, options.limit, found.next, label=found.label)
    return answer(
        request,
        render(body),
        media_type="application/json",
        etag=weak(body),
        headers=link_header(request, found.next),
    )


def _query(options: HistoryOptions) -> HistoryQuery:
    return HistoryQuery(
        application=options.application,
        profile=options.profile,
        since=parse_time(options.since) if options.since is not None else None,
        until=parse_time(options.until) if options.until is not None else None,
        limit=options.limit,
        cursor=options.cursor,
    )


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    return shown_commit(entry.tip) | {
        "received_at": entry.received_at,
        "seq": entry.seq,
        "actor": entry.actor,
        "reason": entry.reason,
        "commits": [shown_commit(commit) for commit in entry.commits],
        "truncated": entry.truncated,
    }


Revision = Annotated[str, Path(description="An id, a label, or steps from one.", examples=[COMMIT])]


@router.get("/history/{commit:rest}", operation_id="getCommit", response_model=CommitAnswer)
async def get_commit(
    request: Request, service: Service, who: Caller, commit: Revision, options: Annotated[Options, Query()]
) -> Response:
    """One commit: what it says, what it changed against its first parent, and when it was in force."""
    found = await service.commit_details(who, label_name(commit))
    body = {
        **shown_commit(found.summary),
        "in_force": [asdict(time) for time in found.in_force],
        **shown_changes(found.changes, found.files),
    }
    return answer(request, render(body), media_type=JSON, etag=weak(body), commit=found.summary.commit)

"""``GET history/{commit}``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.web.conditional import answer, weak
from gitconfig_server.web.context import Caller, Service
from gitconfig_server.web.json_bodies import JSON
from gitconfig_server.web.models import COMMIT, CommitAnswer
from gitconfig_server.web.options import Options
from gitconfig_server.web.rendering import render
from gitconfig_server.web.shapes import shown_changes, shown_commit
from gitconfig_server.web.write_options import label_name

router = APIRouter(tags=["history"])

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

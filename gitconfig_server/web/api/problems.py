"""``GET problems/{code}``: what the ``type`` of a problem document points at."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.errors import NotFound
from gitconfig_server.web.answers.conditional import answer, strong
from gitconfig_server.web.api.bodies import JSON, answers
from gitconfig_server.web.api.options import Options, ProblemCode
from gitconfig_server.web.problems.documents import catalogue
from gitconfig_server.wire.declarations import encode
from gitconfig_server.wire.problems import ProblemMeaning, title_of

router = APIRouter(tags=["problems"])


@router.get("/problems/{code:segment}", operation_id="getProblem", **answers(ProblemMeaning))
async def get_problem(request: Request, code: ProblemCode, options: Annotated[Options, Query()]) -> Response:
    """What a problem code means."""
    meaning = catalogue().get(code)
    if meaning is None:
        raise NotFound(f"no problem has the code {code!r}")
    body = ProblemMeaning(code=code, title=title_of(code), detail=meaning)
    return answer(request, encode(body), media_type=JSON, etag=strong(body.members()))

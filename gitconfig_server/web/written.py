"""The answer of every write."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from gitconfig_server.web.rendering import render
from gitconfig_server.web.shapes import shown_finding
from gitconfig_server.writes import WriteResult


def written(result: WriteResult, etag: str | None = None) -> Response:
    """What a write did. ``etag``: of what was written as it is now; of a dry run none is sent."""
    body: dict[str, Any] = {
        "label": result.label,
        "commit": result.commit,
        "previous": result.previous,
        "changed": result.changed,
        "paths": result.paths,
        "findings": [shown_finding(one) for one in result.findings],
        "dry_run": result.dry_run,
    }
    return Response(render(body), headers=written_headers(result, etag), media_type="application/json")


def written_headers(result: WriteResult, etag: str | None) -> dict[str, str]:
    """The headers of that answer."""
    headers = {"Cache-Control": "no-store"}
    if etag and not result.dry_run:
        headers["ETag"] = etag
    if result.commit and not result.dry_run:
        headers["Config-Commit"] = result.commit
    if result.cursor:
        headers["Config-Cursor"] = result.cursor
    return headers

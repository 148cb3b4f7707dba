"""Validators and cache headers: what makes two answers the same, and how long one may be kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.web.rendering import render
from gitconfig_server.web.reuse import Reusable, declare

RENDERER = 1
"""Goes up when the same content is rendered differently."""

_FULL_ID = re.compile(r"[0-9a-f]{40}")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_YEAR = 365 * 24 * 3600


def weak(*parts: object) -> str:
    """A weak validator of what ``parts`` name: content and options, never commits or times."""
    return f'W/"{_digest(RENDERER, *parts)}"'


def strong(*parts: object) -> str:
    """A strong validator: equal exactly where the bytes are."""
    return f'"{_digest(RENDERER, *parts)}"'


def answer(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    etag: str,
    commit: str | None = None,
    asked: str | None = None,
    headers: Mapping[str, str] | None = None,
    reuse: Reusable | None = None,
) -> Response:
    """``body``, or 304 where the client has it. ``asked`` is the revision it asked for: what a full id names stays.

    ``reuse`` where the answer may be given again.
    """
    if reuse:
        declare(request.scope, reuse)
    kept = "immutable" if asked is not None and asked == commit and _FULL_ID.fullmatch(asked) else ""
    all_headers = {
        "ETag": etag,
        "Cache-Control": f"private, max-age={_YEAR}, immutable" if kept else "private, no-cache",
        "Vary": "Authorization, Accept",
        **({"Config-Commit": commit} if commit else {}),
        **(headers or {}),
    }
    if matches(request.headers.getlist("if-none-match"), etag):
        return Response(status_code=304, headers=all_headers)
    response = Response(body, headers=all_headers)
    response.headers["Content-Type"] = media_type
    return response


def matches(if_none_match: list[str], etag: str) -> bool:
    """Whether one of the tags is ``etag``, compared weakly."""
    wanted = ",".join(if_none_match)
    opaque = etag.removeprefix("W/").strip('"')
    return wanted.strip() == "*" or opaque in _TAG.findall(wanted)


def _digest(*parts: object) -> str:
    return hashlib.sha256(render(parts)).hexdigest()[:32]

"""Validators and cache headers: what makes two answers the same, and how long one may be kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

from gitconfig_server.model.environments import RunningState
from gitconfig_server.web.answers.reuse import Reusable, declare_reusable
from gitconfig_server.wire.json import render

RENDERER = 1
"""Goes up when the same content is rendered differently."""

_FULL_ID = re.compile(r"[0-9a-f]{40}")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_YEAR = 365 * 24 * 3600
_HELD = 200
"""Characters of a reason in a header."""


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
    since: datetime | None = None,
    headers: Mapping[str, str] | None = None,
    reuse: Reusable | None = None,
) -> Response:
    """``body``, or 304 where the client has it. ``asked`` is the revision it asked for: what a full id names stays.

    ``since``: the answer has been the same from then on. ``reuse`` where the answer may be given again.
    """
    if reuse:
        declare_reusable(request.scope, reuse)
    kept = "immutable" if asked is not None and asked == commit and _FULL_ID.fullmatch(asked) else ""
    all_headers = {
        "ETag": etag,
        "Cache-Control": f"private, max-age={_YEAR}, immutable" if kept else "private, no-cache",
        # Named in every answer, a 304 too: a cache between must not give one caller what another may see.
        "Vary": "Authorization, Accept",
        **({"Config-Commit": commit} if commit else {}),
        **(running_headers(reuse.basis.running) if reuse else {}),
        **_last_modified(since),
        **(headers or {}),
    }
    if _has_it(request, etag, since):
        return Response(status_code=304, headers=all_headers)
    response = Response(body, headers=all_headers)
    response.headers["Content-Type"] = media_type
    return response


def running_headers(state: RunningState | None) -> dict[str, str]:
    """Why readers get another commit than the one that is saved, and until when."""
    if state is None:
        return {}
    until = f", {state.deadline.isoformat(timespec='seconds')}" if state.deadline else ""
    why = {
        "Config-Pending": f"{state.pending}{until}" if state.pending else "",
        "Config-Pin": f"{state.pin}{until}" if state.pin and not state.pending else "",
        "Config-Held": " ".join(state.held.split())[:_HELD].encode("ascii", "replace").decode(),
    }
    return {"Config-Saved": state.saved} | {name: value for name, value in why.items() if value}


def _has_it(request: Request, etag: str, since: datetime | None) -> bool:
    """By its tags, or where it names none, by its time."""
    tags = request.headers.getlist("if-none-match")
    # RFC 9110, 13.1.3: a recipient ignores If-Modified-Since where If-None-Match is there.
    if tags or since is None:
        return is_matched(tags, etag)
    try:
        known = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return known.replace(tzinfo=known.tzinfo or UTC) >= _whole_second(since)


def _last_modified(since: datetime | None) -> dict[str, str]:
    """Not within the second of the change: what comes later in that second could not be told from it."""
    if since is None or (stated := _whole_second(since)) > datetime.now(UTC):
        return {}
    return {"Last-Modified": format_datetime(stated, usegmt=True)}


def _whole_second(when: datetime) -> datetime:
    """``when`` or the next whole second after it, in UTC."""
    utc = when.astimezone(UTC)
    return utc.replace(microsecond=0) + timedelta(seconds=1 if utc.microsecond else 0)


def is_matched(if_none_match: list[str], etag: str) -> bool:
    """Whether one of the tags is ``etag``, compared weakly."""
    wanted = ",".join(if_none_match)
    # RFC 9110, 13.1.2: If-None-Match compares weakly, W/ or not.
    opaque = etag.removeprefix("W/").strip('"')
    return wanted.strip() == "*" or opaque in _TAG.findall(wanted)


def _digest(*parts: object) -> str:
    return hashlib.sha256(render(parts)).hexdigest()[:32]

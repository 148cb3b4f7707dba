"""One spelling for every path: split on ``/`` first, decoded afterwards, so that ``%2F`` stays inside its segment."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from gitconfig_server.errors import InvalidName
from gitconfig_server.web.failures import failure
from gitconfig_server.web.segments import PLAIN

_LEADING = re.compile(r"^/{2,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RawPaths:
    """Routes see the path in one spelling: percent-encoded where it must be and nowhere else.

    A run of slashes in front is one: clients put a path behind an address that ends in one. Segments that are not UTF-8
    or hold control characters are answered with 400.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
            try:
                scope = dict(scope, path="/".join(map(_spell, _LEADING.sub("/", raw).split("/"))))
            except InvalidName as error:
                await failure(scope, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _spell(segment: str) -> str:
    return ";".join(quote(_decode(part), safe=PLAIN) for part in segment.split(";"))


def _decode(part: str) -> str:
    try:
        text = unquote_to_bytes(part.encode("latin-1")).decode()
    except UnicodeDecodeError as error:
        raise InvalidName("path", part, "is not UTF-8") from error
    if _CONTROL.search(text):
        raise InvalidName("path", part, "must not contain control characters")
    return text

"""Reading one's own writes on another server: ``Config-Cursor`` of an earlier answer, and ``fresh=1``."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from gitconfig_server.errors import GitConfigError
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.storage.base import StoredRepository
from gitconfig_server.storage.cursors import read_cursor
from gitconfig_server.web.direct import EXTENSION
from gitconfig_server.web.problems.failures import answer_failure

PATIENCE = 5.0
"""Seconds that a request waits for the write that its cursor names."""

_CURSOR, _FRESH = b"config-cursor", b"fresh=1"


class CatchUp:
    """Wraps the whole application: what comes after it sees neither the header nor the parameter."""

    def __init__(self, app: ASGIApp, stored: StoredRepository, crossing: Crossing) -> None:
        self.wrapped = app
        self._stored = stored
        self._crossing = crossing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cursor = next((value for name, value in scope["headers"] if name == _CURSOR), None)
            fresh = _FRESH in scope["query_string"] and _FRESH in scope["query_string"].split(b"&")
            if cursor is not None or fresh:
                try:
                    await self._crossing.run(self._catch_up, cursor, fresh)
                except GitConfigError as error:
                    await answer_failure(scope, error)(scope, receive, send)
                    return
                scope = _without(scope)
        await self.wrapped(scope, receive, send)

    def _catch_up(self, cursor: bytes | None, fresh: bool) -> None:
        if cursor is not None:
            self._stored.reach(*read_cursor(cursor.decode("latin-1")), PATIENCE)
        if fresh:
            self._stored.snapshot(fresh=True)


def _without(scope: Scope) -> Scope:
    """The request as it would be without them; its answer is not remembered for those that come alike."""
    query = b"&".join(one for one in scope["query_string"].split(b"&") if one != _FRESH)
    headers = [header for header in scope["headers"] if header[0] != _CURSOR]
    # Without the socket's extension: remembered by its bytes, the answer would be given again without waiting.
    extensions = {name: value for name, value in (scope.get("extensions") or {}).items() if name != EXTENSION}
    return dict(scope, query_string=query, headers=headers, extensions=extensions)

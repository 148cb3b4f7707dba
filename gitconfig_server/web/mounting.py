"""Standing beneath a prefix: mounted in another application, or behind a proxy that tells the server its prefix."""

from __future__ import annotations

from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX = "gitconfig_server.prefix"


class Mounted:
    """Everything within sees paths as if it stood at the root; links that go out have the prefix in front again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix = scope.get("root_path", "").rstrip("/")
        await self._app(_without(prefix, scope) if prefix else scope, receive, send)


def prefix_of(scope: Scope) -> str:
    """What stands in front of every path, percent-encoded; empty at the root."""
    prefix: str = scope.get(_PREFIX, "")
    return prefix


def _without(prefix: str, scope: Scope) -> Scope:
    inner = dict(scope, root_path="", **{_PREFIX: quote(prefix)})
    if scope["type"] == "http":
        inner["path"] = _strip(scope["path"], prefix)
        raw: bytes | None = scope.get("raw_path")
        if raw:
            inner["raw_path"] = _strip(raw.decode("latin-1"), quote(prefix)).encode("latin-1")
    return inner


def _strip(path: str, prefix: str) -> str:
    """``path`` behind ``prefix``; servers of the older convention have left it out already."""
    return path[len(prefix) :] or "/" if path == prefix or path.startswith(f"{prefix}/") else path

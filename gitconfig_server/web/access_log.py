"""One log line for each request."""

from __future__ import annotations

import structlog
from starlette.types import Scope

log = structlog.get_logger("gitconfig_server.access")


def log_request(scope: Scope, status: int, seconds: float) -> None:
    """Log method, path, status and milliseconds; the query string stays out, it may hold what nobody should read."""
    path = scope.get("raw_path", b"").decode("latin-1")
    client = (scope.get("client") or [""])[0]
    log.info("request", method=scope["method"], path=path, status=status, ms=round(seconds * 1000, 1), client=client)

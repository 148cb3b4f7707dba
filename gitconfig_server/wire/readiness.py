"""What ``/ready`` says."""

from __future__ import annotations

from typing import Any

from gitconfig_server.errors import InvalidChange
from gitconfig_server.model.reads import Readiness


def write_readiness(now: Readiness) -> dict[str, Any]:
    """The members: the status in Spring Boot's words, the reason if there is one, then the details."""
    reason = {"reason": now.reason} if now.reason else {}
    return {"status": "UP" if now.ready else "DOWN"} | reason | dict(now.details)


def read_readiness(members: dict[str, Any]) -> Readiness:
    """The readiness that ``write_readiness`` wrote; InvalidChange where no status is said."""
    status, reason = members.get("status"), members.get("reason", "")
    if not isinstance(status, str) or not isinstance(reason, str):
        raise InvalidChange("expected a status, and a reason that is text")
    details = {name: value for name, value in members.items() if name not in ("status", "reason")}
    return Readiness(status == "UP", reason, details)

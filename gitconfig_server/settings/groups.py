"""Groups of settings that have no subject of their own, and what all groups have in common."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(value: Any) -> Any:
    """``500ms``, ``60s``, ``5m``, ``1h``, ``1d``, or a number of seconds."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip())
    if not found:
        raise ValueError("seconds, or a time like 500ms, 60s, 5m, 1h, 1d")
    return float(found[1]) * _UNITS[found[2] or "s"]


Duration = Annotated[float, BeforeValidator(_seconds), Field(ge=0, allow_inf_nan=False)]
"""Seconds, which may also be written with a unit; 0 means never, or no limit."""

PositiveDuration = Annotated[Seconds, BeforeValidator(_seconds)]

KIB, MIB = 1024, 1024 * 1024


_ROOTED = re.compile(r"(?:/[\w~-][\w.~-]*)*", re.ASCII)


def rooted(path: str) -> str:
    """Where routes hang: ``cfg``, ``/cfg`` and ``/cfg/`` are one path, as in Spring, and empty is the root.

    ValueError for what is no plain path, which could not be matched or would open a variable.
    """
    stripped = path.strip("/")
    found = f"/{stripped}" if stripped else ""
    if not _ROOTED.fullmatch(found):
        raise ValueError("a path like /cfg, of letters, digits and - . _ ~")
    return found


class Group(BaseModel):
    """Settings that stand beneath one word."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class StorageSettings(Group):
    """How the storage is used. ``stale_reads``: for how long reads go on while a database cannot be asked.

    ``maintenance``: how often a server looks whether there is much to pack.
    """

    stale_reads: Duration = 0.0
    maintenance: Duration = 60.0


class PushSettings(Group):
    """What ``git push`` may bring. ``ignore``: globs of files whose content is not checked.

    ``max_files`` counts the files and folders of one commit, ``check_seconds`` the time of looking at one push or save.
    """

    validate_commits: Literal["tip", "all"] = Field(default="tip", alias="validate")
    allow_non_fast_forward: bool = False
    allow_deletion: bool = False
    ignore: list[str] = []
    max_pack_bytes: Count = 256 * MIB
    max_objects: Count = 500_000
    max_object_bytes: Count = 32 * MIB
    max_refs: Count = 10_000
    max_files: Count = 250_000
    check_seconds: Seconds = 60
    run_hooks: bool = True


class Limits(Group):
    """What one client may take. ``body_seconds`` is the longest a request body may bring next to nothing."""

    connections: Count = 1000
    header_bytes: Count = 32 * KIB
    header_seconds: Seconds = 10
    body_bytes: Count = 8 * MIB
    body_seconds: Seconds = 30
    response_seconds: Seconds = 60
    idle_seconds: Seconds = 15
    stop_seconds: Seconds = 10


class TelnetSettings(Group):
    """The server's own terminal. ``listen``: ``HOST:PORT``, nowhere if empty; ``users``: a file of ``name:secret``
    lines. ``application``, ``profile``, ``label``: what sessions begin with."""

    listen: str = ""
    users: str = ""
    idle_seconds: Seconds = 600
    application: str = ""
    profile: str = ""
    label: str = ""


class LogSettings(Group):
    """How the log looks and how much it says."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"

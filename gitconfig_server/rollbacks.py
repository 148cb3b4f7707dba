"""Going back: what is to be as it was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Restore:
    """Let something be as it was at the revision ``to``: a label, whole, or what the other members name.

    ``application``: all that is stored for it; with ``profile`` for that one. ``path``: a file, or all in a folder.
    ``keys``: of those files these keys alone, and what stands beneath them.
    """

    to: str
    application: str | None = None
    profile: str | None = None
    path: str | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revert:
    """Undo what one commit did. ``mainline``: of a merge, the parent (from 1) whose side is to remain."""

    commit: str
    mainline: int | None = None

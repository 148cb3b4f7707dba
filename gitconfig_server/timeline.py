"""What was in force, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gitconfig_server.comparisons import FileChange, KeyChange


@dataclass(frozen=True, slots=True)
class CommitSummary:
    """A commit as lists show it. ``authored_at`` is what the writer claims; nothing is judged by it."""

    commit: str
    parents: tuple[str, ...]
    author: str
    email: str
    authored_at: datetime
    subject: str
    message: str = ""
    trailers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A tip a label had. ``commits`` came in with it, newest first, the tip itself left out.

    ``seq``, ``received_at``, ``actor`` and ``reason`` come from the journal and are None before its first record.
    """

    label: str
    tip: CommitSummary
    commits: tuple[CommitSummary, ...] = ()
    truncated: bool = False
    seq: int | None = None
    received_at: datetime | None = None
    actor: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Entries, newest first; ``next`` is the cursor of the following page, None on the last."""

    label: str
    entries: tuple[HistoryEntry, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which part of a label's history.

    Only tips that changed what is stored for ``application`` (in ``profile``), if given. ``since`` (inclusive) and
    ``until`` (exclusive) bound ``received_at``; what came before the journal has no time and is left out where
    ``since`` is given. ``cursor`` comes from an earlier page.
    """

    application: str | None = None
    profile: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """A time in which a commit was what readers of ``label`` got, as the journal knows it.

    ``seq``, ``actor`` and ``reason`` are of the record that put it in force; ``until`` is None where it still is.
    """

    label: str
    seq: int
    received_at: datetime | None
    actor: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CommitDetails:
    """One commit, when it was in force, oldest first, and what it changed against its first parent."""

    summary: CommitSummary
    in_force: tuple[InForce, ...]
    changes: tuple[KeyChange, ...]
    files: tuple[FileChange, ...]

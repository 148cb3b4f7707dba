"""What was in force and when, and what differs between two revisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from gitconfig_server.model.environments import Value


class Op(StrEnum):
    """What happened to a key or file on the way from one revision to the other."""

    ADD = "add"
    REMOVE = "remove"
    CHANGE = "change"


class DiffFormat(StrEnum):
    """How differences are told."""

    KEYS = "keys"
    DEEPDIFF = "deepdiff"
    JSON_PATCH = "json-patch"
    UNIFIED = "unified"


class Side(Struct, frozen=True):
    """One of the two revisions: as it was asked for, and the commit it led to."""

    revision: str
    commit: str


StoredValue = Value | dict[str, Any] | list[str] | None
"""What a file holds at a key: a value, ``{}``, ``[]`` or null. Who generates clients asks for a type of items."""


class KeyChange(Struct, frozen=True):
    """One key that differs. ``old`` is None where it is new, ``new`` where it is gone, and where it is null.

    ``path`` and ``document`` say where it stands; of effective values, where the one that counts does.
    """

    application: str
    profile: str
    path: str
    document: int | None
    key: str
    op: Op
    old: StoredValue
    new: StoredValue


class FileChange(Struct, frozen=True):
    """One file that differs. Files that are no configuration have no application and profile.

    ``problem``: why a side of it cannot be read, so that its keys are not compared.
    """

    path: str
    op: Op
    application: str | None = None
    profile: str | None = None
    problem: str = ""


class DiffQuery(Struct, frozen=True):
    """What to compare, and how to tell it.

    Only files of ``application`` (in ``profile``), where given. ``effective``: what a client of that application and
    these profiles (a comma list) gets, instead of what is stored. ``label``: whose ``pending`` commit a side means that
    is called so.
    """

    application: str | None = None
    profile: str | None = None
    effective: bool = False
    format: DiffFormat = DiffFormat.KEYS
    label: str | None = None


class Comparison(Struct, frozen=True):
    """The differences, sorted by file and in the order of keys there.

    ``told``: the same in the format that was asked for: a JSON value, or text for ``unified``; None for ``keys``.
    """

    old: Side
    new: Side
    changes: tuple[KeyChange, ...]
    files: tuple[FileChange, ...]
    told: object = None


class CommitSummary(Struct, frozen=True):
    """A commit as lists show it. ``authored_at`` is what the writer claims; nothing is judged by it.

    ``authored_as``: the date as the commit has it, seconds since 1970 and the zone, where ``authored_at`` is only the
    nearest that a calendar of four digits holds; else empty.
    """

    commit: str
    parents: tuple[str, ...]
    author: str
    email: str
    authored_at: datetime
    subject: str
    message: str = ""
    trailers: Mapping[str, str] = field(default_factory=dict)
    authored_as: str = ""


class HistoryEntry(Struct, frozen=True):
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


class HistoryPage(Struct, frozen=True):
    """Entries, newest first; ``next`` is the cursor of the following page, None on the last."""

    label: str
    entries: tuple[HistoryEntry, ...]
    next: str | None = None


class HistoryQuery(Struct, frozen=True):
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


class InForce(Struct, frozen=True):
    """A time in which a commit was what readers of ``label`` got, as the journal knows it.

    ``seq``, ``actor`` and ``reason`` are of the record that put it in force; ``until`` is None where it still is.
    """

    label: str
    seq: int
    received_at: datetime | None
    actor: str
    reason: str
    until: datetime | None = None


class CommitDetails(Struct, frozen=True):
    """One commit, when it was in force, oldest first, and what it changed against its first parent."""

    summary: CommitSummary
    in_force: tuple[InForce, ...]
    changes: tuple[KeyChange, ...]
    files: tuple[FileChange, ...]

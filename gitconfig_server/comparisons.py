"""What differs between two revisions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gitconfig_server.environments import Value


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


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two revisions: as it was asked for, and the commit it led to."""

    revision: str
    commit: str


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One key that differs. ``old`` is None where it is new, ``new`` where it is gone.

    ``path`` and ``document`` say where it stands; of effective values, where the one that counts does.
    """

    application: str
    profile: str
    path: str
    document: int | None
    key: str
    op: Op
    old: Value | None
    new: Value | None


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that differs. Files that are no configuration have no application and profile.

    ``problem``: why a side of it cannot be read, so that its keys are not compared.
    """

    path: str
    op: Op
    application: str | None = None
    profile: str | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DiffQuery:
    """What to compare, and how to tell it.

    Only files of ``application`` (in ``profile``), where given. ``effective``: what a client of that application and
    these profiles (a comma list) gets, instead of what is stored.
    """

    application: str | None = None
    profile: str | None = None
    effective: bool = False
    format: DiffFormat = DiffFormat.KEYS


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences, sorted by file and in the order of keys there.

    ``told``: the same in the format that was asked for: a JSON value, or text for ``unified``; None for ``keys``.
    """

    old: Side
    new: Side
    changes: tuple[KeyChange, ...]
    files: tuple[FileChange, ...]
    told: object = None

"""What a repository holds at one commit: labels, applications, sources, files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from msgspec import Struct, field

from gitconfig_server.model.environments import PropertySource, Value

_T = TypeVar("_T")


class LabelKind(StrEnum):
    """What stands behind a label."""

    BRANCH = "branch"
    TAG = "tag"


class Label(Struct, frozen=True):
    """A named line or point of configuration. ``commit`` is the hex id readers get; ``default`` marks HEAD's."""

    name: str
    kind: LabelKind
    commit: str
    default: bool = False


class Application(Struct, frozen=True):
    """An application and the profiles something is stored for, both sorted."""

    name: str
    profiles: tuple[str, ...]


class SourceFile(Struct, frozen=True):
    """One file that is read for an application and profile. ``format`` is the extension without its dot."""

    application: str
    profile: str
    path: str
    blob: str
    format: str


class StoredSource(Struct, frozen=True):
    """What is stored for one application and profile at a commit, one item a document, the strongest first.

    ``inactive``: names of the documents that take no part where exactly this profile is active. ``validator`` names
    the content: equal files give equal ones, whatever the commit.
    """

    commit: str
    items: tuple[PropertySource, ...]
    validator: str
    inactive: frozenset[str] = frozenset()


class Match(Struct, frozen=True):
    """A key whose name or value holds what was searched for; formats without positions have no line."""

    application: str
    profile: str
    path: str
    document: int | None
    key: str
    value: Value
    line: int | None
    column: int | None


class StoredFile(Struct, frozen=True):
    """A file's content at a commit; ``commit`` and ``blob`` are hex ids."""

    path: str
    commit: str
    blob: str
    content: bytes


class View(StrEnum):
    """Which state of a label."""

    RUNNING = "running"
    """What readers get: pinned, else pending, else saved."""
    SAVED = "saved"


class Reading(Struct, frozen=True):
    """Which commit to read: a revision (None: the default label), as it was at a time, if one is given.

    ``view`` is for environments and the files that stand beside them; everything else is read as it is saved.
    ``staged``: what is staged for the label that ``revision`` names, or the label itself where nothing is: what a write
    with ``WriteOptions.staged`` is made to.
    """

    revision: str | None = None
    at: str | None = None
    view: View = View.RUNNING
    staged: bool = False


class Listing(Struct, Generic[_T], frozen=True):
    """Items of one commit."""

    commit: str
    items: tuple[_T, ...]


Shape = Literal["flat", "nested"]


class Readiness(Struct, frozen=True):
    """Whether reads can be answered, and if not, why. ``details`` are further members of what ``/ready`` says."""

    ready: bool
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


def all_ready(parts: Iterable[Readiness]) -> Readiness:
    """Ready where every part is; the first reason, and the details of all."""
    found = tuple(parts)
    details = {name: value for part in found for name, value in part.details.items()}
    reason = next((part.reason for part in found if not part.ready), "")
    return Readiness(all(part.ready for part in found), reason, details)

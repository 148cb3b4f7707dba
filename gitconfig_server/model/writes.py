"""What is asked of a label, restores and reverts included, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from gitconfig_server.model.findings import Affected, FileConflict, Finding, OnConflict, Resolution
from gitconfig_server.model.history import CommitSummary
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import LabelKind

EXISTS = "*"
"""A validator that anything at all matches."""


class Author(Struct, frozen=True):
    """Who a change is by, as the caller says."""

    name: str
    email: str = ""


class Idempotency(Struct, frozen=True):
    """A caller's key for one request, and a digest of all the request says."""

    key: str
    digest: str


class WriteOptions(Struct, frozen=True):
    """What goes with every write.

    ``message`` and ``author``: of the commit; a message that names what changed, and the caller, where they are empty.
    ``expect``: the full id of the commit the label must be at. ``if_match``: validators, one of which must be that of
    what is written, or the label's commit. ``only_new``: nothing may be there yet. ``dry_run``: do all but the write.
    ``staged``: the change goes to the label's staged branch, to be applied later; the rest is then about that branch.
    ``begin``: a label that is not there begins with this write, and holds nothing else.
    ``cancel_pending``: what is pending for the label goes, whatever it touches. ``why`` and ``ticket`` become trailers
    of the commit, and the journal keeps them.
    ``base``: the commit, by full id, that the caller saw: what the label has got since is merged with, by key.
    ``resolutions``: what is right where that, or another merge, conflicts; by key, path, or ``path#key``;
    ``on_conflict`` where none says so. ``include_known_bad``: an apply may set again what was undone.
    """

    message: str = ""
    author: Author | None = None
    expect: str | None = None
    if_match: frozenset[str] | None = None
    only_new: bool = False
    dry_run: bool = False
    idempotency: Idempotency | None = None
    staged: bool = False
    cancel_pending: bool = False
    why: str = ""
    ticket: str = ""
    begin: bool = False
    base: str | None = None
    resolutions: Mapping[str, Resolution] = field(default_factory=dict)
    on_conflict: OnConflict = OnConflict.FAIL
    include_known_bad: bool = False


NO_OPTIONS = WriteOptions()


class WriteRequest(Struct, frozen=True):
    """One write to ``label`` (None: the default one). ``reason`` is the journal's stable word for its kind."""

    label: str | None
    who: Principal
    options: WriteOptions = NO_OPTIONS
    reason: str = "save"


class SourcePlace(Struct, frozen=True):
    """A source; ``path`` and ``document`` where one of its several files or documents is meant."""

    application: str
    profile: str
    path: str | None = None
    document: int | None = None


class MergePatch(Struct, frozen=True):
    """RFC 7396: members replace what stands, null removes; keys may be nested or flat (``db.pool``).

    ``pointer``: where the patch stands in what was sent. ``tidy``: maps and lists that a removal leaves empty go too,
    which RFC 7396 keeps.
    """

    members: Mapping[str, Any]
    pointer: str = ""
    tidy: bool = False


class JsonPatch(Struct, frozen=True):
    """RFC 6902: operations on the nested form of the properties. ``pointer`` as for MergePatch."""

    operations: tuple[Mapping[str, Any], ...]
    pointer: str = ""


Patch = MergePatch | JsonPatch


class PutSource(Struct, frozen=True):
    """The source holds exactly ``properties``, nested or flat, afterwards.

    ``collapse``: all its files and documents become one. ``exact``: keys at the top are no dotted ones, but keys as
    they are. ``pointer``: where the properties stand in what was sent.
    """

    place: SourcePlace
    properties: Mapping[str, Any]
    collapse: bool = False
    pointer: str = "/properties"
    exact: bool = False


class PatchSource(Struct, frozen=True):
    """Some properties change, each where its effective value stands."""

    place: SourcePlace
    patch: Patch


class DeleteSource(Struct, frozen=True):
    """The source's file goes; all of them with ``collapse``."""

    place: SourcePlace
    collapse: bool = False


class PutFile(Struct, frozen=True):
    """The file holds exactly these bytes afterwards."""

    path: str
    content: bytes


class PatchFile(Struct, frozen=True):
    """Some properties of a configuration file change."""

    path: str
    patch: Patch
    document: int | None = None


class DeleteFile(Struct, frozen=True):
    """The file goes."""

    path: str


Change = PutSource | PatchSource | DeleteSource | PutFile | PatchFile | DeleteFile


class NewLabel(Struct, frozen=True):
    """A label to make. ``start``: the revision it is to stand at, None for the default label."""

    start: str | None = None
    kind: LabelKind = LabelKind.BRANCH


class WriteResult(Struct, frozen=True):
    """What a write did, or, of a dry run, would do.

    ``commit``: where the label is now (None: it is gone, or this was a dry run); ``previous``: where it was, None where
    there was none. ``paths``: the files that differ, sorted. ``findings``: what the checks remarked on. ``cursor``:
    the journal's position that includes the write, ``<epoch>.<seq>``, empty for a dry run. ``validator``: of what was
    written as it is now, where it is one thing and exists. ``pending``: the id by which it is to be confirmed, else
    ``commit`` is what readers get until its time is over. ``settled``: conflicts that resolutions decided, with what
    both sides had. ``keys_set``, ``keys_removed``: how many keys of sources were put and how many went, where
    properties were patched. ``affected``: of a dry run, an apply, a restore or revert: whose environments differ by it.
    ``lost``: later commits whose changes a restore undid, the newest first.
    """

    label: str
    commit: str | None
    previous: str | None
    changed: bool
    paths: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    cursor: str = ""
    validator: str | None = None
    dry_run: bool = False
    pending: str | None = None
    settled: tuple[FileConflict, ...] = ()
    keys_set: int | None = None
    keys_removed: int | None = None
    affected: tuple[Affected, ...] = ()
    lost: tuple[CommitSummary, ...] = ()


class Restore(Struct, frozen=True):
    """Let something be as it was at the revision ``to``: a label, whole, or what the other members name.

    ``application``: all that is stored for it; with ``profile`` for that one. ``path``: a file, or all in a folder.
    ``keys``: of those files these keys alone, and what stands beneath them.
    """

    to: str
    application: str | None = None
    profile: str | None = None
    path: str | None = None
    keys: tuple[str, ...] = ()


class Revert(Struct, frozen=True):
    """Undo what one commit did. ``mainline``: of a merge, the parent (from 1) whose side is to remain."""

    commit: str
    mainline: int | None = None

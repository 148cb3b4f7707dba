"""The one protocol all faces use: REST, Spring, the command line and, later, telnet, the console and the Manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gitconfig_server.model.environments import Environment
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.history import CommitDetails, Comparison, DiffQuery, HistoryPage, HistoryQuery
from gitconfig_server.model.pending import Brake, Hanging
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import (
    Application,
    Label,
    Listing,
    Match,
    Readiness,
    Reading,
    SourceFile,
    StoredFile,
    StoredSource,
)
from gitconfig_server.model.spring import ServedFile
from gitconfig_server.model.staging import EVERYTHING, NOTHING_RESOLVED, Check, Staged, StagedPart
from gitconfig_server.model.writes import NO_OPTIONS, Change, NewLabel, Restore, Revert, WriteOptions, WriteResult

DEFAULT = Reading()
"""The default label as it is now."""


class ConfigReads(Protocol):
    """What is stored, and what clients get. Every answer is of exactly one commit, which it names."""

    async def labels(self, who: Principal) -> tuple[Label, ...]:
        """Branches, then tags, each sorted by name; a tag hidden by a branch of its name is left out."""

    async def label(self, who: Principal, name: str) -> Label:
        """The branch, else the tag, of this name; LabelNotFound."""

    async def environment(
        self, who: Principal, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading = DEFAULT
    ) -> Environment:
        """The sources of the applications and profiles, strongest first; empty where nothing is stored."""

    async def applications(self, who: Principal, reading: Reading = DEFAULT) -> Listing[Application]:
        """The applications something is stored for, sorted; ``application`` itself is one where it is stored."""

    async def sources(
        self, who: Principal, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[SourceFile]:
        """The stored files by application and profile, sorted; those of one application where it is given."""

    async def search(
        self, who: Principal, text: str, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[Match]:
        """The stored keys whose name or value holds ``text``, capitals or not, by file and in its order.

        InvalidInput for no text, TooLarge where too much is found.
        """

    async def source(self, who: Principal, application: str, profile: str, reading: Reading = DEFAULT) -> StoredSource:
        """What is stored for exactly this application and profile; SourceNotFound where nothing is."""

    async def file(self, who: Principal, path: str, reading: Reading = DEFAULT) -> StoredFile:
        """One file's bytes; FileNotFound where there is no plain file at ``path``."""

    async def plain_file(
        self,
        who: Principal,
        applications: tuple[str, ...],
        profiles: tuple[str, ...],
        path: str,
        reading: Reading = DEFAULT,
    ) -> ServedFile:
        """The file that ``path`` means for these applications and profiles, as Spring looks for plain files.

        FileNotFound where there is none.
        """

    async def files(self, who: Principal, reading: Reading = DEFAULT) -> Listing[StoredFile]:
        """Every plain file, sorted by path, with empty content."""

    async def history(self, who: Principal, label: str | None, query: HistoryQuery) -> HistoryPage:
        """The tips a label had, newest first, as the journal recorded them."""

    async def diff(self, who: Principal, old: Reading | None, new: Reading, query: DiffQuery) -> Comparison:
        """What differs between two readings; ``old`` None: the first parent of ``new``."""

    async def commit_details(self, who: Principal, revision: str) -> CommitDetails:
        """One commit: what it says, what it changed, and when it was in force."""

    async def readiness(self) -> Readiness:
        """Whether the repository can be read now."""


class ConfigWrites(Protocol):
    """Changes to labels. Each is durable when it returns, or raises and has changed nothing.

    Beside what a method names: PreconditionFailed, IdempotencyMismatch, ContentRefused, UpdateRefused, StorageError.
    """

    async def commit(
        self, who: Principal, label: str | None, changes: Sequence[Change], options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Make ``changes`` to a label (None: the default one), all in one commit or none of them.

        Durable when it returns. Raises LabelNotFound, LabelReadOnly, PreconditionFailed, SeveralFiles, SharedAnchor,
        ReadsBackDifferently, ContentRefused, IdempotencyMismatch and other Conflicts and InvalidInputs; then nothing
        has changed.
        """

    async def make_label(
        self, who: Principal, name: str, new: NewLabel, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """A label where there was none, or a tag moved by a caller who says where it is. LabelExists, InvalidName."""

    async def delete_label(self, who: Principal, name: str, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Remove a label. LabelNotFound, LabelInUse, UpdateRefused for the default one."""

    async def restore(
        self, who: Principal, label: str | None, asked: Restore, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let a label, or something in it, be as it was, by a new commit.

        Raises as ``commit``, and SourceNotFound and FileNotFound for what is at neither end.
        """

    async def revert(
        self, who: Principal, label: str | None, asked: Revert, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Undo what one commit did, by a new commit.

        Raises as ``commit``, and MergeConflict where its files were changed since.
        """


class ConfigStaging(Protocol):
    """Changes assembled on a label's staged branch. What is written there is a ``commit`` with ``options.staged``."""

    async def staged(self, who: Principal, label: str | None) -> Staged:
        """What is staged for a label (None: the default one), be it nothing.

        LabelNotFound, LabelReadOnly for tags and ids, InvalidName for staged branches.
        """

    async def check_staged(self, who: Principal, label: str | None, part: StagedPart = EVERYTHING) -> Check:
        """What an apply would meet now: conflicts, and every problem of the merged result. Nothing is changed."""

    async def apply(
        self,
        who: Principal,
        label: str | None,
        part: StagedPart = EVERYTHING,
        options: WriteOptions = NO_OPTIONS,
        confirm_within: int | None = None,
    ) -> WriteResult:
        """Put what is staged in force, all of it or a part; nothing staged changes nothing.

        With ``confirm_within`` readers get it for so many seconds, and then again what is saved, unless it is confirmed
        by the id that is in the answer. PendingApply where something is pending already, LabelPinned.
        Raises as ``commit``, and MergeConflict where the label has changed the same files.
        """

    async def discard_staged(
        self, who: Principal, label: str | None, part: StagedPart = EVERYTHING, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Drop what is staged, all of it or a part. The options and the answer are about the staged branch."""

    async def update_staged(
        self,
        who: Principal,
        label: str | None,
        resolve: Mapping[str, Keep] = NOTHING_RESOLVED,
        options: WriteOptions = NO_OPTIONS,
    ) -> WriteResult:
        """Merge the label into its staged branch; ``resolve``: path -> which side is right, where both changed it.

        The options and the answer are about the staged branch. MergeConflict for files of which nothing is said.
        """


class ConfigHolding(Protocol):
    """What hangs on a label: an apply that awaits its confirmation, a pin, a freeze.

    A verb on what is not there raises PendingNotFound or BrakeNotFound, on what was there PendingEnded.
    """

    async def hanging(self, who: Principal, label: str | None) -> Hanging:
        """All that hangs on the label now. LabelNotFound."""

    async def confirm(
        self, who: Principal, label: str | None, pending: str, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let the label have what is pending. What is confirmed already is so again, and nothing changes."""

    async def cancel(
        self, who: Principal, label: str | None, pending: str, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let readers get again what is saved."""

    async def extend(
        self, who: Principal, label: str | None, pending: str, seconds: int, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Give what is pending so many seconds from now."""

    async def pin(
        self, who: Principal, label: str | None, brake: Brake, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let readers of the label get one revision, whatever it holds. The answer is about what they get."""

    async def unpin(self, who: Principal, label: str | None, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Let them get again what it holds."""

    async def freeze(
        self, who: Principal, label: str | None, brake: Brake, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Refuse saves, pushes and applies to the label (LabelFrozen). Conflict for one that follows upstream."""

    async def unfreeze(self, who: Principal, label: str | None, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Let the label be written again."""


class ConfigService(ConfigReads, ConfigWrites, ConfigStaging, ConfigHolding, Protocol):
    """One configuration repository.

    Errors are those of ``gitconfig_server.errors``: InvalidName and InvalidRevision for words nobody can mean,
    LabelNotFound and its kin for what does not exist, InvalidContent for a stored file that cannot be read.
    """

"""The engine: one configuration repository, read and written, as plain synchronous calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitconfig_server.config.changes.edits import edit_of
from gitconfig_server.config.kept import KEPT
from gitconfig_server.config.label_writes import delete_label, make_label
from gitconfig_server.config.reader import ConfigReader, ReadOptions
from gitconfig_server.config.resolution.parsed_files import ParsedFiles
from gitconfig_server.config.restoring.restore import restore
from gitconfig_server.config.restoring.revert import revert
from gitconfig_server.config.running.clocks import Moments, system_moments
from gitconfig_server.config.staging.apply import apply_staged
from gitconfig_server.config.staging.discard_update import discard_staged, update_staged
from gitconfig_server.config.writing.writer import Writer
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.staging import EVERYTHING, NOTHING_RESOLVED, Keep, StagedPart
from gitconfig_server.model.writes import Change, NewLabel, Restore, Revert, WriteRequest, WriteResult
from gitconfig_server.storage.base import Clock, utc_now


class ConfigEngine(ConfigReader):
    """Reads and writes. Safe to use from any thread; every call may block on the storage.

    A write is durable when it returns. Each raises PreconditionFailed, ContentRefused, IdempotencyMismatch,
    UpdateRefused and StorageError, beside what it names; then nothing has changed.
    """

    def __init__(
        self,
        git: GitRepository,
        options: ReadOptions | None = None,
        parsed: ParsedFiles | None = None,
        kept: int = KEPT,
        clock: Clock = utc_now,
        moments: Moments | None = None,
    ) -> None:
        super().__init__(git, options, parsed, kept, moments or system_moments(clock))
        self.writer = Writer(git, self.resolution, self.documents, clock)

    def save(self, request: WriteRequest, changes: Sequence[Change]) -> WriteResult:
        """Make ``changes``, all in one commit or none of them. Raises as ``ConfigWrites.commit``."""
        return self.writer.save(request, edit_of(changes, self.resolution, self.documents))

    def make_label(self, request: WriteRequest, name: str, new: NewLabel) -> WriteResult:
        """A label where there was none, or a tag moved by a caller who says where it is. LabelExists, InvalidName."""
        return make_label(self.writer, request, name, new)

    def delete_label(self, request: WriteRequest, name: str) -> WriteResult:
        """Remove a label. LabelNotFound, LabelInUse."""
        return delete_label(self.writer, request, name)

    def apply(self, request: WriteRequest, part: StagedPart = EVERYTHING) -> WriteResult:
        """Put what is staged for the label, or a part of it, in force. MergeConflict."""
        return apply_staged(self.writer, request, part)

    def discard(self, request: WriteRequest, part: StagedPart = EVERYTHING) -> WriteResult:
        """Drop what is staged for the label, or a part of it."""
        return discard_staged(self.writer, request, part)

    def update(self, request: WriteRequest, resolve: Mapping[str, Keep] = NOTHING_RESOLVED) -> WriteResult:
        """Merge the label into its staged branch; ``resolve``: path -> which side is right. MergeConflict."""
        return update_staged(self.writer, request, resolve)

    def restore(self, request: WriteRequest, asked: Restore) -> WriteResult:
        """Let the label, or something in it, be as it was, by a new commit. SourceNotFound, FileNotFound."""
        return restore(self.writer, request, asked)

    def revert(self, request: WriteRequest, asked: Revert) -> WriteResult:
        """Undo what one commit did, by a new commit. MergeConflict."""
        return revert(self.writer, request, asked)

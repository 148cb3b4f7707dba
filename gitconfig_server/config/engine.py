"""The engine: one configuration repository, read and written, as plain synchronous calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from gitconfig_server.config.changes.edits import edit_of
from gitconfig_server.config.kept import KEPT
from gitconfig_server.config.label_writes import delete_label, make_label
from gitconfig_server.config.pending.brakes import freeze_label, pin_label, unfreeze_label, unpin_label
from gitconfig_server.config.pending.confirming import (
    begin_pending,
    cancel_pending,
    confirm_pending,
    extend_pending,
    show_hanging,
)
from gitconfig_server.config.reader import ConfigReader, ReadOptions
from gitconfig_server.config.resolution.parsed_files import ParsedFiles
from gitconfig_server.config.restoring.restore import restore
from gitconfig_server.config.restoring.revert import revert
from gitconfig_server.config.running.clocks import Moments, storage_moments
from gitconfig_server.config.running.records import FREEZES, PENDING, PINS
from gitconfig_server.config.staging.apply import apply_staged, plan_apply
from gitconfig_server.config.staging.based import based
from gitconfig_server.config.staging.discard_update import discard_staged, update_staged
from gitconfig_server.config.writing.writer import DraftEdit, Writer
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.pending import Brake, Hanging
from gitconfig_server.model.staging import EVERYTHING, NOTHING_RESOLVED, StagedPart
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
        super().__init__(git, options, parsed, kept, moments or storage_moments(git.stored))
        self._bare_at = -1
        self.writer = Writer(git, self.resolve_options, self.documents, clock, self.effects.affected)

    def save(self, request: WriteRequest, changes: Sequence[Change]) -> WriteResult:
        """Make ``changes``, all in one commit or none of them. Raises as ``ConfigWrites.commit``."""
        edit: DraftEdit = edit_of(changes, self.resolve_options, self.documents)
        if request.options.base:
            edit = based(edit, self.git, request.options.base, request)
        return self.writer.save(request, edit)

    def make_label(self, request: WriteRequest, name: str, new: NewLabel) -> WriteResult:
        """A label where there was none, or a tag moved by a caller who says where it is. LabelExists, InvalidName."""
        return make_label(self.writer, request, name, new)

    def delete_label(self, request: WriteRequest, name: str) -> WriteResult:
        """Remove a label. LabelNotFound, LabelInUse."""
        return delete_label(self.writer, request, name)

    def apply(
        self, request: WriteRequest, part: StagedPart = EVERYTHING, confirm_within: int | None = None
    ) -> WriteResult:
        """Put what is staged for the label, or a part of it, in force. MergeConflict.

        With ``confirm_within`` for so many seconds, unless it is confirmed. PendingApply, LabelPinned.
        """
        if confirm_within is None:
            return apply_staged(self.writer, request, part)
        plan = partial(plan_apply, self.writer, request, part)
        return begin_pending(self.writer, self.moments, request, plan, confirm_within)

    def confirm(self, request: WriteRequest, pending: str) -> WriteResult:
        """Let the label have what is pending. PendingNotFound, PendingEnded."""
        return confirm_pending(self.writer, self.moments, request, pending)

    def cancel(self, request: WriteRequest, pending: str) -> WriteResult:
        """Let readers get again what is saved. PendingNotFound, PendingEnded."""
        return cancel_pending(self.writer, self.moments, request, pending)

    def extend(self, request: WriteRequest, pending: str, seconds: int) -> WriteResult:
        """Give what is pending so many seconds from now. PendingNotFound, PendingEnded."""
        return extend_pending(self.writer, self.moments, request, pending, seconds)

    def pin(self, request: WriteRequest, brake: Brake) -> WriteResult:
        """Let readers of the label get one revision, whatever it holds."""
        return pin_label(self.writer, self.moments, request, brake)

    def unpin(self, request: WriteRequest) -> WriteResult:
        """Let them get again what it holds. BrakeNotFound."""
        return unpin_label(self.writer, self.moments, request)

    def freeze(self, request: WriteRequest, brake: Brake) -> WriteResult:
        """Refuse saves, pushes and applies to the label. Conflict for one that follows upstream."""
        return freeze_label(self.writer, self.moments, request, brake)

    def unfreeze(self, request: WriteRequest) -> WriteResult:
        """Let the label be written again. BrakeNotFound."""
        return unfreeze_label(self.writer, self.moments, request)

    def hanging(self, label: str | None) -> Hanging:
        """What is pending for the label, and whether it is pinned or frozen. LabelNotFound."""
        return show_hanging(self.writer, label, self.moments())

    def remove_ended(self) -> int:
        """Journal what has come to its end by itself; how much. Readers know without it.

        Cheap to call again and again: where nothing hangs on any label, nothing is looked at until a ref has moved.
        """
        generation = self.git.generation()
        if generation == self._bare_at:
            return 0
        ended = self.git.remove_ended()
        if not any(ref.startswith((PENDING, PINS, FREEZES)) for ref in self.git.snapshot()):
            self._bare_at = generation
        return ended

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

"""Somebody who stages, applies and goes back."""

from __future__ import annotations

from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS
from gitconfig_server.config.restoring.restore import restore
from gitconfig_server.config.restoring.revert import revert
from gitconfig_server.config.staging.apply import apply_staged
from gitconfig_server.config.staging.discard_update import discard_staged, update_staged
from gitconfig_server.model.staging import Check, Keep, Staged, StagedPart
from gitconfig_server.model.writes import DeleteFile, PutFile, Restore, Revert, WriteOptions, WriteResult
from support.writing import ADA, Desk


class StagingDesk(Desk):
    """A desk with all that leads from edits to what is in force, and back."""

    def write(self, files: dict[str, str | None], label: str = "main", **options: object) -> WriteResult:
        """Put (or, with None, delete) files in one commit."""
        changes = (
            PutFile(path, text.encode()) if text is not None else DeleteFile(path) for path, text in files.items()
        )
        return self.change(*changes, label=label, **options)

    def stage(self, files: dict[str, str | None], label: str = "staged", **options: object) -> WriteResult:
        """The same on a working branch."""
        return self.write(files, label, **options)

    def staged(self, label: str = "main") -> Staged:
        """What is staged."""
        return self.repository.staged(label)

    def check(self, label: str = "main", *, applications: tuple[str, ...] = (), paths: tuple[str, ...] = ()) -> Check:
        """What an apply would meet."""
        return self.repository.check_staged(label, StagedPart(applications, paths))

    def apply(
        self, label: str = "main", *, applications: tuple[str, ...] = (), paths: tuple[str, ...] = (), **options: object
    ) -> WriteResult:
        """Put it in force."""
        part = StagedPart(applications, paths)
        return apply_staged(self.writer, label, part, WriteOptions(**options), ADA, DEFAULT_OPTIONS)  # type: ignore[arg-type]

    def discard(
        self, label: str = "main", *, applications: tuple[str, ...] = (), paths: tuple[str, ...] = (), **options: object
    ) -> WriteResult:
        """Drop it."""
        part = StagedPart(applications, paths)
        return discard_staged(self.writer, label, part, WriteOptions(**options), ADA, DEFAULT_OPTIONS)  # type: ignore[arg-type]

    def update(self, label: str = "main", resolve: dict[str, Keep] | None = None, **options: object) -> WriteResult:
        """Bring it up to date."""
        return update_staged(self.writer, label, resolve or {}, WriteOptions(**options), ADA)  # type: ignore[arg-type]

    def restore(self, to: str, label: str = "main", options: WriteOptions | None = None, **part: object) -> WriteResult:
        """Let something be as it was."""
        asked = Restore(to, **part)  # type: ignore[arg-type]
        chosen = options or WriteOptions()
        return restore(self.writer, label, asked, chosen, ADA, DEFAULT_OPTIONS, self.repository.documents)

    def revert(self, commit: str, mainline: int | None = None, label: str = "main", **options: object) -> WriteResult:
        """Undo one commit."""
        return revert(self.writer, label, Revert(commit, mainline), WriteOptions(**options), ADA)  # type: ignore[arg-type]

    def all_files(self, label: str = "main") -> dict[str, str]:
        """Path -> text."""
        return {path: self.text(path, label) for path in self.files(label)}

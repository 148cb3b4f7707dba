"""Somebody who stages, applies and goes back."""

from __future__ import annotations

from gitconfig_server.model.staging import Check, Keep, Staged, StagedPart
from gitconfig_server.model.writes import DeleteFile, PutFile, Restore, Revert, WriteOptions, WriteRequest, WriteResult
from support.writing import ADA, Desk, request


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
        return self.engine.staged(label)

    def check(self, label: str = "main", *, applications: tuple[str, ...] = (), paths: tuple[str, ...] = ()) -> Check:
        """What an apply would meet."""
        return self.engine.check_staged(label, StagedPart(applications, paths))

    def apply(
        self, label: str = "main", *, applications: tuple[str, ...] = (), paths: tuple[str, ...] = (), **options: object
    ) -> WriteResult:
        """Put it in force."""
        part = StagedPart(applications, paths)
        return self.engine.apply(request(label, **options), part)

    def discard(
        self, label: str = "main", *, applications: tuple[str, ...] = (), paths: tuple[str, ...] = (), **options: object
    ) -> WriteResult:
        """Drop it."""
        part = StagedPart(applications, paths)
        return self.engine.discard(request(label, **options), part)

    def update(self, label: str = "main", resolve: dict[str, Keep] | None = None, **options: object) -> WriteResult:
        """Bring it up to date."""
        return self.engine.update(request(label, **options), resolve or {})

    def restore(self, to: str, label: str = "main", options: WriteOptions | None = None, **part: object) -> WriteResult:
        """Let something be as it was."""
        asked = Restore(to, **part)  # type: ignore[arg-type]
        return self.engine.restore(WriteRequest(label, ADA, options or WriteOptions()), asked)

    def revert(self, commit: str, mainline: int | None = None, label: str = "main", **options: object) -> WriteResult:
        """Undo one commit."""
        return self.engine.revert(request(label, **options), Revert(commit, mainline))

    def all_files(self, label: str = "main") -> dict[str, str]:
        """Path -> text."""
        return {path: self.text(path, label) for path in self.files(label)}

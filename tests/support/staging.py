"""Somebody who stages, applies and goes back."""

from __future__ import annotations

from typing import Any

from gitconfig_server.model.findings import Keep
from gitconfig_server.model.staging import Check, Staged, StagedPart
from gitconfig_server.model.writes import (
    DeleteFile,
    NewLabel,
    PutFile,
    Restore,
    Revert,
    WriteOptions,
    WriteRequest,
    WriteResult,
)
from support.writing import ADA, Desk, request

PARTS = ("applications", "paths", "keys", "source")


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

    def check(self, label: str = "main", **part: Any) -> Check:
        """What an apply would meet."""
        return self.engine.check_staged(label, StagedPart(**part))

    def apply(self, label: str = "main", **options: Any) -> WriteResult:
        """Put it in force; a part of it, where some of ``options`` name one."""
        part = StagedPart(**{name: options.pop(name) for name in PARTS if name in options})
        return self.engine.apply(request(label, **options), part)

    def discard(self, label: str = "main", **options: Any) -> WriteResult:
        """Drop it; a part of it, where some of ``options`` name one."""
        part = StagedPart(**{name: options.pop(name) for name in PARTS if name in options})
        return self.engine.discard(request(label, **options), part)

    def label(self, name: str) -> None:
        """A new branch where ``main`` is."""
        self.engine.make_label(request(name), name, NewLabel())

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

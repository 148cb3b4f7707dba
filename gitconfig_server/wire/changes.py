"""What differs between two revisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from gitconfig_server.model.history import Comparison, DiffFormat, FileChange, KeyChange, Op, Side, StoredValue
from gitconfig_server.wire.declarations import Declaration
from gitconfig_server.wire.members import ApplicationName, CommitId, ProfileName

_Path = Annotated[str, Meta(examples=["orders/application-prod.yml"])]
_Op = Annotated[Op, Meta(examples=["change"])]


class SideItem(Declaration[Side]):
    revision: Annotated[str, Meta(examples=["v1"])]
    commit: CommitId


class KeyChangeItem(Declaration[KeyChange]):
    application: ApplicationName
    profile: ProfileName
    path: _Path
    document: int | None
    key: Annotated[str, Meta(examples=["db.pool"])]
    op: _Op
    old: Annotated[StoredValue, Meta(examples=[8])]
    new: Annotated[StoredValue, Meta(examples=[30])]


class FileChangeItem(Declaration[FileChange]):
    path: _Path
    op: _Op
    application: str | None
    profile: str | None
    problem: Annotated[str | None, Meta(description="Why a side of it cannot be read.")]

    @classmethod
    def of(cls, change: FileChange) -> FileChangeItem:
        """A file that differs."""
        return cls(
            path=change.path,
            op=change.op,
            application=change.application,
            profile=change.profile,
            problem=change.problem or None,
        )

    def noun(self) -> FileChange:
        """The file that differs."""
        return FileChange(
            path=self.path,
            op=self.op,
            application=self.application,
            profile=self.profile,
            problem=self.problem or "",
        )


class DiffAnswer(Declaration[Comparison]):
    old: SideItem = field(name="from")
    new: SideItem = field(name="to")
    changes: tuple[KeyChangeItem, ...]
    files: tuple[FileChangeItem, ...]
    deepdiff: Annotated[dict[str, Any], Meta(description="With `format=deepdiff`.")] | UnsetType = UNSET
    json_patch: Annotated[tuple[dict[str, Any], ...], Meta(description="With `format=json-patch`.")] | UnsetType = UNSET

    @classmethod
    def of(cls, found: Comparison, form: DiffFormat = DiffFormat.KEYS) -> DiffAnswer:
        """A comparison in any format but ``unified``, which is text."""
        told: Mapping[str, Any] = {} if form is DiffFormat.KEYS else {form.value.replace("-", "_"): found.told}
        return cls(
            old=SideItem.of(found.old),
            new=SideItem.of(found.new),
            changes=tuple(map(KeyChangeItem.of, found.changes)),
            files=tuple(map(FileChangeItem.of, found.files)),
            **told,
        )

    def noun(self) -> Comparison:
        """The comparison, in the format that was asked for."""
        patch = UNSET if isinstance(self.json_patch, UnsetType) else list(self.json_patch)
        told = next((one for one in (self.deepdiff, patch) if not isinstance(one, UnsetType)), None)
        return Comparison(
            old=self.old.noun(),
            new=self.new.noun(),
            changes=tuple(one.noun() for one in self.changes),
            files=tuple(one.noun() for one in self.files),
            told=told,
        )

"""What is staged, and what an apply would meet."""

from __future__ import annotations

from typing import Annotated, Any, Self

from msgspec import Meta, field

from gitconfig_server.model.findings import Keep
from gitconfig_server.model.staging import Check, Staged, StagedPart
from gitconfig_server.model.writes import WriteOptions
from gitconfig_server.wire.changes import FileChangeItem, KeyChangeItem
from gitconfig_server.wire.declarations import Body, Declaration
from gitconfig_server.wire.history import CommitItem
from gitconfig_server.wire.members import COMMIT, CommitId, FilePaths, LabelName
from gitconfig_server.wire.problems import AffectedItem, ConflictItem, FindingItem
from gitconfig_server.wire.writes import WriteBody, write_members

_MAX_NAMES = 1000

_Applications = Annotated[
    tuple[str, ...], Meta(description="The files of these.", examples=[["orders"]], min_length=1, max_length=_MAX_NAMES)
]
_Paths = Annotated[
    tuple[str, ...],
    Meta(description="These files and folders.", examples=[["orders"]], min_length=1, max_length=_MAX_NAMES),
]


_Keys = Annotated[
    tuple[str, ...],
    Meta(description="Of those files these keys alone.", examples=[["db.pool"]], min_length=1, max_length=_MAX_NAMES),
]
_Source = Annotated[str, Meta(description="Another branch to take it from.", examples=["feature-x"])]


class StagedAnswer(Declaration[Staged]):
    """What is staged. `tip` is null where there is no staged branch; `base` is where it grew from."""

    label: LabelName
    commit: CommitId
    branch: Annotated[str, Meta(examples=["staged"])]
    tip: Annotated[str | None, Meta(examples=[COMMIT])]
    base: Annotated[str | None, Meta(examples=[COMMIT])]
    behind: Annotated[int, Meta(description="How many commits the label has moved on since.", examples=[1])]
    commits: tuple[CommitItem, ...]
    truncated: bool
    changes: tuple[KeyChangeItem, ...]
    files: tuple[FileChangeItem, ...]
    conflicts: tuple[ConflictItem, ...]
    findings: tuple[FindingItem, ...]


class CheckAnswer(Declaration[Check]):
    """What an apply would meet now."""

    label: LabelName
    commit: CommitId
    tip: Annotated[str | None, Meta(examples=[COMMIT])]
    passed: bool
    paths: FilePaths
    conflicts: tuple[ConflictItem, ...]
    findings: tuple[FindingItem, ...]
    affected: tuple[AffectedItem, ...] = ()

    def noun(self) -> Check:
        """The check, which says itself whether it passed."""
        return Check(
            label=self.label,
            commit=self.commit,
            tip=self.tip,
            paths=self.paths,
            conflicts=tuple(one.noun() for one in self.conflicts),
            findings=tuple(one.noun() for one in self.findings),
            affected=tuple(one.noun() for one in self.affected),
        )


def part_members(part: StagedPart) -> dict[str, Any]:
    """The members of a request that say which part is meant."""
    return {
        "applications": part.applications or None,
        "paths": part.paths or None,
        "keys": part.keys or None,
        "source": part.source,
    }


class Part(Body[StagedPart]):
    """Some of what is staged; all of it where nothing is given."""

    applications: _Applications | None = None
    paths: _Paths | None = None
    keys: _Keys | None = None
    source: _Source | None = field(default=None, name="from")

    @classmethod
    def of(cls, part: StagedPart) -> Self:
        """What asks for ``part``."""
        return cls(**part_members(part))

    def noun(self) -> StagedPart:
        """The same as the service takes it."""
        return StagedPart(self.applications or (), self.paths or (), self.keys or (), self.source)


class PartBody(WriteBody):
    """Which part of what is staged; all of it where nothing is given."""

    applications: _Applications | None = None
    paths: _Paths | None = None
    keys: _Keys | None = None
    source: _Source | None = field(default=None, name="from")

    @classmethod
    def asking(cls, part: StagedPart, options: WriteOptions) -> PartBody:
        """What asks for it."""
        return cls(**write_members(options), **part_members(part))

    def part(self) -> StagedPart:
        """The same as the service takes it."""
        return StagedPart(self.applications or (), self.paths or (), self.keys or (), self.source)


class UpdateBody(WriteBody):
    """Which side is right."""

    resolve: Annotated[
        dict[str, Keep],
        Meta(description="Path: which side is right, where both have changed it.", examples=[{"orders.yml": "staged"}]),
    ] = field(default_factory=dict)

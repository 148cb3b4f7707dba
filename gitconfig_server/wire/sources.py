"""What is stored: applications, sources, files."""

from __future__ import annotations

from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType

from gitconfig_server.model.environments import Position, PropertySource, Value
from gitconfig_server.model.reads import Application, Match, SourceFile, StoredFile, StoredSource
from gitconfig_server.wire.declarations import Declaration
from gitconfig_server.wire.decoding import convert
from gitconfig_server.wire.members import (
    ApplicationName,
    BlobId,
    CommitId,
    FilePath,
    Limit,
    Next,
    ProfileName,
    Properties,
)
from gitconfig_server.wire.writes import WriteBody


class ApplicationItem(Declaration[Application]):
    name: ApplicationName
    profiles: Annotated[tuple[str, ...], Meta(examples=[["default", "prod"]])]


class ApplicationList(Declaration[tuple[Application, ...]]):
    commit: CommitId
    applications: tuple[ApplicationItem, ...]
    next: Next
    limit: Limit


class SourceItem(Declaration[SourceFile]):
    application: ApplicationName
    profile: ProfileName
    path: FilePath
    blob: BlobId
    format: Annotated[str, Meta(examples=["yml"])]


class SourceList(Declaration[tuple[SourceFile, ...]]):
    commit: CommitId
    sources: tuple[SourceItem, ...]
    next: Next
    limit: Limit


class MatchItem(Declaration[Match]):
    application: ApplicationName
    profile: ProfileName
    path: FilePath
    document: int | None
    key: Annotated[str, Meta(examples=["db.pool"])]
    value: Annotated[Value, Meta(examples=[8])]
    line: int | None
    column: int | None


class MatchList(Declaration[tuple[Match, ...]]):
    commit: CommitId
    matches: tuple[MatchItem, ...]
    next: Next
    limit: Limit


class FileItem(Declaration[StoredFile]):
    path: FilePath
    blob: BlobId


class FileList(Declaration[tuple[StoredFile, ...]]):
    commit: CommitId
    files: tuple[FileItem, ...]
    next: Next
    limit: Limit


class PositionItem(Declaration[Position]):
    line: Annotated[int, Meta(examples=[3])]
    column: Annotated[int, Meta(examples=[9])]


class DocumentItem(Declaration[PropertySource]):
    """One document of a file, without what it says."""

    name: FilePath
    path: FilePath
    document: int | None
    blob: BlobId

    @classmethod
    def of_document(cls, source: PropertySource, **more: Any) -> Self:
        """Where a source stands, with ``more`` members."""
        return cls(name=source.name, path=source.path, document=source.document, blob=source.blob, **more)


class SourceDocument(DocumentItem):
    active: Annotated[bool, Meta(description="Whether it takes part where exactly this profile is active.")]
    properties: Properties
    positions: Annotated[dict[str, PositionItem], Meta(description="With `positions=1`.")] | UnsetType = UNSET

    def noun(self) -> PropertySource:
        """The document, of whose properties flat ones were asked for."""
        properties = convert(self.properties, dict[str, Value | list[Any] | dict[str, Any] | None])
        return document_of(self, properties, self.positions)


class SourceAnswer(Declaration[StoredSource]):
    """Everything that is stored for exactly one application and profile."""

    application: ApplicationName
    profile: ProfileName
    properties: Properties
    documents: tuple[SourceDocument, ...]

    def stored(self, commit: str, validator: str) -> StoredSource:
        """The source, of which the headers say the rest."""
        inactive = frozenset(one.name for one in self.documents if not one.active)
        return StoredSource(commit, tuple(one.noun() for one in self.documents), validator, inactive)


class SourceBody(WriteBody, kw_only=True):
    """All that a source is to hold."""

    properties: Properties


def positions_of(source: PropertySource) -> dict[str, PositionItem]:
    """Where in its file each value of a source stands, as far as its format lets one know."""
    return {key: PositionItem.of(place) for key, place in source.positions.items()}


def document_of(
    item: DocumentItem, properties: dict[str, Any], positions: dict[str, PositionItem] | UnsetType
) -> PropertySource:
    """A document of flat properties."""
    places = {} if isinstance(positions, UnsetType) else {key: one.noun() for key, one in positions.items()}
    return PropertySource(
        path=item.path,
        blob=item.blob,
        properties=properties,
        positions=places,
        document=item.document,
    )

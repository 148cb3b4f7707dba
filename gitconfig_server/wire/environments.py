"""Environments."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from gitconfig_server.model.environments import Environment, PropertySource, RunningState, Value
from gitconfig_server.wire.declarations import Declaration
from gitconfig_server.wire.decoding import convert
from gitconfig_server.wire.members import CommitId, FilePath, Properties
from gitconfig_server.wire.sources import DocumentItem, PositionItem, document_of


class EnvironmentSource(DocumentItem):
    properties: Annotated[dict[str, Any], Meta(description="With `sources=1`.")] | UnsetType = UNSET
    positions: Annotated[dict[str, PositionItem], Meta(description="With `sources=1`.")] | UnsetType = UNSET

    def noun(self) -> PropertySource:
        """The source, of whose properties flat ones were asked for."""
        properties = {} if isinstance(self.properties, UnsetType) else self.properties
        return document_of(self, convert(properties, dict[str, Value]), self.positions)


class Origin(Declaration[PropertySource]):
    """Where a value stands; formats without positions have no line."""

    path: FilePath
    document: int | None
    line: int | None
    column: int | None

    @classmethod
    def of_key(cls, source: PropertySource, key: str) -> Origin:
        """Where the value of ``key`` stands in ``source``."""
        place = source.positions.get(key)
        line, column = (place.line, place.column) if place else (None, None)
        return cls(path=source.path, document=source.document, line=line, column=column)


class EnvironmentAnswer(Declaration[Environment]):
    """What a client gets: the sources, the strongest first, and their merge."""

    applications: Annotated[tuple[str, ...], Meta(examples=[["orders"]])]
    profiles: Annotated[tuple[str, ...], Meta(examples=[["prod"]])]
    label: Annotated[str | None, Meta(examples=["main"])]
    commit: CommitId
    view: str
    properties: Properties
    sources: tuple[EnvironmentSource, ...]
    origins: Annotated[dict[str, Origin], Meta(description="With `origins=1`.")] | UnsetType = UNSET

    def environment(self, label: str | None, running: RunningState | None = None) -> Environment:
        """The environment; ``label`` is what was asked for, ``running`` what the headers said."""
        return Environment(
            applications=self.applications,
            profiles=self.profiles,
            label=label,
            commit=self.commit,
            sources=tuple(one.noun() for one in self.sources),
            running=running,
        )

"""A ConfigService over dicts: labels hold files, files hold flat properties."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gitconfig_server.errors import FileNotFound, InvalidContent, LabelNotFound, SourceNotFound
from gitconfig_server.model.environments import Environment, Position, PropertySource, Value
from gitconfig_server.model.history import CommitSummary, HistoryEntry, HistoryPage, HistoryQuery
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import (
    Application,
    Label,
    LabelKind,
    Listing,
    Readiness,
    Reading,
    SourceFile,
    StoredFile,
    StoredSource,
)
from gitconfig_server.model.spring import ServedFile
from gitconfig_server.revisions import parse_revision, parse_time
from gitconfig_server.service.base import DEFAULT, ConfigService
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.spring.assembly import main_repository, spring_reader
from gitconfig_server.service.spring.open_repositories import OpenRepositories
from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.settings import Settings

Properties = Mapping[str, Value]
WHEN = datetime(2026, 1, 31, 12, tzinfo=UTC)
BROKEN: Properties = {"!broken": True}
"""Properties of a file that cannot be read."""


class DictService:
    """Reads ``{label: {path: properties}}`` with paths like ``orders-prod.yml``; the default label is first."""

    def __init__(self, labels: Mapping[str, Mapping[str, Properties]], *, ready: bool = True) -> None:
        self._labels = labels
        self._default = next(iter(labels))
        self._ready = ready

    async def labels(self, who: Principal) -> tuple[Label, ...]:
        names = sorted(self._labels)
        return tuple(Label(name, LabelKind.BRANCH, self.commit(name), name == self._default) for name in names)

    async def environment(
        self, who: Principal, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading = DEFAULT
    ) -> Environment:
        label = self._label(reading)
        stems = [f"{name}-{profile}" for profile in reversed(profiles) for name in _strongest_first(applications)]
        stems += _strongest_first(applications)
        files = self._labels[label]
        sources = tuple(_source(f"{stem}.yml", files[f"{stem}.yml"]) for stem in stems if f"{stem}.yml" in files)
        basis = _Standing(self.commit(label))
        return Environment(applications, profiles, reading.revision, basis.commit, sources, basis=basis)

    async def applications(self, who: Principal, reading: Reading = DEFAULT) -> Listing[Application]:
        listing = await self.sources(who, None, reading)
        profiles: dict[str, list[str]] = {}
        for one in listing.items:
            profiles.setdefault(one.application, []).append(one.profile)
        return Listing(listing.commit, tuple(Application(name, tuple(found)) for name, found in profiles.items()))

    async def sources(
        self, who: Principal, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[SourceFile]:
        label = self._label(reading)
        found = []
        for path, properties in sorted(self._labels[label].items()):
            name, _, profile = path.removesuffix(".yml").partition("-")
            found.append(SourceFile(name, profile or "default", path, _blob(properties), "yml"))
        return Listing(self.commit(label), tuple(one for one in found if application in (None, one.application)))

    async def source(self, who: Principal, application: str, profile: str, reading: Reading = DEFAULT) -> StoredSource:
        label = self._label(reading)
        path = f"{application}.yml" if profile == "default" else f"{application}-{profile}.yml"
        if path not in self._labels[label]:
            raise SourceNotFound(application, profile, label)
        properties = self._labels[label][path]
        return StoredSource(self.commit(label), (_source(path, properties),), _blob(properties))

    async def file(self, who: Principal, path: str, reading: Reading = DEFAULT) -> StoredFile:
        label = self._label(reading)
        if path not in self._labels[label]:
            raise FileNotFound(path, label)
        properties = self._labels[label][path]
        return StoredFile(path, self.commit(label), _blob(properties), json.dumps(properties).encode())

    async def plain_file(
        self,
        who: Principal,
        applications: tuple[str, ...],
        profiles: tuple[str, ...],
        path: str,
        reading: Reading = DEFAULT,
    ) -> ServedFile:
        file = await self.file(who, path, reading)
        return ServedFile(file.path, file.commit, file.blob, file.content, WHEN)

    async def files(self, who: Principal, reading: Reading = DEFAULT) -> Listing[StoredFile]:
        label = self._label(reading)
        files = sorted(self._labels[label].items())
        items = tuple(StoredFile(path, self.commit(label), _blob(properties), b"") for path, properties in files)
        return Listing(self.commit(label), items)

    async def history(self, who: Principal, label: str | None, query: HistoryQuery) -> HistoryPage:
        name = self._label(Reading(label))
        tip = CommitSummary(self.commit(name), (), "Tess", "tess@example.com", WHEN, "change")
        entry = HistoryEntry(name, tip, seq=1, received_at=WHEN, actor="tess", reason="push")
        return HistoryPage(name, (entry,), next="more" if query.cursor is None else None)

    async def readiness(self) -> Readiness:
        return Readiness(self._ready, "" if self._ready else "the disk is gone")

    def commit(self, label: str) -> str:
        """The id that stands for what a label holds."""
        return _blob({path: _blob(properties) for path, properties in self._labels[label].items()} | {"": label})

    def _label(self, reading: Reading) -> str:
        if reading.at is not None:
            parse_time(reading.at)
        name = self._default if reading.revision is None else parse_revision(reading.revision).name
        by_commit = {self.commit(label): label for label in self._labels}
        if name not in self._labels and name not in by_commit:
            raise LabelNotFound(name)
        return by_commit.get(name, name)


@dataclass(frozen=True)
class _Standing:
    """The ``Basis`` of what never changes."""

    commit: str
    size: int = 0
    until: None = None
    running: None = None

    def renewed(self) -> _Standing:
        return self


def _strongest_first(applications: tuple[str, ...]) -> list[str]:
    return [*reversed(applications), "application"]


def _source(path: str, properties: Properties) -> PropertySource:
    if properties is BROKEN:
        raise InvalidContent(path, "yaml-syntax", "found a tab", 3, 1)
    positions = {key: Position(line, 1) for line, key in enumerate(properties, 1)}
    return PropertySource(path, _blob(properties), properties, positions)


def _blob(content: object) -> str:
    return hashlib.sha1(json.dumps(content).encode()).hexdigest()


def reader_of(service: ConfigService, settings: Settings, uri: str = "file:///srv/config.git") -> SpringReader:
    """What Spring's routes read through, over one service and the settings' further repositories."""
    crossing = Crossing()
    return spring_reader(settings, main_repository(settings, service, uri), OpenRepositories(crossing), crossing)

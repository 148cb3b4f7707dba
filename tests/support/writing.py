"""A repository and somebody who writes to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.config.reader import ReadOptions
from gitconfig_server.git.objects.commits import Commit, read_commit
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.writes import Change, PutSource, SourcePlace, WriteOptions, WriteRequest, WriteResult
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.storage.base import StoredRepository
from gitconfig_server.storage.disk.storage import DiskStorage
from support.storages import new_repository

ADA = Principal("ada", "ada@example.com")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def request(label: str | None = None, **options: object) -> WriteRequest:
    """What Ada asks of a label; ``options`` are those of WriteOptions."""
    return WriteRequest(label, ADA, WriteOptions(**options))  # type: ignore[arg-type]


class Desk:
    """Writes to a repository in memory, or to ``stored``, through the door that servers have."""

    def __init__(self, stored: StoredRepository | None = None, now: datetime = NOON, **rules: object) -> None:
        self.now = now
        self.stored = stored or new_repository(self.clock)
        door = DoorRules(**rules)  # type: ignore[arg-type]
        self.git = door.open(self.stored)
        self.engine = ConfigEngine(self.git, ReadOptions(door.resolve_options()), clock=self.clock)

    def clock(self) -> datetime:
        """The time it is here."""
        return self.now

    def change(self, *changes: Change, label: str | None = None, **options: object) -> WriteResult:
        """Make changes in one commit; ``options`` are those of WriteOptions."""
        return self.engine.save(request(label, **options), changes)

    def put(self, source: str, properties: dict[str, object], **options: object) -> WriteResult:
        """Store a source named like ``orders/prod``."""
        application, _, profile = source.rpartition("/")
        return self.change(PutSource(SourcePlace(application, profile), properties), **options)

    def text(self, path: str, label: str | None = None) -> str:
        """What a file says."""
        return self.engine.file(path, Reading(label)).content.decode()

    def files(self, label: str | None = None) -> list[str]:
        """Every path."""
        return [one.path for one in self.engine.files(Reading(label)).items]

    def stored_sources(self) -> dict[tuple[str, str], str]:
        """Application and profile -> path, of all that is listed."""
        listed = self.engine.sources(None, Reading()).items
        return {(one.application, one.profile): one.path for one in listed}

    def commit(self, label: str = "main") -> Commit:
        """The tip of a branch."""
        return read_commit(self.git.objects, self.git.snapshot()[b"refs/heads/" + label.encode()])


def disk_repository(folder: Path) -> StoredRepository:
    """An empty repository on disk."""
    return DiskStorage(folder).create("test")

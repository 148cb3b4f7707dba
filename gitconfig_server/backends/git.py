"""A backend that keeps sources in a Git repository: labels are branches and tags, each save is a commit."""

from __future__ import annotations

import builtins
from pathlib import Path
from types import TracebackType
from typing import Self

from gitconfig_server.backend import ConfigSource
from gitconfig_server.backends.names import check_names, check_source
from gitconfig_server.catalogue import LabelKind, Reading
from gitconfig_server.config.properties import merge, unflatten
from gitconfig_server.config.repository import ConfigRepository
from gitconfig_server.errors import LabelNotFound
from gitconfig_server.git.ref_names import branch_ref, is_staged
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.principals import ANONYMOUS
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.storage.memory import MemoryStorage
from gitconfig_server.storage.urls import open_storage
from gitconfig_server.writes import PutSource, SourcePlace, WriteOptions


class GitConfigBackend:
    """A ``ConfigBackend`` over a repository: a path, ``file://`` or ``memory://``. Close it, or use it as a context.

    Files are those of this package's server: what is saved here is served there, and the other way round. A source is
    what its own files say for its profile.
    """

    def __init__(self, url_or_path: str | Path) -> None:
        self._storage, name = open_storage(str(url_or_path))
        in_memory = isinstance(self._storage, MemoryStorage)
        stored = self._storage.create(name) if in_memory else self._storage.open(name)
        self._crossing = Crossing()
        self._service = EmbeddedConfigService(ConfigRepository(GitRepository(stored)), self._crossing)

    async def fetch(self, application: str, profile: str, label: str = "main") -> ConfigSource | None:
        """The stored source, nested; None where the label has none, or does not exist. Raises InvalidName."""
        check_names(application, profile, label)
        try:
            return await self._fetch(application, profile, label)
        except LabelNotFound:
            return None

    async def save(self, source: ConfigSource) -> None:
        """Store ``source`` whole, as one commit on the branch; none where nothing changes.

        In an empty repository ``main`` begins with it. Raises InvalidName, LabelNotFound, LabelReadOnly for tags.
        """
        check_source(source)
        place = SourcePlace(source.application, source.profile)
        options = WriteOptions(message=f"config: update {source.application}/{source.profile}@{source.label}")
        change = PutSource(place, source.properties, collapse=True)
        await self._service.commit(ANONYMOUS, source.label, [change], options)

    async def list(self) -> builtins.list[ConfigSource]:
        """Every source of every branch but the working ones."""
        found = []
        for label in await self._service.labels(ANONYMOUS):
            if label.kind is LabelKind.BRANCH and not is_staged(branch_ref(label.name)):
                listed = await self._service.sources(ANONYMOUS, None, Reading(label.name))
                names = dict.fromkeys((one.application, one.profile) for one in listed.items)
                sources = [await self._fetch(*name, label.name) for name in names]
                found += [source for source in sources if source is not None]
        return found

    async def refresh(self) -> None:
        """Nothing has to be done: what is read is what is there, whoever wrote it."""

    def close(self) -> None:
        """Release files and connections."""
        self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _fetch(self, application: str, profile: str, label: str) -> ConfigSource | None:
        reading = Reading(label)
        listed = await self._service.sources(ANONYMOUS, application, reading)
        paths = {file.path for file in listed.items if file.profile == profile}
        if not paths:
            return None
        environment = await self._service.environment(ANONYMOUS, (application,), (profile,), Reading(listed.commit))
        own = [source.properties for source in environment.sources if source.path in paths]
        return ConfigSource(application, profile, label, unflatten(merge(own)))

"""The service in this process: the engine, called through the crossing."""

from __future__ import annotations

from gitconfig_server.catalogue import Application, Label, Listing, Reading, SourceFile, StoredFile
from gitconfig_server.config.repository import ConfigRepository
from gitconfig_server.environments import Environment, PropertySource
from gitconfig_server.errors import GitConfigError
from gitconfig_server.principals import Principal
from gitconfig_server.service.base import DEFAULT, Readiness
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.timeline import HistoryPage, HistoryQuery


class EmbeddedConfigService:
    """A ``ConfigService`` over a repository of this process. Everybody may read: there is no policy yet."""

    def __init__(self, repository: ConfigRepository, crossing: Crossing) -> None:
        self._repository = repository
        self._crossing = crossing

    async def labels(self, who: Principal) -> tuple[Label, ...]:
        """Branches, then tags."""
        return await self._crossing.run(self._repository.labels)

    async def environment(
        self, who: Principal, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading = DEFAULT
    ) -> Environment:
        """The sources of the applications and profiles, strongest first."""
        return await self._crossing.run(self._repository.environment, applications, profiles, reading)

    async def applications(self, who: Principal, reading: Reading = DEFAULT) -> Listing[Application]:
        """The applications something is stored for."""
        return await self._crossing.run(self._repository.applications, reading)

    async def sources(
        self, who: Principal, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[SourceFile]:
        """The stored files by application and profile."""
        return await self._crossing.run(self._repository.sources, application, reading)

    async def source(
        self, who: Principal, application: str, profile: str, reading: Reading = DEFAULT
    ) -> Listing[PropertySource]:
        """What is stored for exactly this application and profile."""
        return await self._crossing.run(self._repository.source, application, profile, reading)

    async def file(self, who: Principal, path: str, reading: Reading = DEFAULT) -> StoredFile:
        """One file's bytes."""
        return await self._crossing.run(self._repository.file, path, reading)

    async def files(self, who: Principal, reading: Reading = DEFAULT) -> Listing[StoredFile]:
        """Every plain file, without content."""
        return await self._crossing.run(self._repository.files, reading)

    async def history(self, who: Principal, label: str | None, query: HistoryQuery) -> HistoryPage:
        """The tips a label had, newest first."""
        return await self._crossing.run(self._repository.history, label, query)

    async def readiness(self) -> Readiness:
        """Ready where the refs and the default label's commit can be read, or nothing has been pushed yet."""
        try:
            await self._crossing.run(self._repository.labels)
        except GitConfigError as error:
            return Readiness(False, str(error))
        return Readiness(True)

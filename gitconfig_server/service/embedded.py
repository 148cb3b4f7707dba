"""The service in this process: the engine, called through the crossing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import GitConfigError
from gitconfig_server.model.environments import Environment
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.history import CommitDetails, Comparison, DiffQuery, HistoryPage, HistoryQuery
from gitconfig_server.model.pending import Brake, Hanging
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import (
    Application,
    Label,
    Listing,
    Match,
    Readiness,
    Reading,
    SourceFile,
    StoredFile,
    StoredSource,
    all_ready,
)
from gitconfig_server.model.spring import ServedFile
from gitconfig_server.model.staging import EVERYTHING, NOTHING_RESOLVED, Check, Staged, StagedPart
from gitconfig_server.model.writes import (
    NO_OPTIONS,
    Change,
    NewLabel,
    Restore,
    Revert,
    WriteOptions,
    WriteRequest,
    WriteResult,
)
from gitconfig_server.service.base import DEFAULT
from gitconfig_server.service.crossing import Crossing

_EMPTY = "nothing is in it yet: push to /config.git, or save a source"


class EmbeddedConfigService:
    """A ``ConfigService`` over a repository of this process. Everybody may read: there is no policy yet.

    ``conditions`` must hold for it to be ready, beyond that the repository can be read.
    """

    def __init__(
        self, engine: ConfigEngine, crossing: Crossing, conditions: Sequence[Callable[[], Readiness]] = ()
    ) -> None:
        self._engine = engine
        self._crossing = crossing
        self._conditions = conditions

    async def labels(self, who: Principal) -> tuple[Label, ...]:
        """Branches, then tags."""
        return await self._crossing.run(self._engine.labels)

    async def label(self, who: Principal, name: str) -> Label:
        """The branch, else the tag, of this name."""
        return await self._crossing.run(self._engine.label, name)

    async def environment(
        self, who: Principal, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading = DEFAULT
    ) -> Environment:
        """The sources of the applications and profiles, strongest first."""
        return await self._crossing.run(self._engine.environment, applications, profiles, reading)

    async def applications(self, who: Principal, reading: Reading = DEFAULT) -> Listing[Application]:
        """The applications something is stored for."""
        return await self._crossing.run(self._engine.applications, reading)

    async def sources(
        self, who: Principal, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[SourceFile]:
        """The stored files by application and profile."""
        return await self._crossing.run(self._engine.sources, application, reading)

    async def search(
        self, who: Principal, text: str, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[Match]:
        """The stored keys whose name or value holds ``text``."""
        return await self._crossing.run(self._engine.search, text, application, reading)

    async def source(self, who: Principal, application: str, profile: str, reading: Reading = DEFAULT) -> StoredSource:
        """What is stored for exactly this application and profile."""
        return await self._crossing.run(self._engine.source, application, profile, reading)

    async def file(self, who: Principal, path: str, reading: Reading = DEFAULT) -> StoredFile:
        """One file's bytes."""
        return await self._crossing.run(self._engine.file, path, reading)

    async def plain_file(
        self,
        who: Principal,
        applications: tuple[str, ...],
        profiles: tuple[str, ...],
        path: str,
        reading: Reading = DEFAULT,
    ) -> ServedFile:
        """The file that ``path`` means for these applications and profiles."""
        return await self._crossing.run(self._engine.plain_file, applications, profiles, path, reading)

    async def files(self, who: Principal, reading: Reading = DEFAULT) -> Listing[StoredFile]:
        """Every plain file, without content."""
        return await self._crossing.run(self._engine.files, reading)

    async def history(self, who: Principal, label: str | None, query: HistoryQuery) -> HistoryPage:
        """The tips a label had, newest first."""
        return await self._crossing.run(self._engine.history, label, query)

    async def diff(self, who: Principal, old: Reading | None, new: Reading, query: DiffQuery) -> Comparison:
        """What differs between two readings."""
        return await self._crossing.run(self._engine.diff, old, new, query)

    async def commit(
        self, who: Principal, label: str | None, changes: Sequence[Change], options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Make ``changes`` to a label, all in one commit or none of them."""
        return await self._crossing.write(self._engine.save, WriteRequest(label, who, options), changes)

    async def make_label(
        self, who: Principal, name: str, new: NewLabel, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """A label where there was none, or a tag moved."""
        return await self._crossing.write(self._engine.make_label, WriteRequest(name, who, options), name, new)

    async def delete_label(self, who: Principal, name: str, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Remove a label."""
        return await self._crossing.write(self._engine.delete_label, WriteRequest(name, who, options), name)

    async def staged(self, who: Principal, label: str | None) -> Staged:
        """What is staged for a label."""
        return await self._crossing.run(self._engine.staged, label)

    async def check_staged(self, who: Principal, label: str | None, part: StagedPart = EVERYTHING) -> Check:
        """What an apply would meet now."""
        return await self._crossing.run(self._engine.check_staged, label, part)

    async def apply(
        self,
        who: Principal,
        label: str | None,
        part: StagedPart = EVERYTHING,
        options: WriteOptions = NO_OPTIONS,
        confirm_within: int | None = None,
    ) -> WriteResult:
        """Put what is staged in force."""
        return await self._crossing.write(self._engine.apply, WriteRequest(label, who, options), part, confirm_within)

    async def hanging(self, who: Principal, label: str | None) -> Hanging:
        """All that hangs on the label now."""
        return await self._crossing.run(self._engine.hanging, label)

    async def confirm(
        self, who: Principal, label: str | None, pending: str, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let the label have what is pending."""
        return await self._crossing.write(self._engine.confirm, WriteRequest(label, who, options), pending)

    async def cancel(
        self, who: Principal, label: str | None, pending: str, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let readers get again what is saved."""
        return await self._crossing.write(self._engine.cancel, WriteRequest(label, who, options), pending)

    async def extend(
        self, who: Principal, label: str | None, pending: str, seconds: int, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Give what is pending so many seconds from now."""
        return await self._crossing.write(self._engine.extend, WriteRequest(label, who, options), pending, seconds)

    async def pin(
        self, who: Principal, label: str | None, brake: Brake, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let readers of the label get one revision."""
        return await self._crossing.write(self._engine.pin, WriteRequest(label, who, options), brake)

    async def unpin(self, who: Principal, label: str | None, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Let them get again what the label holds."""
        return await self._crossing.write(self._engine.unpin, WriteRequest(label, who, options))

    async def freeze(
        self, who: Principal, label: str | None, brake: Brake, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Refuse saves, pushes and applies to the label."""
        return await self._crossing.write(self._engine.freeze, WriteRequest(label, who, options), brake)

    async def unfreeze(self, who: Principal, label: str | None, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """Let the label be written again."""
        return await self._crossing.write(self._engine.unfreeze, WriteRequest(label, who, options))

    async def discard_staged(
        self, who: Principal, label: str | None, part: StagedPart = EVERYTHING, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Drop what is staged."""
        return await self._crossing.write(self._engine.discard, WriteRequest(label, who, options), part)

    async def update_staged(
        self,
        who: Principal,
        label: str | None,
        resolve: Mapping[str, Keep] = NOTHING_RESOLVED,
        options: WriteOptions = NO_OPTIONS,
    ) -> WriteResult:
        """Merge the label into its staged branch."""
        return await self._crossing.write(self._engine.update, WriteRequest(label, who, options), resolve)

    async def restore(
        self, who: Principal, label: str | None, asked: Restore, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Let a label, or something in it, be as it was."""
        return await self._crossing.write(self._engine.restore, WriteRequest(label, who, options), asked)

    async def revert(
        self, who: Principal, label: str | None, asked: Revert, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """Undo what one commit did."""
        return await self._crossing.write(self._engine.revert, WriteRequest(label, who, options), asked)

    async def commit_details(self, who: Principal, revision: str) -> CommitDetails:
        """One commit."""
        return await self._crossing.run(self._engine.commit_details, revision)

    async def readiness(self) -> Readiness:
        """Ready where the refs and the default label's commit can be read, or nothing has been pushed yet."""
        try:
            labels = await self._crossing.run(self._engine.labels)
            others = await self._crossing.run(lambda: [condition() for condition in self._conditions])
        except GitConfigError as error:
            return Readiness(False, disclose(error))
        return all_ready([Readiness(True, details={} if labels else {"repository": _EMPTY}), *others])

"""Permission: a service that asks the policy before every verb, and does nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from gitconfig_server.errors import Denied
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
)
from gitconfig_server.model.spring import ServedFile
from gitconfig_server.model.staging import EVERYTHING, NOTHING_RESOLVED, Check, Staged, StagedPart
from gitconfig_server.model.writes import (
    NO_OPTIONS,
    Change,
    DeleteFile,
    NewLabel,
    PatchFile,
    PutFile,
    Restore,
    Revert,
    WriteOptions,
    WriteResult,
)
from gitconfig_server.service.base import DEFAULT, ConfigService
from gitconfig_server.service.policy import Policy


class GuardedConfigService:
    """``service`` for those whom ``policy`` lets; Denied, and nothing asked of the service, for all others."""

    def __init__(self, service: ConfigService, policy: Policy) -> None:
        self._service = service
        self._policy = policy

    async def labels(self, who: Principal) -> tuple[Label, ...]:
        """As ``ConfigService.labels``."""
        self._ask(who, "labels", (), None)
        return await self._service.labels(who)

    async def label(self, who: Principal, name: str) -> Label:
        """As ``ConfigService.label``."""
        self._ask(who, "label", (), name)
        return await self._service.label(who, name)

    async def environment(
        self, who: Principal, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading = DEFAULT
    ) -> Environment:
        """As ``ConfigService.environment``."""
        self._ask(who, "environment", applications, reading.revision)
        return await self._service.environment(who, applications, profiles, reading)

    async def applications(self, who: Principal, reading: Reading = DEFAULT) -> Listing[Application]:
        """As ``ConfigService.applications``."""
        self._ask(who, "applications", (), reading.revision)
        return await self._service.applications(who, reading)

    async def sources(
        self, who: Principal, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[SourceFile]:
        """As ``ConfigService.sources``."""
        self._ask(who, "sources", _given(application), reading.revision)
        return await self._service.sources(who, application, reading)

    async def search(
        self, who: Principal, text: str, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[Match]:
        """As ``ConfigService.search``."""
        self._ask(who, "search", _given(application), reading.revision)
        return await self._service.search(who, text, application, reading)

    async def source(self, who: Principal, application: str, profile: str, reading: Reading = DEFAULT) -> StoredSource:
        """As ``ConfigService.source``."""
        self._ask(who, "source", (application,), reading.revision)
        return await self._service.source(who, application, profile, reading)

    async def file(self, who: Principal, path: str, reading: Reading = DEFAULT) -> StoredFile:
        """As ``ConfigService.file``."""
        self._ask(who, "file", (), reading.revision)
        return await self._service.file(who, path, reading)

    async def plain_file(
        self,
        who: Principal,
        applications: tuple[str, ...],
        profiles: tuple[str, ...],
        path: str,
        reading: Reading = DEFAULT,
    ) -> ServedFile:
        """As ``ConfigService.plain_file``."""
        self._ask(who, "plain_file", applications, reading.revision)
        return await self._service.plain_file(who, applications, profiles, path, reading)

    async def files(self, who: Principal, reading: Reading = DEFAULT) -> Listing[StoredFile]:
        """As ``ConfigService.files``."""
        self._ask(who, "files", (), reading.revision)
        return await self._service.files(who, reading)

    async def history(self, who: Principal, label: str | None, query: HistoryQuery) -> HistoryPage:
        """As ``ConfigService.history``."""
        self._ask(who, "history", _given(query.application), label)
        return await self._service.history(who, label, query)

    async def diff(self, who: Principal, old: Reading | None, new: Reading, query: DiffQuery) -> Comparison:
        """As ``ConfigService.diff``."""
        self._ask(who, "diff", _given(query.application), new.revision)
        return await self._service.diff(who, old, new, query)

    async def commit_details(self, who: Principal, revision: str) -> CommitDetails:
        """As ``ConfigService.commit_details``."""
        self._ask(who, "commit_details", (), revision)
        return await self._service.commit_details(who, revision)

    async def readiness(self) -> Readiness:
        """As ``ConfigService.readiness``; it tells nothing that is stored."""
        return await self._service.readiness()

    async def commit(
        self, who: Principal, label: str | None, changes: Sequence[Change], options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.commit``."""
        self._ask(who, "commit", _applications(changes), label)
        return await self._service.commit(who, label, changes, options)

    async def make_label(
        self, who: Principal, name: str, new: NewLabel, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.make_label``."""
        self._ask(who, "make_label", (), name)
        return await self._service.make_label(who, name, new, options)

    async def delete_label(self, who: Principal, name: str, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """As ``ConfigService.delete_label``."""
        self._ask(who, "delete_label", (), name)
        return await self._service.delete_label(who, name, options)

    async def restore(
        self, who: Principal, label: str | None, asked: Restore, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.restore``."""
        self._ask(who, "restore", _given(asked.application), label)
        return await self._service.restore(who, label, asked, options)

    async def revert(
        self, who: Principal, label: str | None, asked: Revert, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.revert``."""
        self._ask(who, "revert", (), label)
        return await self._service.revert(who, label, asked, options)

    async def staged(self, who: Principal, label: str | None) -> Staged:
        """As ``ConfigService.staged``."""
        self._ask(who, "staged", (), label)
        return await self._service.staged(who, label)

    async def check_staged(self, who: Principal, label: str | None, part: StagedPart = EVERYTHING) -> Check:
        """As ``ConfigService.check_staged``."""
        self._ask(who, "check_staged", part.applications, label)
        return await self._service.check_staged(who, label, part)

    async def apply(
        self,
        who: Principal,
        label: str | None,
        part: StagedPart = EVERYTHING,
        options: WriteOptions = NO_OPTIONS,
        confirm_within: int | None = None,
    ) -> WriteResult:
        """As ``ConfigService.apply``."""
        self._ask(who, "apply", part.applications, label)
        return await self._service.apply(who, label, part, options, confirm_within)

    async def discard_staged(
        self, who: Principal, label: str | None, part: StagedPart = EVERYTHING, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.discard_staged``."""
        self._ask(who, "discard_staged", part.applications, label)
        return await self._service.discard_staged(who, label, part, options)

    async def update_staged(
        self,
        who: Principal,
        label: str | None,
        resolve: Mapping[str, Keep] = NOTHING_RESOLVED,
        options: WriteOptions = NO_OPTIONS,
    ) -> WriteResult:
        """As ``ConfigService.update_staged``."""
        self._ask(who, "update_staged", (), label)
        return await self._service.update_staged(who, label, resolve, options)

    async def hanging(self, who: Principal, label: str | None) -> Hanging:
        """As ``ConfigService.hanging``."""
        self._ask(who, "hanging", (), label)
        return await self._service.hanging(who, label)

    async def confirm(
        self, who: Principal, label: str | None, pending: str, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.confirm``; whoever may apply may do it."""
        self._ask(who, "apply", (), label)
        return await self._service.confirm(who, label, pending, options)

    async def cancel(
        self, who: Principal, label: str | None, pending: str, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.cancel``; whoever may apply may do it."""
        self._ask(who, "apply", (), label)
        return await self._service.cancel(who, label, pending, options)

    async def extend(
        self, who: Principal, label: str | None, pending: str, seconds: int, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.extend``; whoever may apply may do it."""
        self._ask(who, "apply", (), label)
        return await self._service.extend(who, label, pending, seconds, options)

    async def pin(
        self, who: Principal, label: str | None, brake: Brake, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.pin``."""
        self._ask(who, "pin", (), label)
        return await self._service.pin(who, label, brake, options)

    async def unpin(self, who: Principal, label: str | None, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """As ``ConfigService.unpin``."""
        self._ask(who, "unpin", (), label)
        return await self._service.unpin(who, label, options)

    async def freeze(
        self, who: Principal, label: str | None, brake: Brake, options: WriteOptions = NO_OPTIONS
    ) -> WriteResult:
        """As ``ConfigService.freeze``."""
        self._ask(who, "freeze", (), label)
        return await self._service.freeze(who, label, brake, options)

    async def unfreeze(self, who: Principal, label: str | None, options: WriteOptions = NO_OPTIONS) -> WriteResult:
        """As ``ConfigService.unfreeze``."""
        self._ask(who, "unfreeze", (), label)
        return await self._service.unfreeze(who, label, options)

    def _ask(self, who: Principal, verb: str, applications: Collection[str], label: str | None) -> None:
        if not self._policy.allows(who, verb, applications=applications, label=label):
            raise Denied(f"{who.actor} may not do this: {verb}")


def _given(application: str | None) -> tuple[str, ...]:
    return (application,) if application else ()


def _applications(changes: Iterable[Change]) -> tuple[str, ...]:
    """Those whose sources are changed; whose files a path belongs to is for the policy of paths to say."""
    sources = (one for one in changes if not isinstance(one, PutFile | PatchFile | DeleteFile))
    return tuple(dict.fromkeys(one.place.application for one in sources))

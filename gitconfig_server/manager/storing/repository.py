"""Saved configurations in a Git repository, here or behind a server: one source of one label, one commit a save."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime

from gitconfig_server.errors import (
    Conflict,
    LabelNotFound,
    MergeConflict,
    NotFound,
    RevisionNotFound,
    SourceNotFound,
)
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.manager.errors import Diverged, LookupFailed
from gitconfig_server.manager.nodes.values import Data, overlaid
from gitconfig_server.manager.storing.base import LoadedConfiguration, Note, Saved, look_later
from gitconfig_server.manager.storing.changes import operations
from gitconfig_server.manager.storing.versions import SavedVersions
from gitconfig_server.model.findings import OnConflict
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import (
    Author,
    Change,
    JsonPatch,
    PatchSource,
    PutSource,
    Restore,
    SourcePlace,
    WriteOptions,
    WriteResult,
)
from gitconfig_server.service.base import ConfigService

_Connect = Callable[[], AbstractAsyncContextManager[ConfigService]]

_SETTLED = {"running": OnConflict.STAGED, "saved": OnConflict.LABEL}
_TEXT_ALONE = ".properties"
_PARSED = 16
"""Files whose content is kept as it was read last."""


class RepositoryStore:
    """One service's source ``(server_id, profile)`` on a label (None: the default one)."""

    def __init__(self, connect: _Connect, name: str, server_id: str, profile: str, label: str | None) -> None:
        self.name = name
        self._connect = connect
        self._server_id = server_id
        self._profile = profile
        self._label = label
        self._stack = AsyncExitStack()
        self._service: ConfigService | None = None
        self._who = Principal(server_id)
        self._default: str | None = None
        self._parsed: dict[str, tuple[str, list[dict[str, Data]]]] = {}

    @property
    def service(self) -> ConfigService:
        """The service behind it, which must be open."""
        if self._service is None:
            raise Conflict(f"{self.name} is not open: start the Manager first")
        return self._service

    @property
    def _versions(self) -> SavedVersions:
        return SavedVersions(self.service, self._who, self._label, self._server_id, self._profile)

    async def open(self) -> None:
        """Open the repository, or make it; a server is only asked when something is read."""
        if self._service is None:
            self._service = await self._stack.enter_async_context(self._connect())

    async def close(self) -> None:
        """Finish what is under way and close it."""
        self._service = None
        await self._stack.aclose()

    async def load(self) -> LoadedConfiguration:
        """The own source and all that is inherited, of one commit."""
        try:
            environment = await self.service.environment(
                self._who, (self._server_id,), (self._profile,), Reading(self._label)
            )
        except LabelNotFound:
            if self._label is not None and await self.service.labels(self._who):
                raise
            return LoadedConfiguration({})  # nothing has been saved at all
        commit = environment.commit
        own, version, names = await self._source(Reading(commit))
        layers: list[tuple[str, dict[str, Data]]] = []
        inherited: dict[str, Data] = {}
        for source in reversed(environment.sources):
            data = (await self._documents(source.path, commit))[source.document or 0]
            layers.append((source.name, data))
            if source.name not in names:
                inherited = overlaid(inherited, data)
        path = names[0] if names else ""
        return LoadedConfiguration(
            own,
            inherited,
            version,
            commit,
            path,
            tuple(reversed(layers)),
            *await self._said(commit),
            environment.running,
        )

    async def save(
        self, seen: LoadedConfiguration, own: dict[str, Data], note: Note, prefer: str = ""
    ) -> tuple[LoadedConfiguration, bool]:
        """One commit, or none where nothing differs."""
        try:
            result = await self._write(self._label, seen, own, note, prefer)
        except MergeConflict as error:
            raise _diverged(error) from error
        if result is None:
            return seen, False
        alone = result.previous == seen.commit and result.commit and result.validator and result.paths == (seen.path,)
        if not alone or len(seen.layers) != 1 or seen.running:
            return await self.load(), result.changed
        # nobody came between, and this file is all there is: what was written is what would be read
        layers = ((seen.layers[0][0], own),)
        loaded = LoadedConfiguration(
            own, {}, result.validator, result.commit or "", seen.path, layers, note.author, note.message
        )
        return loaded, True

    async def load_staged(self) -> dict[str, Data] | None:
        """The source on the staged branch, where that holds changes of it."""
        try:
            staged = await self.service.staged(self._who, self._label)
        except NotFound:
            return None
        if staged.tip is None or not any(one.application == self._server_id for one in staged.files):
            return None
        own, version, _ = await self._source(Reading(staged.tip))
        return own if version is not None else None

    async def save_staged(self, own: dict[str, Data], note: Note) -> None:
        """One commit on the label's staged branch; what others have staged there stays."""
        branch = (await self.service.staged(self._who, self._label)).branch
        try:
            present, version, _ = await self._source(Reading(branch))
        except NotFound:
            present, version, _ = await self._source(Reading(self._label))
        await self._write(
            branch, LoadedConfiguration(present, {}, version, "" if version else await self._tip(branch)), own, note
        )

    async def versions(self, limit: int) -> Sequence[Saved]:
        """The tips of the label that changed this source, newest first."""
        return await self._versions.newest(limit)

    async def load_saved(self, name: str) -> dict[str, Data]:
        """By name, by commit, or as it was at a time."""
        try:
            own, version, _ = await self._source(Reading(await self._versions.commit_of(name)))
        except (LabelNotFound, RevisionNotFound):
            version = None
        if version is None:
            raise LookupFailed(name, f"config/saved/{name}", "history lists what is saved")
        return own

    async def rollback(self, name: str, note: Note) -> LoadedConfiguration:
        """A new commit with the source as it was."""
        asked = Restore(await self._versions.commit_of(name), application=self._server_id, profile=self._profile)
        await self.service.restore(self._who, self._label, asked, self._options(note))
        return await self.load()

    async def archive(self, cutoff: datetime) -> int:
        """A tag that says how far to hide; history stays as it is."""
        return await self._versions.archive(cutoff)

    async def generation(self) -> str:
        """The label's commit, and what readers get instead of it, where they do."""
        name = self._label or self._default
        if name is None:
            found = next((one for one in await self.service.labels(self._who) if one.default), None)
            if found is None:
                return ""
            name = self._default = found.name  # from now on one label is asked for, not all of them
        else:
            found = await self.service.label(self._who, name)
        if found.kind is not LabelKind.BRANCH:
            return found.commit
        hanging = await self.service.hanging(self._who, name)
        return " ".join([found.commit, *(one.commit for one in (hanging.pin, hanging.pending) if one)])

    async def look(self, seconds: float) -> str:
        """Nobody tells of what others save."""
        return await look_later(self, seconds)

    async def _write(
        self, label: str | None, seen: LoadedConfiguration, own: dict[str, Data], note: Note, prefer: str = ""
    ) -> WriteResult | None:
        place = SourcePlace(self._server_id, self._profile)
        changes: list[Change] = []
        if seen.version is None:
            place = await self._new_place(label, place)
            changes.append(PutSource(place, {}))
        patch = await asyncio.to_thread(lambda: tuple(operations(seen.own, own)))
        if patch:
            changes.append(PatchSource(place, JsonPatch(patch)))
        if not changes:
            return None
        return await self.service.commit(self._who, label, changes, self._options(note, seen, prefer))

    async def _new_place(self, label: str | None, place: SourcePlace) -> SourcePlace:
        """Where the source is made: where a server would make it, but in a format that holds all values."""
        try:
            tried = await self.service.commit(self._who, label, [PutSource(place, {})], WriteOptions(dry_run=True))
        except LabelNotFound:
            return place
        path = next(iter(tried.paths), "")
        if path.endswith(_TEXT_ALONE):
            return replace(place, path=path.rpartition(".")[0] + ".yml")
        return place

    def _options(self, note: Note, seen: LoadedConfiguration | None = None, prefer: str = "") -> WriteOptions:
        message = note.message + (f"\n\nReason: {note.reason}" if note.reason else "")
        author = Author(note.author) if note.author else None
        if seen is None:
            return WriteOptions(message=message, author=author)
        if seen.running is not None:
            settled = _SETTLED.get(prefer, OnConflict.FAIL)
            return WriteOptions(message=message, author=author, base=seen.commit, on_conflict=settled)
        if seen.version is None and seen.commit:
            return WriteOptions(message=message, author=author, expect=seen.commit)
        if seen.version is None:
            return WriteOptions(message=message, author=author, only_new=True)
        return WriteOptions(message=message, author=author, if_match=frozenset([seen.version]))

    async def _source(self, reading: Reading) -> tuple[dict[str, Data], str | None, list[str]]:
        """The own layer, what names its content, and its parts' names, the strongest first."""
        try:
            source = await self.service.source(self._who, self._server_id, self._profile, reading)
        except SourceNotFound:
            return {}, None, []
        own: dict[str, Data] = {}
        for item in reversed(source.items):
            if item.name not in source.inactive:
                own = overlaid(own, await self._stored(item.path, source.commit, item.document))
        return own, source.validator, [item.name for item in source.items]

    async def _stored(self, path: str, commit: str, document: int | None) -> dict[str, Data]:
        """One document of a file, counted as writes count it: empty ones too."""
        if document is None:
            return (await self._documents(path, commit))[0]
        file = await self.service.file(self._who, path, Reading(commit))
        found: dict[str, Data] = plain(read_trees(path, file.content)[document])
        return found

    async def _documents(self, path: str, commit: str) -> list[dict[str, Data]]:
        """The documents of a file that hold something, nested as they stand there."""
        file = await self.service.file(self._who, path, Reading(commit))
        known = self._parsed.get(path)
        if known is None or known[0] != file.blob:
            known = file.blob, await asyncio.to_thread(_parse, path, file.content)
            self._parsed = {**self._parsed, path: known} if len(self._parsed) < _PARSED else {path: known}
        return known[1]

    async def _said(self, commit: str) -> tuple[str, str]:
        """Author and message of a commit."""
        try:
            summary = (await self.service.commit_details(self._who, commit)).summary
        except NotFound:
            return "", ""
        return summary.author, (summary.message or summary.subject).strip()

    async def _tip(self, branch: str) -> str:
        """Where a branch is, or would be: at the label it belongs to."""
        try:
            return (await self.service.label(self._who, branch)).commit
        except LabelNotFound:
            return await self.generation()


def _diverged(error: MergeConflict) -> Diverged:
    """What the label has got since is another than what is to be saved now."""
    found = [
        (one.key or one.path, [side.node.value if side.node else None for side in one.sides]) for one in error.conflicts
    ]
    return Diverged([(key, here, there) for key, (there, here) in found])


def _parse(path: str, content: bytes) -> list[dict[str, Data]]:
    found = [plain(root) for root in read_trees(path, content)]
    return [one for one in found if one] or [{}]

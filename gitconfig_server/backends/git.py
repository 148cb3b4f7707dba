"""A backend that keeps sources in a Git repository: labels are branches and tags, each save is a commit."""

from __future__ import annotations

import asyncio
import builtins
import re
from pathlib import Path
from types import TracebackType
from typing import Self

from gitconfig_server.backend import ConfigSource
from gitconfig_server.backends.names import check_names, check_source
from gitconfig_server.errors import LabelNotFound, RemoteFailed
from gitconfig_server.formats.nested_text import is_one_document, read_nested
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.properties import merge
from gitconfig_server.git.receiving.pack_scan import PackLimits
from gitconfig_server.git.ref_names import branch_ref, is_staged
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.model.writes import PutSource, SourcePlace, WriteOptions
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.embedded import EmbeddedConfigService
from gitconfig_server.service.opening import make_engine, open_stored
from gitconfig_server.service.upstream.setup import set_up
from gitconfig_server.settings.upstream import UpstreamSettings

_REMOTE = re.compile(r"(?:https?|ssh)://|[^/:]+@[^/:]+:")


class GitConfigBackend:
    """A ``ConfigBackend`` over a repository. Close it, or use it as a context.

    ``url_or_path``: a repository of this machine (a path, ``file://``, ``memory://``), or a remote one (HTTP, ssh). Of
    a remote one a copy is kept, in ``clone_dir`` or in memory: it is fetched at first use and at each ``refresh``,
    which also brings there what was saved here. With ``clone_dir`` any repository is treated as a remote one.
    ``create``: an empty repository is made where there is none; else that is NotARepository.

    Files are those of this package's server: what is saved here is served there, and the other way round. A source is
    what its own files say for its profile.
    """

    def __init__(self, url_or_path: str | Path, *, clone_dir: str | Path | None = None, create: bool = False) -> None:
        url = str(url_or_path)
        is_remote = clone_dir is not None or _REMOTE.match(url) is not None
        opened = open_stored(str(clone_dir or "memory://") if is_remote else url, make=is_remote or create)
        self._storage = opened.storage
        engine = make_engine(opened.stored)
        crossing = Crossing()
        self._service = EmbeddedConfigService(engine, crossing)
        settings = UpstreamSettings(url=url, push_back=True)
        self._upstream = set_up(settings, engine.git, crossing, PackLimits()) if is_remote else None
        self._fetching = asyncio.Lock()

    async def fetch(self, application: str, profile: str, label: str = "main") -> ConfigSource | None:
        """The stored source, nested; None where the label has none, or does not exist. Raises InvalidName."""
        check_names(application, profile, label)
        await self._fetched()
        try:
            return await self._fetch(application, profile, label)
        except LabelNotFound:
            return None

    async def save(self, source: ConfigSource) -> None:
        """Store ``source`` whole, as one commit on the branch; none where nothing changes.

        A label that is not there begins with it, as a branch that holds nothing else. Raises InvalidName,
        InvalidChange for what no file could hold, LabelReadOnly for tags.
        """
        properties = check_source(source)
        place = SourcePlace(source.application, source.profile)
        await self._fetched()
        message = f"config: update {source.application}/{source.profile}@{source.label}"
        options = WriteOptions(message=message, begin=True)
        change = PutSource(place, properties, collapse=True, exact=True)
        await self._service.commit(ANONYMOUS, source.label, [change], options)

    async def list(self) -> builtins.list[ConfigSource]:
        """Every source of every branch but the working ones."""
        await self._fetched()
        found = []
        for label in await self._service.labels(ANONYMOUS):
            if label.kind is LabelKind.BRANCH and not is_staged(branch_ref(label.name)):
                listed = await self._service.sources(ANONYMOUS, None, Reading(label.name))
                names = dict.fromkeys((one.application, one.profile) for one in listed.items)
                sources = [await self._fetch(*name, label.name) for name in names]
                found += [source for source in sources if source is not None]
        return found

    async def refresh(self) -> None:
        """Agree with the remote repository; RemoteFailed where it cannot be asked, and what was fetched stays.

        Without a remote nothing has to be done: what is read is what is there, whoever wrote it.
        """
        if self._upstream is not None:
            await self._upstream.follow()
            status = self._upstream.status()
            if status.error:
                raise RemoteFailed(status.error)

    def close(self) -> None:
        """Release files and connections."""
        self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _fetched(self) -> None:
        """Let there be something to read from a remote repository."""
        async with self._fetching:
            if self._upstream is not None and self._upstream.status().fetched is None:
                await self.refresh()

    async def _fetch(self, application: str, profile: str, label: str) -> ConfigSource | None:
        reading = Reading(label)
        listed = await self._service.sources(ANONYMOUS, application, reading)
        paths = {file.path for file in listed.items if file.profile == profile}
        if not paths:
            return None
        if len(paths) == 1:
            (path,) = paths
            file = await self._service.file(ANONYMOUS, path, Reading(listed.commit))
            if is_one_document(path, file.content):
                return ConfigSource(application, profile, label, read_nested(path, file.content))
        environment = await self._service.environment(ANONYMOUS, (application,), (profile,), Reading(listed.commit))
        own = [source.properties for source in environment.sources if source.path in paths]
        return ConfigSource(application, profile, label, unflatten(merge(own)))

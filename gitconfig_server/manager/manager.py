"""The Manager: what a Python service wraps itself in to gain configuration, persistence, history and control."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal

from gitconfig_server.errors import InvalidInput
from gitconfig_server.manager.access import AccessAdaptor, create_access_adaptor
from gitconfig_server.manager.applying.running import Applied
from gitconfig_server.manager.declared import M
from gitconfig_server.manager.errors import BadServerId, NotNow
from gitconfig_server.manager.keeping import Keeping
from gitconfig_server.manager.live import Live
from gitconfig_server.manager.snapshots import Snapshots, seconds_of
from gitconfig_server.manager.storing.base import Note, SavedConfigurations
from gitconfig_server.manager.storing.memory import InThisProcess
from gitconfig_server.manager.storing.opening import check_server_id, default_server_id, open_store

if TYPE_CHECKING:
    from gitconfig_server.manager.rest.app import Authorize, RestApp

log = logging.getLogger(__name__)

POLL_STORE, POLL_SERVER = 1.0, 30.0


class Manager(Live[M]):
    """Running, staged and saved configuration of one service, on its own event loop.

    ``url``: where it is kept: a path, ``file://``, ``sqlite://``, ``postgresql://``, ``mongodb://``, ``memory://``, one
    or several ``http(s)://`` servers, or a registered scheme; None: in this process alone. ``service``: an object with
    decorated methods, ``classes`` whose ``__init__`` is decorated; ``model``: a pydantic model. ``server_id`` (or
    ``application``) names the service in the store. ``poll``: seconds between looks for what others saved.
    ``on_misfit``: what to do at the start with saved values that do not fit. ``cache``: a folder for the last snapshot.

    Nothing happens before ``start``. Verbs are started as tasks when they are called; await them for their outcome.
    """

    def __init__(
        self,
        url: str | Path | Sequence[str] | None = None,
        *,
        service: object | None = None,
        model: type[M] | None = None,
        classes: Sequence[type] = (),
        server_id: str | None = None,
        application: str | None = None,
        profile: str = "default",
        label: str | None = None,
        follow: bool = True,
        poll: float | None = None,
        on_misfit: Literal["apply", "refuse"] = "apply",
        cache: str | Path | None = None,
        max_stale: float | str | None = None,
        instance: str | None = None,
        token_file: str | Path | None = None,
        fail_fast: bool = False,
    ) -> None:
        if server_id is not None and application is not None and server_id != application:
            raise BadServerId(server_id, f"application is {application!r}: they are one thing, say one of them")
        if isinstance(service, type):
            raise InvalidInput(f"service is an object, not a class: say {service.__name__}(...)")
        kind = model if model is not None else None if service is None else type(service)
        super().__init__(service, model, classes)
        named = application if server_id is None else server_id
        self.server_id = named if named is not None else default_server_id(kind) if kind else "service"
        check_server_id(self.server_id)
        self.profile, self.label, self.instance = profile, label, instance
        self._urls = _as_list(url)
        self._options = (follow, poll, on_misfit, cache, seconds_of(max_stale), token_file, fail_fast)
        self._store: SavedConfigurations | None = None
        self._started: float | None = None
        self._ended = asyncio.Event()

    # Life

    def start(self) -> Awaitable[None]:
        """Apply what is saved, then open the accesses; where one of them fails, everything is closed again."""
        return self._begin(self._start())

    def stop(self) -> Awaitable[None]:
        """Close the accesses, let the change under way end, close the store."""
        return self._begin(self._stop())

    async def __aenter__(self) -> Manager[M]:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def serve_forever(self) -> None:
        """Return when the Manager is stopped."""
        await self._ended.wait()

    def set_config(self, server_id: str, url: str | Path | Sequence[str]) -> None:
        """Say where the configuration is kept; before the start, or while stopped."""
        check_server_id(server_id)
        if self._started is not None:
            raise NotNow("the store of a running Manager is not changed: stop it first")
        self.server_id, self._urls = server_id, _as_list(url)
        open_store(self._urls, server_id, self.profile, self.label)

    def load(self, url: str | Path | Sequence[str]) -> Awaitable[None]:
        """Keep the configuration at ``url`` from now on, and run what is saved there."""

        async def work() -> None:
            if self._started is not None:
                await self._stop()
            self.set_config(self.server_id, url)
            await self._start()

        return self._begin(work())

    def add_access(self, url: str) -> AccessAdaptor:
        """Let the Manager be reached at ``url``: ``rest(s)://``, ``unix://``, ``telnet://``, or a registered scheme.

        While it runs, the access is opened at once, by a task.
        """
        access = create_access_adaptor(self, url)
        self._accesses.append(access)
        if self._started is not None:
            self._begin(access.start())
        return access

    def asgi(self, *, authorize: Authorize | None = None, origins: Sequence[str] = ()) -> RestApp:
        """The tree as an ASGI application to mount: same port, same middleware. ``authorize(request)`` says who it is.

        None, or no name, is 403. Without ``authorize`` everybody may who comes that far.
        """
        from gitconfig_server.manager.rest.app import RestApp

        return RestApp(self, authorize, origins=origins)

    def _from_store(self, applied: Applied, reason: str, note: Note, commit: str) -> None:
        self._done(applied, reason, note, commit)

    async def _start(self) -> None:
        if self._started is not None:
            return
        _follow, _poll, on_misfit, _, _, _, fail_fast = self._options
        self._ended.clear()
        await self._running.start()
        self._keeping = await asyncio.to_thread(self._make_keeping)  # it imports the engine
        started: list[AccessAdaptor] = []
        try:
            await self._keeping.start(refuse_misfits=on_misfit == "refuse", fail_fast=fail_fast)
            for access in self._accesses:
                started.append(access)
                await access.start()
            self._follow_store()
        except BaseException:
            await self._close(started)
            raise
        self._started = monotonic()

    async def _stop(self) -> None:
        if self._keeping is None:
            return
        others = [task for task in self._tasks if task is not asyncio.current_task()]
        if others:
            await asyncio.wait(others, timeout=10)
        await self._close(self._accesses)
        self._started = None
        self._ended.set()

    async def _close(self, accesses: Sequence[AccessAdaptor]) -> None:
        for access in reversed(accesses):
            try:
                await access.stop()
            except Exception:  # a third party's access may raise anything
                log.exception("%s could not be stopped", access.shown)
        await self._staging.stop()
        await self._running.turns.idle()
        await self._listeners.idle()
        if self._keeping is not None:
            await self._keeping.stop()
            self._keeping = None
        self._running.stop()

    def _follow_store(self) -> None:
        follow, poll, *_ = self._options
        if follow and self._urls and self._keeping is not None:
            far = self._urls[0].startswith(("http:", "https:"))
            self._keeping.follow(poll if poll is not None else POLL_SERVER if far else POLL_STORE)

    def _make_keeping(self) -> Keeping:
        *_, cache, max_stale, token_file, _ = self._options
        name = f"{self.server_id}-{self.profile}-{self.label or 'default'}"
        snapshots = Snapshots(cache, name, max_stale) if cache is not None else None
        if self._urls:
            store = open_store(self._urls, self.server_id, self.profile, self.label, token_file)
        else:
            store = self._store = self._store or InThisProcess()
        return Keeping(self._running, store, snapshots, self._from_store)


def _as_list(url: str | Path | Sequence[str] | None) -> list[str]:
    if url is None:
        return []
    return [str(url)] if isinstance(url, str | Path) else list(url)

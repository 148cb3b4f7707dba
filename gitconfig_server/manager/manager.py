"""The Manager: what a Python service wraps itself in to gain configuration, persistence, history and control."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from gitconfig_server.errors import InvalidInput
from gitconfig_server.manager.access import AccessAdaptor, create_access_adaptor
from gitconfig_server.manager.applying.running import Applied
from gitconfig_server.manager.declared import M
from gitconfig_server.manager.errors import BadServerId, ChildExists, LookupFailed, NotAllowed, NotNow, Problem
from gitconfig_server.manager.keeping import Keeping
from gitconfig_server.manager.kept import Kept
from gitconfig_server.manager.nodes.paths import Segments, is_rooted, join_path, split_path
from gitconfig_server.manager.nodes.tree import Node, find_node
from gitconfig_server.manager.nodes.values import MISSING, Data, find_data, found_or_missing, inserted
from gitconfig_server.manager.snapshots import Snapshots, seconds_of
from gitconfig_server.manager.storing.base import Note, SavedConfigurations, is_meant
from gitconfig_server.manager.storing.memory import InThisProcess
from gitconfig_server.manager.storing.opening import check_server_id, default_server_id, open_store
from gitconfig_server.manager.verbs import VERBS, checked_arguments

if TYPE_CHECKING:
    from gitconfig_server.manager.rest.app import Authorize, RestApp

log = logging.getLogger(__name__)

POLL_STORE, POLL_SERVER = 1.0, 30.0


class Manager(Kept[M]):
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
        named = application if server_id is None else server_id
        self.server_id = named if named is not None else default_server_id(kind) if kind else "service"
        check_server_id(self.server_id)
        self.profile, self.label, self.instance = profile, label, instance
        self._urls = _urls(url)
        self._options = (follow, poll, on_misfit, cache, seconds_of(max_stale), token_file, fail_fast)
        super().__init__(
            service, model, classes, lambda path, value: self.set("/config/running/" + join_path(path), value)
        )
        self._store: SavedConfigurations | None = None
        self._accesses: list[AccessAdaptor] = []
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
        self.server_id, self._urls = server_id, _urls(url)
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

    # Reading and changing

    def get_node(self, path: str = "") -> Node:
        """The node at a root path (``config/running/...``); LookupFailed, which is a NameError."""
        segments = split_path(path)
        if segments[:1] == ("status",):
            self._tree.show_status(self.status())
        return find_node(self._tree.root, segments)

    async def get(self, path: str = "", problems: list[Problem] | None = None) -> Data:
        """The values at and beneath a path inside running or, with a leading slash, from the root.

        Read-only values are among them. What cannot be read is left out, and told in ``problems``.
        """
        problems = [] if problems is None else problems
        area, place = self._area(path)
        if area == "running":
            return await self._running.read(place, problems=problems)
        if area == "staged":
            return find_data(self._staging.data, place)
        if area == "status":
            return find_data(await self._status_tree(problems), place)
        if area == "saved":
            return await self._saved_data(place)
        return await self._whole(split_path(path), problems)

    def set(
        self, path: str, value: Any, *, text: bool = False, author: str = "", message: str = ""
    ) -> Awaitable[Applied]:
        """Let ``value`` stand at a path of running, or of ``/config/staged/``. Misfit, ApplyFailed, LookupFailed, Busy.

        ``text``: a text may mean a value of any type, as people type it.
        """
        return self._edit(path, lambda old: value, text, Note(message, author))

    def create(self, path: str, name: str, value: Any = MISSING, *, author: str = "") -> Awaitable[Applied]:
        """A new child of what stands at ``path``, of a list an element before the index ``name``; ChildExists."""
        child = {} if value is MISSING else value

        def compute(old: Data) -> Data:
            if isinstance(old, list):
                return inserted(old, int(name) if name.isdigit() else len(old), child)
            if not isinstance(old, dict):
                raise LookupFailed(split_path(path)[-1] if path else "", path)
            if name in old:
                raise ChildExists(name)
            return {**old, name: child}

        return self._edit(path, compute, False, Note("", author))

    def delete(self, path: str, *, author: str = "") -> Awaitable[Applied]:
        """Let what stands at a path go; NotAllowed where it cannot."""

        def compute(old: Data) -> Data:
            if old is MISSING:
                raise LookupFailed(split_path(path)[-1] if split_path(path) else "", path)
            return MISSING

        return self._edit(path, compute, False, Note("", author))

    def edit(self, path: str, compute: Callable[[Data], Data], *, author: str = "") -> Awaitable[Applied]:
        """Let ``compute`` say from what stands at a path what is to stand there; nobody comes between."""
        return self._edit(path, compute, False, Note("", author))

    def copy(self, source: str, target: str) -> Awaitable[Applied]:
        """Let what stands at one root path stand at another one as well."""

        async def work() -> Applied:
            value = await self.get("/" + "/".join(split_path(source)))
            return await self._edit("/" + "/".join(split_path(target)), lambda old: value, True, Note())

        return self._begin(work())

    async def verb(self, name: str, arguments: Mapping[str, Any], *, author: str = "") -> Data:
        """Carry out a verb as REST and telnet name them (``verbs.VERBS``), and tell what became of it in plain data."""
        if name not in VERBS:
            raise LookupFailed(name, f"-/{name}", f"the verbs are {', '.join(VERBS)}")
        return await VERBS[name].does(self, checked_arguments(VERBS[name], arguments), author)

    # What is told

    def status(self) -> dict[str, Any]:
        """How the Manager is doing, in plain data."""
        keeping, running = self._keeping, self._running
        following = keeping.following if keeping else None
        probation = self._staging.probation
        return {
            "state": following.state if following else "stopped",
            "source": following.source if following else "defaults",
            "server_id": self.server_id,
            "profile": self.profile,
            "label": self.label,
            "store": self._urls and keeping and keeping.store.name,
            "path": keeping.loaded.path if keeping else "",
            "commit": keeping.loaded.commit if keeping else "",
            "age": round(monotonic() - following.contact, 1) if following else None,
            "error": following.error if following else "",
            "unsaved": len(keeping.unsaved()) if keeping else 0,
            "diverged": [join_path(one) for one in keeping.diverged] if keeping else [],
            "refused": [str(one) for one in following.refused] if following else [],
            "unknown": dict(running.unknown),
            "applying": running.is_applying,
            "pending": {"seconds_left": round(probation.left, 1)} if probation else None,
            "restart_required": list(self._restart),
            "instance": self.instance,
            "access": [one.shown for one in self._accesses],
        }

    def origin(self, path: str) -> str:
        """Where a value comes from: ``env``, a file of the store, ``default``, or ``running`` where it is not saved."""
        place = split_path(path)
        if self._model is not None and _reaches(self._model.environment(), place):
            return "env"
        keeping = self._keeping
        if keeping is not None:
            saved = found_or_missing(keeping.layers.effective(keeping.loaded), place)
            present = found_or_missing(self._running.known, place)
            if saved is not MISSING and is_meant(saved, present):
                return keeping.layers.origin(place, keeping.loaded) or keeping.store.name
            if found_or_missing(keeping.defaults, place) == present:
                return "default"
        return "running"

    def _edit(self, path: str, compute: Callable[[Data], Data], text: bool, note: Note) -> Awaitable[Applied]:
        area, place = self._area(path)

        async def work() -> Applied:
            if area == "staged":
                return Applied(tuple(await self._staging.edit(place, compute)))
            if area != "running":
                raise NotAllowed(path, "only running and staged are changed", ("GET",))
            return self._done(await self._running.change(place, compute, text=text), "set", note)

        return self._begin(work(), at_once=True)

    def _area(self, path: str) -> tuple[str, Segments]:
        """Which part a path leads to, and the path in it; ``""`` for the root and what is beside the parts."""
        segments = split_path(path)
        if not is_rooted(path):
            return "running", segments
        if segments[:1] == ("status",):
            return "status", segments[1:]
        if segments[:1] == ("config",) and segments[1:2] and segments[1] in ("running", "staged", "saved"):
            return segments[1], segments[2:]
        return "", segments

    async def _whole(self, path: Segments, problems: list[Problem]) -> Data:
        config = {
            "running": await self._running.read((), problems=problems),
            "staged": self._staging.data,
            "saved": await self._saved_data(()),
        }
        return find_data({"config": config, "status": await self._status_tree(problems)}, path)

    async def _status_tree(self, problems: list[Problem]) -> dict[str, Data]:
        return {**await self._running.bindings.status(problems), "manager": self.status()}

    async def _saved_data(self, place: Segments) -> Data:
        keeping = self._need_keeping()
        if place:
            return find_data(await keeping.store.load_saved(place[0]), place[1:])
        return {one.name: {"commit": one.commit, "message": one.message} for one in await keeping.store.versions(100)}

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
        await self._running.idle()
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


def _urls(url: str | Path | Sequence[str] | None) -> list[str]:
    if url is None:
        return []
    return [str(url)] if isinstance(url, str | Path) else list(url)


def _reaches(data: Data, path: Segments) -> bool:
    return bool(path) and found_or_missing(data, path) is not MISSING

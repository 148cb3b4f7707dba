"""The Manager: what a Python service wraps itself in to gain configuration, persistence, history and control."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, Literal

from pydantic import BaseModel
from typing_extensions import TypeVar

from gitconfig_server.errors import GitConfigError, InvalidInput
from gitconfig_server.manager.access import AccessAdaptor, create_access_adaptor
from gitconfig_server.manager.applying.models import ModelPart
from gitconfig_server.manager.applying.running import Applied, Check, Running
from gitconfig_server.manager.bindings.accessors import accessor
from gitconfig_server.manager.bindings.marks import DEFAULT_TIMEOUT, Mark
from gitconfig_server.manager.changes import Change, Listeners
from gitconfig_server.manager.errors import BadServerId, ChildExists, LookupFailed, Misfit, NotAllowed, Problem
from gitconfig_server.manager.keeping import Keeping
from gitconfig_server.manager.nodes.differences import Difference, differences
from gitconfig_server.manager.nodes.paths import Segments, is_rooted, join_path, split_path
from gitconfig_server.manager.nodes.tree import Node, Object, find_node
from gitconfig_server.manager.nodes.values import MISSING, Data, find_data, inserted
from gitconfig_server.manager.snapshots import Snapshots, seconds_of
from gitconfig_server.manager.staging import Health, Staging
from gitconfig_server.manager.standard_tree import StandardTree
from gitconfig_server.manager.storing.base import Note, Saved, SavedConfigurations, origin_of
from gitconfig_server.manager.storing.memory import InThisProcess
from gitconfig_server.manager.storing.opening import check_server_id, default_server_id, open_store
from gitconfig_server.manager.verbs import VERBS, checked_arguments

if TYPE_CHECKING:
    from gitconfig_server.manager.rest.app import Authorize, RestApp

M = TypeVar("M", bound=BaseModel, default=BaseModel)
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
log = logging.getLogger(__name__)

POLL_STORE, POLL_SERVER = 1.0, 30.0
Side = str
"""``running``, ``staged``, ``saved``, the name of a saved configuration, or a commit."""


class Manager(Generic[M]):
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
        kind = model if model is not None else None if service is None else type(service)
        named = application if server_id is None else server_id
        self.server_id = named if named is not None else default_server_id(kind) if kind else "service"
        check_server_id(self.server_id)
        self.profile, self.label, self.instance = profile, label, instance
        self._urls = _urls(url)
        self._options = (follow, poll, on_misfit, cache, seconds_of(max_stale), token_file, fail_fast)
        self._model: ModelPart[Any] | None = ModelPart(model) if model is not None else None
        self._running = Running(service, classes, self._model, Object("running"))
        self._check_names(service)
        self._tree = StandardTree(
            self._running, lambda path, value: self.set("/config/running/" + join_path(path), value)
        )
        self._staging = Staging(self._running, self._tree.staged, self._deployed)
        self._store: SavedConfigurations | None = None
        self._keeping: Keeping | None = None
        self._listeners = Listeners()
        self._accesses: list[AccessAdaptor] = []
        self._access_errors: dict[str, str] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._started: float | None = None
        self._ended = asyncio.Event()
        self._restart: dict[str, None] = {}

    # What a service says of itself

    def applies(self, *prefixes: str, timeout: float = DEFAULT_TIMEOUT) -> Callable[[F], F]:
        """The function follows changes of the model beneath the prefixes: called with (old, new), one ``yield``."""

        def decorate(function: F) -> F:
            self._need_model().follow(function, prefixes, timeout)
            return function

        return decorate

    def check(self, function: Check) -> Check:
        """The function refuses a whole new configuration by raising; it gets the model, else the plain data."""
        self._running.checks.append(function)
        return function

    def on_change(self, prefix: str = "", *, timeout: float = DEFAULT_TIMEOUT) -> Callable[[F], F]:
        """The function is told of each ``Change`` at or beneath the prefix, when it has happened."""

        def decorate(function: F) -> F:
            self._listeners.add(prefix, function, timeout)
            return function

        return decorate

    def bind(
        self,
        path: str,
        *,
        get: Callable[..., Any] | None = None,
        set: Callable[..., Any] | None = None,
        delete: Callable[..., Any] | None = None,
        create: Callable[..., Any] | None = None,
        children: Callable[..., Any] | None = None,
        status: Callable[..., Any] | None = None,
        check: Check | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        thread: bool = False,
        type: Any = None,
    ) -> None:
        """Let functions stand at a path, as the decorators do; ``type``: of the value, in place of annotations."""
        given = {"get": get, "set": set, "delete": delete, "create": create, "children": children, "status": status}
        pattern = split_path(path)
        for verb, function in given.items():
            if function is not None:
                place = (*pattern, "*") if verb == "create" and pattern[-1:] != ("*",) else pattern
                one = accessor(Mark(verb, place, timeout, thread), function, bound=True, kind=type)
                self._running.bindings.bind(one)
        if check is not None:
            self.check(check)

    def bind_attribute(self, path: str, owner: object, name: str, *, type: Any = None) -> None:
        """Let an attribute of an object stand at a path."""
        annotated = type or getattr(owner.__class__, "__annotations__", {}).get(name)
        kind = annotated if not isinstance(annotated, str) else None
        present = getattr(owner, name)
        kind = kind or (present.__class__ if present is not None else None)
        self.bind(path, get=lambda: getattr(owner, name), set=lambda value: setattr(owner, name, value), type=kind)

    # The model's version

    def snapshot(self) -> M:
        """The version in force: one shared object, never changed by the Manager. NotFoundYet before the start."""
        version: M = self._need_model().present()
        return version

    async def current(self) -> M:
        """``snapshot`` for frameworks that would call a plain function in a thread: ``Depends(manager.current)``."""
        return self.snapshot()

    @contextmanager
    def pinned(self) -> Iterator[M]:
        """One version for the whole block."""
        yield self.snapshot()

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
            raise NotAllowed("config", "the store of a running Manager is not changed: stop it first")
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
        """Let the Manager be reached at ``url``: ``rest(s)://``, ``unix://``, ``telnet://``, or a registered scheme."""
        access = create_access_adaptor(self, url)
        self._accesses.append(access)
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

    # Staged

    def stage(self, values: Mapping[str, Any]) -> Awaitable[None]:
        """Stage values by their paths; nothing of it is in force before ``deploy_staged``."""
        return self._begin(self._staging.stage({split_path(path): value for path, value in values.items()}))

    def check_staged(self) -> Awaitable[list[Problem]]:
        """Everything that stands against what is staged."""
        return self._begin(self._staging.check())

    def deploy_staged(
        self,
        *,
        confirm_within: float | str | None = None,
        health: Health | None = None,
        prefer: str = "",
        author: str = "",
    ) -> Awaitable[Applied]:
        """Put what is staged in force as a whole.

        ``confirm_within``: it is taken back after that time, unless ``health`` passes to the end (it is asked at once
        and every tenth of the time), or ``confirm`` is called. With ``health`` the outcome is waited for.
        """
        return self._begin(self._staging.deploy(seconds_of(confirm_within), health, prefer))

    def confirm(self) -> Applied:
        """Keep what was deployed on probation."""
        return self._staging.confirm()

    def cancel(self) -> Awaitable[Applied]:
        """Take back what was deployed on probation."""
        return self._begin(self._staging.cancel())

    def save_staged(self, message: str = "", *, author: str = "", reason: str = "") -> Awaitable[None]:
        """Keep what is staged in the store; this service's part alone."""

        async def work() -> None:
            keeping = self._need_keeping()
            data = keeping.safe.closed(await self._staging.begin(), keeping.loaded.own)
            await keeping.store.save_staged(data, Note(message, author, reason))

        return self._begin(work())

    def restore_staged(self) -> Awaitable[None]:
        """Stage again what is kept as staged in the store; LookupFailed where nothing is."""

        async def work() -> None:
            keeping = self._need_keeping()
            found = await keeping.store.load_staged()
            if found is None:
                raise LookupFailed("staged", "config/staged", "no staged configuration is kept")
            self._staging.fill(keeping.safe.opened(found))

        return self._begin(work())

    def save_to_staged(self, name: str | None = None) -> Awaitable[None]:
        """Stage a copy of running or, with a name, of a saved configuration."""

        async def work() -> None:
            running = await self._running.refresh()
            self._staging.fill(running if name is None else await self._need_keeping().effective_of(name), running)

        return self._begin(work())

    def private_staging(self) -> Staging:
        """A staged configuration beside the shared one, for one session."""
        return Staging(self._running, Object("staged"), self._deployed, self._staging)

    @property
    def staging(self) -> Staging:
        """The shared staged configuration."""
        return self._staging

    @property
    def running(self) -> Running:
        """What is in force."""
        return self._running

    def discard_staged(self) -> None:
        """Drop what is staged."""
        self._staging.discard()

    # Saved

    def save_running(
        self, message: str = "", *, author: str = "", reason: str = "", prefer: str = ""
    ) -> Awaitable[Saved | None]:
        """Save what is running: one commit, None where nothing differs. It also confirms what was on probation.

        ``prefer``: ``"running"`` or ``"saved"``, where keys have diverged. Diverged, CannotBeSaved.
        """

        async def work() -> Saved | None:
            keeping = await self._keeping_started()
            saved = await keeping.save(Note(message, author, reason), prefer)
            if self._staging.probation is not None:
                self._staging.confirm()
            if saved is not None:
                self._tree.show_saved(saved.name, keeping.loaded.own)
            return saved

        return self._begin(work())

    def restore_running(self, savepoint: str | datetime | None = None) -> Awaitable[Applied]:
        """Let running be what is saved, or what was saved under a name."""

        async def work() -> Applied:
            applied = await self._need_keeping().restore(_name(savepoint))
            return self._done(applied, "restore", Note())

        return self._begin(work())

    def rollback(
        self, name: str | datetime, message: str = "", *, author: str = "", reason: str = ""
    ) -> Awaitable[Applied]:
        """Save again what was saved under a name, and run it; history only grows."""

        async def work() -> Applied:
            applied = await self._need_keeping().rollback(_name(name) or "", Note(message, author, reason))
            return self._done(applied, "rollback", Note(message, author))

        return self._begin(work())

    def list_saved(self, limit: int = 100) -> Awaitable[list[Saved]]:
        """The saved configurations, newest first, without what was archived."""

        async def work() -> list[Saved]:
            return list(await self._need_keeping().store.versions(limit))

        return self._begin(work())

    history = list_saved

    def load_saved(self, name: str | datetime) -> Awaitable[dict[str, Data]]:
        """What was saved under a name, a commit, or was saved at a time."""

        async def work() -> dict[str, Data]:
            found: dict[str, Data] = await self._need_keeping().effective_of(_name(name) or "")
            return found

        return self._begin(work())

    def diff(self, old: Side = "saved", new: Side = "running") -> Awaitable[list[Difference]]:
        """What differs between two configurations."""

        async def work() -> list[Difference]:
            sides = [await self._side(old), await self._side(new)]
            return await self._running.calls.apart(lambda: list(differences(*sides)))

        return self._begin(work())

    compare = diff

    def prune_saved(self, cutoff: datetime) -> Awaitable[int]:
        """Hide what was saved before; nothing is deleted, and neither the newest nor what is staged is touched."""
        return self._begin(self._need_keeping().prune(cutoff))

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
            "access": {one.shown: self._access_errors.get(one.shown, "") for one in self._accesses},
        }

    def origin(self, path: str) -> str:
        """Where a value comes from: ``env``, a file of the store, ``default``, or ``running`` where it is not saved."""
        place = split_path(path)
        if self._model is not None and _reaches(self._model.environment(), place):
            return "env"
        keeping = self._keeping
        if keeping is not None:
            saved = _found(keeping.effective(keeping.loaded), place)
            present = _found(self._running.known, place)
            if saved is not MISSING and not list(differences(saved, present)):
                return origin_of(keeping.loaded.layers, place) or keeping.store.name
            if _found(keeping.defaults, place) == present:
                return "default"
        return "running"

    def _begin(self, work: Coroutine[Any, Any, T]) -> Awaitable[T]:
        """Start a verb, so that it happens even where nobody awaits it; without a running loop the caller runs it."""
        try:
            task = asyncio.get_running_loop().create_task(work)
        except RuntimeError:
            return work
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _edit(self, path: str, compute: Callable[[Data], Data], text: bool, note: Note) -> Awaitable[Applied]:
        area, place = self._area(path)

        async def work() -> Applied:
            if area == "staged":
                await self._staging.edit(place, compute)
                return Applied()
            if area != "running":
                raise NotAllowed(path, "only running and staged are changed", ("GET",))
            return self._done(await self._running.change(place, compute, text=text), "set", note)

        return self._begin(work())

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

    async def _side(self, side: Side) -> Data:
        if side == "running":
            return await self._running.refresh()
        if side == "staged":
            return self._staging.data
        keeping = self._need_keeping()
        return keeping.effective(keeping.loaded) if side == "saved" else await keeping.effective_of(side)

    def _done(self, applied: Applied, reason: str, note: Note, commit: str = "") -> Applied:
        self._restart |= dict.fromkeys(applied.restart_required)
        pending = self._staging.probation is not None
        self._listeners.tell(
            applied, lambda path, old, new: Change(path, old, new, reason, note.author, note.message, commit, pending)
        )
        return applied

    def _deployed(self, applied: Applied, reason: str) -> None:
        self._done(applied, reason, Note())

    def _from_store(self, applied: Applied, reason: str, note: Note, commit: str) -> None:
        self._done(applied, reason, note, commit)

    async def _start(self) -> None:
        if self._started is not None:
            return
        _follow, _poll, on_misfit, _, _, _, fail_fast = self._options
        self._ended.clear()
        await self._running.start()
        self._keeping = self._make_keeping()
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

    def _need_keeping(self) -> Keeping:
        if self._keeping is None:
            raise NotAllowed("config/saved", "the Manager is not started")
        return self._keeping

    async def _keeping_started(self) -> Keeping:
        return self._need_keeping()

    def _need_model(self) -> ModelPart[Any]:
        if self._model is None:
            raise InvalidInput("this Manager has no model: Manager(url, model=Settings)")
        return self._model

    def _check_names(self, service: object | None) -> None:
        if self._model is None or service is None:
            return
        both = set(self._model.names) & set(self._running.bindings.root().names())
        if both:
            raise Misfit([Problem(name, "is a name of the model and of the service") for name in sorted(both)])


def _urls(url: str | Path | Sequence[str] | None) -> list[str]:
    if url is None:
        return []
    return [str(url)] if isinstance(url, str | Path) else list(url)


def _name(savepoint: str | datetime | None) -> str | None:
    return savepoint.isoformat() if isinstance(savepoint, datetime) else savepoint


def _found(data: Data, path: Segments) -> Data:
    try:
        return find_data(data, path)
    except GitConfigError:
        return MISSING


def _reaches(data: Data, path: Segments) -> bool:
    return bool(path) and _found(data, path) is not MISSING

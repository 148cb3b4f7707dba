"""What is running, read and changed by paths; what the Manager tells of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from gitconfig_server.manager.access import AccessAdaptor
from gitconfig_server.manager.applying.running import Applied
from gitconfig_server.manager.declared import M
from gitconfig_server.manager.errors import ChildExists, LookupFailed, NotAllowed, Problem
from gitconfig_server.manager.kept import Kept
from gitconfig_server.manager.nodes.paths import Segments, is_rooted, join_path, list_index, split_path
from gitconfig_server.manager.nodes.tree import Node, find_node
from gitconfig_server.manager.nodes.values import MISSING, Data, find_data, found_or_missing, inserted
from gitconfig_server.manager.storing.base import Note, is_meant
from gitconfig_server.manager.verbs import VERBS, checked_arguments
from gitconfig_server.model.environments import RunningState


class Live(Kept[M]):
    """Paths are inside running or, with a leading slash, from the root of the standard tree."""

    def __init__(self, service: object | None, model: type[M] | None, classes: Sequence[type]) -> None:
        super().__init__(
            service, model, classes, lambda path, value: self.set("/config/running/" + join_path(path), value)
        )
        self.server_id, self.profile = "service", "default"
        self.label: str | None = None
        self.instance: str | None = None
        self._urls: list[str] = []
        self._accesses: list[AccessAdaptor] = []

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
                index = list_index(name)
                return inserted(old, len(old) if index is None else index, child)
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
            "readers_get": _shown_running(keeping.loaded.running) if keeping and keeping.loaded.running else None,
            "diverged": [join_path(one) for one in keeping.diverged] if keeping else [],
            "refused": [str(one) for one in following.refused] if following else [],
            "unknown": dict(running.unknowns.paths),
            "applying": running.turns.is_applying,
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


def _reaches(data: Data, path: Segments) -> bool:
    return bool(path) and found_or_missing(data, path) is not MISSING


def _shown_running(running: RunningState) -> dict[str, Any]:
    """What readers of the label get instead of what is saved, and until when."""
    until = running.deadline.isoformat(timespec="seconds") if running.deadline else None
    kinds = {"pin": running.pin, "pending": running.pending, "held": running.held}
    return {name: one for name, one in kinds.items() if one} | {"until": until, "saved": running.saved}

"""What stands where in a running service: its objects, and what can be read of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gitconfig_server.manager.bindings.accessors import Accessor
from gitconfig_server.manager.bindings.branches import (
    BoundAccessor,
    Layer,
    PatternBranch,
    Scans,
    Site,
    constructors,
    neighbours,
)
from gitconfig_server.manager.bindings.calls import Calls
from gitconfig_server.manager.bindings.types import to_plain
from gitconfig_server.manager.errors import ManagerError, Misfit, Problem
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.values import MISSING, Data
from gitconfig_server.model.replace import replace

Problems = list[Problem]

_SITES = 50_000
"""Sites that are remembered."""


class Bindings:
    """The accessors of a service and of the objects it holds.

    ``objects``: what stands at a path by itself. ``members``: the names beneath a collection, or the length of a list,
    that the Manager made. ``written``: values of what can be set and not read. ``defaults``: what stood at a path
    before the first change.
    """

    def __init__(self, calls: Calls, service: object | None, classes: Iterable[type] = ()) -> None:
        self.calls = calls
        self.objects: dict[Segments, object] = {}
        self.members: dict[Segments, dict[str, None] | int] = {}
        self.written: dict[Segments, Data] = {}
        self.defaults: dict[Segments, Data] = {}
        self.by_hand = PatternBranch()
        self._service = service
        self._scans = Scans()
        self._made_here = PatternBranch()
        self._sites: dict[tuple[int, str], tuple[Site, Site]] = {}
        self._by_path: dict[Segments, Site] = {}
        self._root = self._root_site(classes)

    @property
    def looked_at(self) -> str:
        """The classes whose methods are known, and what to do where they have none."""
        names = ", ".join(self._scans.names) or "none"
        return f"classes looked at: {names}); decorate methods, or bind them"

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is bound."""
        return not any(layer.branch.accessors or layer.branch.named or layer.branch.each for layer in self._root.layers)

    def site(self, path: Segments) -> Site:
        """What is bound at a path. Where an object will only be made, its class speaks for it."""
        known = self._by_path.get(path)
        if known is None:
            known = self._root
            for segment in path:
                known = self.below(known, segment)
            if len(self._by_path) >= _SITES:
                self._by_path.clear()
            self._by_path[path] = known
        return known

    def below(self, site: Site, segment: str) -> Site:
        """The site one segment down; remembered until an object comes or goes."""
        key = (id(site), segment)
        known = self._sites.get(key)
        if known is None:
            if len(self._sites) >= _SITES:
                self._sites.clear()
            known = self._sites[key] = (site, self._below(site, segment))  # held, so that its id stays its own
        return known[1]

    def bind(self, one: Accessor) -> None:
        """Let a function stand at its pattern that was bound by hand."""
        self.by_hand.add(one)
        self._forget()

    def _below(self, site: Site, segment: str) -> Site:
        plain = site.step(segment)
        if (owner := self.objects.get(plain.path, MISSING)) is not MISSING:
            return Site(plain.path, (*self._scans.layers(type(owner), owner, plain.path), *plain.layers), site)
        if (kind := plain.makes()) is not None:
            return Site(plain.path, (*self._scans.layers(kind, None, plain.path), *plain.layers), site)
        return plain

    def root(self) -> Site:
        """The whole configuration."""
        return self._root

    async def read(self, site: Site, *, shown: bool = False, problems: Problems | None = None) -> Data:
        """The values at and beneath a site: what can be set or, where it is to be ``shown``, all that can be read.

        Where an accessor fails, a problem is noted and the value is left out; without ``problems`` it is raised.
        """
        if site.is_leaf:
            if self.calls.is_late:
                await self.calls.breathe()
            return await self._leaf(site, shown, problems)
        names, is_list = await self.names_beneath(site, problems)
        if is_list:
            found = [await self.read(self.below(site, name), shown=shown, problems=problems) for name in names]
            return [one for one in found if one is not MISSING]
        values: dict[str, Data] = {}
        for name in names:
            value = await self.read(self.below(site, name), shown=shown, problems=problems)
            if value is not MISSING:
                values[name] = value
        stands = site.path == () or site.is_collection or site.path in self.objects
        return values if values or stands else MISSING

    async def names_beneath(self, site: Site, problems: Problems | None = None) -> tuple[list[str], bool]:
        """The names beneath a site, and whether they are the indexes of a list."""
        names = dict.fromkeys(site.names())
        made = self.members.get(site.path, {})
        if isinstance(made, int):
            return [str(index) for index in range(made)], True
        if not made and site.is_list:
            return [], True
        lister = site.find("children")
        if lister is not None:
            names |= dict.fromkeys(await self._listed(site, lister, problems))
        return list(names | made), False

    def configured(self, site: Site, data: Data) -> Data:
        """Of what is shown, that which can be set: what is saved and compared."""
        if site.is_leaf:
            return data if site.find("set", unmade=True) else MISSING
        if isinstance(data, list):
            return [self.configured(self.below(site, str(index)), one) for index, one in enumerate(data)]
        if not isinstance(data, dict):
            return data
        found = {name: self.configured(self.below(site, name), value) for name, value in data.items()}
        kept = {name: value for name, value in found.items() if value is not MISSING}
        return kept if kept or not data or site.path == () or site.creator() or site.is_collection else MISSING

    def stand(self, path: Segments, owner: object | None, *, index: bool = False) -> None:
        """Something was made at ``path``: note it; ``index``: as the element of a list, those behind it move on."""
        parent, name = path[:-1], path[-1]
        self._forget()
        if index:
            length = self.members.get(parent, 0)
            assert isinstance(length, int)
            for place in range(length - 1, int(name) - 1, -1):
                self._move((*parent, str(place)), (*parent, str(place + 1)))
            self.members[parent] = length + 1
        else:
            known = self.members.setdefault(parent, {})
            if isinstance(known, dict):
                known[name] = None
        if owner is not None:
            self.objects[path] = owner

    def leave(self, path: Segments) -> None:
        """What stood at ``path``, and all beneath it, has gone; in a list those behind it move up."""
        self._forget()
        for table in (self.objects, self.members, self.written, self.defaults):
            for one in [one for one in table if one[: len(path)] == path]:
                del table[one]
        known = self.members.get(path[:-1])
        if isinstance(known, dict):
            known.pop(path[-1], None)
        elif known is not None:
            self.members[path[:-1]] = known - 1
            for place in range(int(path[-1]) + 1, known):
                self._move((*path[:-1], str(place)), (*path[:-1], str(place - 1)))

    def hold_list(self, path: Segments) -> None:
        """What stands at ``path`` is a list, empty so far."""
        if not isinstance(self.members.get(path), int):
            self.members[path] = 0

    def default_of(self, path: Segments) -> Data:
        """What stood there before the first change, MISSING where that is not known."""
        return self.defaults.get(path, MISSING)

    async def note_defaults(self, site: Site) -> None:
        """Remember what can be set beneath a site as it is now."""
        await self._note(site, await self.read(site, problems=[]))

    async def status(self, problems: Problems | None = None) -> dict[str, Data]:
        """The live values of ``status``, as a tree."""
        return await self._statuses(self._root, problems) or {}

    async def call_read(self, found: BoundAccessor, path: Segments, problems: Problems | None) -> Data:
        """What a getter gives, as plain data."""
        try:
            return to_plain(await self.calls.call(found, path), found.accessor.adapter, path)
        except Misfit as error:
            reasons = list(error.problems)
        except ManagerError as error:
            reasons = [Problem(join_path(path), str(error))]
        except Exception as error:  # any accessor may raise anything
            reasons = [Problem(join_path(path), f"cannot be read: {type(error).__name__}: {error}")]
        if problems is None:
            raise Misfit(reasons)
        problems += reasons
        return MISSING

    def _root_site(self, classes: Iterable[type]) -> Site:
        layers = [Layer(self.by_hand, None)]
        if self._service is not None:
            kind = type(self._service)
            layers.append(Layer(self._scans.branch(kind), self._service))
            classes = [*classes, *neighbours(kind)]
        for one in classes:
            self._scans.branch(one)
            for accessor in constructors(one):
                self._made_here.add(accessor)
        layers.append(Layer(self._made_here, None))
        return Site((), tuple(layers))

    async def _leaf(self, site: Site, shown: bool, problems: Problems | None) -> Data:
        getter, setter = site.find("get"), site.find("set")
        if setter is None and not shown:
            return MISSING
        if getter is None:
            return self.written.get(site.path, MISSING)
        if setter is not None and getter.accessor.adapter is None and setter.accessor.adapter is not None:
            getter = BoundAccessor(_with_type(getter, setter), getter.owner, getter.names)
        return await self.call_read(getter, site.path, problems)

    async def _listed(self, site: Site, lister: BoundAccessor, problems: Problems | None) -> list[str]:
        """The names that the service lists; the objects it gives with them are bound."""
        try:
            given = await self.calls.call(lister, site.path)
        except Exception as error:  # any accessor may raise anything
            problem = Problem(join_path(site.path), f"its children cannot be listed: {type(error).__name__}: {error}")
            if problems is None:
                raise Misfit([problem]) from error
            problems.append(problem)
            return []
        if not isinstance(given, Mapping):
            return [str(name) for name in given]
        for name, owner in given.items():
            path = (*site.path, str(name))
            if self.objects.get(path) is not owner:
                self._forget()
                self.objects[path] = owner
                await self._note_new(path)
        for path in [one for one in self.objects if len(one) == len(site.path) + 1 and one[:-1] == site.path]:
            if path[-1] not in given:
                self.leave(path)
        return [str(name) for name in given]

    async def _note_new(self, path: Segments) -> None:
        await self.note_defaults(self.site(path))

    async def _note(self, site: Site, data: Data) -> None:
        if site.is_leaf or not isinstance(data, dict):
            if data is not MISSING:
                self.defaults.setdefault(site.path, data)
            return
        for name, value in data.items():
            await self._note(self.below(site, name), value)

    async def _statuses(self, site: Site, problems: Problems | None) -> Data:
        if (found := site.find("status")) is not None:
            return await self.call_read(found, site.path, problems)
        values = {}
        for name in {name: None for layer in site.layers for name in layer.branch.named}:
            value = await self._statuses(self.below(site, name), problems)
            if value is not MISSING:
                values[name] = value
        if site.is_collection:
            for name in (await self.names_beneath(site, problems))[0]:
                value = await self._statuses(self.below(site, name), problems)
                if value is not MISSING:
                    values[name] = value
        return values or MISSING

    def _forget(self) -> None:
        self._sites.clear()
        self._by_path.clear()

    def _move(self, old: Segments, new: Segments) -> None:
        """What stood at and beneath ``old`` stands at ``new``."""
        tables: tuple[dict[Segments, Any], ...] = (self.objects, self.members, self.written, self.defaults)
        for table in tables:
            for one in [one for one in table if one[: len(old)] == old]:
                table[(*new, *one[len(old) :])] = table.pop(one)


def _with_type(getter: BoundAccessor, setter: BoundAccessor) -> Accessor:
    return replace(getter.accessor, adapter=setter.accessor.adapter)

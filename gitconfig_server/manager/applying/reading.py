"""What stands in the service now: bound values, those of a model, and nodes that were put in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitconfig_server.manager.bindings.bindings import Bindings
from gitconfig_server.manager.bindings.branches import Site
from gitconfig_server.manager.errors import LookupFailed, Misfit, Problem
from gitconfig_server.manager.nodes.paths import Segments, join_path, split_path
from gitconfig_server.manager.nodes.tree import Object, find_node, to_data
from gitconfig_server.manager.nodes.values import MISSING, Data, find_data

if TYPE_CHECKING:
    from gitconfig_server.manager.applying.models import ModelPart


class Reader:
    """Reads live values; nothing is changed."""

    def __init__(self, bindings: Bindings, model: ModelPart[Any] | None, nodes: Object) -> None:
        self._bindings = bindings
        self._model = model
        self._nodes = nodes

    async def read(self, path: Segments, shown: bool, problems: list[Problem] | None) -> Data:
        """What stands at ``path``, read-only values too where they are to be ``shown``; LookupFailed.

        What cannot be read is noted in ``problems``, without them it is a Misfit.
        """
        if not path:
            whole = await self._bindings.read(self._bindings.root(), shown=shown, problems=problems)
            model = self._model.data if self._model else {}
            return {**model, **whole, **await self._read_nodes(problems)}
        if self._model is not None and self.is_of_model(path[0]):
            return find_data(self._model.data, path)
        if self._nodes.has_child(path[0]):
            value = to_data(find_node(self._nodes, path))
            if value is MISSING:
                raise LookupFailed(path[-1], join_path(path), "it may not be read")
            return value
        return await self._live_bound(path, shown, problems)

    async def _read_nodes(self, problems: list[Problem] | None) -> dict[str, Data]:
        """The nodes put in by hand; a getter of theirs that raises is noted."""
        found: dict[str, Data] = {}
        for name, node in self._nodes.items():
            if self._bindings.calls.is_late:
                await self._bindings.calls.breathe()
            try:
                value = to_data(node)
            except Exception as error:  # any getter may raise anything
                problem = Problem(name, f"cannot be read: {type(error).__name__}: {error}")
                if problems is None:
                    raise Misfit([problem]) from error
                problems.append(problem)
                continue
            if value is not MISSING:
                found[name] = value
        return found

    async def _live_bound(self, path: Segments, shown: bool, problems: list[Problem] | None) -> Data:
        """Read at a site; beneath a leaf the value itself is walked."""
        if (known := self._bindings.site(path)).is_fixed:
            return await self._value_at(known, path, shown, problems)
        site, end = await self.reach(path, problems)
        if end < len(path):
            return find_data(await self._bindings.read(site, shown=shown, problems=problems), path[end:])
        return await self._value_at(site, path, shown, problems)

    async def reach(self, path: Segments, problems: list[Problem] | None) -> tuple[Site, int]:
        """The site at a path, or the leaf on the way, and how many names lead there; LookupFailed."""
        site = self._bindings.root()
        for position, segment in enumerate(path):
            if site.is_leaf:
                return site, position
            is_known = segment in site.names() or segment in (await self._bindings.names_beneath(site, problems))[0]
            if not is_known:
                raise LookupFailed(segment, join_path(path[: position + 1]))
            site = self._bindings.below(site, segment)
        return site, len(path)

    async def _value_at(self, site: Site, path: Segments, shown: bool, problems: list[Problem] | None) -> Data:
        value = await self._bindings.read(site, shown=shown, problems=problems)
        if value is MISSING:
            hint = "it has no value that can be read" if not problems else str(problems[0])
            raise LookupFailed(path[-1], join_path(path), hint)
        return value

    async def read_configured(self, *, lenient: bool = False) -> dict[str, Data]:
        """What can be saved, as it is now; Misfit where some of it cannot be read, unless ``lenient``."""
        problems: list[Problem] = []
        whole = self.without_read_only(await self.read((), True, problems))
        lost = [one for one in problems if self._can_be_set(one.path)]
        if lost and not lenient:
            raise Misfit(lost)
        return whole

    def _can_be_set(self, path: str) -> bool:
        site = self._bindings.site(split_path(path))
        return not site.is_leaf or site.find("set") is not None

    def without_read_only(self, whole: dict[str, Data]) -> dict[str, Data]:
        """Of what is shown, that which can be saved."""
        bound = {name: one for name, one in whole.items() if not self.is_apart(name)}
        kept = self._bindings.configured(self._bindings.root(), bound)
        return {name: kept.get(name, one) for name, one in whole.items() if name in kept or self.is_apart(name)}

    def is_apart(self, name: str) -> bool:
        """Whether a top-level name is no bound one: of a node that was put in by hand, or of the model."""
        return self._nodes.has_child(name) or self.is_of_model(name)

    def is_of_model(self, name: str) -> bool:
        """Whether a top-level name is the model's."""
        return self._model is not None and name in self._model.names

    def savable(self, path: Segments, data: Data) -> Data:
        """Of what was read at ``path`` just now, that which can be saved."""
        if data is MISSING:
            return MISSING
        if not path:
            return self.without_read_only(data)
        return data if self.is_apart(path[0]) else self._bindings.configured(self._bindings.site(path), data)

    async def read_or_missing(self, path: Segments) -> Data:
        """What stands at a path now, read-only values included; MISSING where nothing does and something may."""
        try:
            return await self.read(path, True, [])
        except LookupFailed:
            return MISSING

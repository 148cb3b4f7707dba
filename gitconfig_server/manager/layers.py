"""What is saved as the service sees it: its own layer over what it inherits, as Spring reads it; and the way back."""

from __future__ import annotations

import logging
from typing import Any

from gitconfig_server.errors import InvalidInput
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.properties import flatten
from gitconfig_server.formats.rendering.placeholders import Placeholders
from gitconfig_server.manager.applying.running import RunningTree
from gitconfig_server.manager.errors import Problem
from gitconfig_server.manager.nodes.paths import Segments, split_path
from gitconfig_server.manager.nodes.values import MISSING, Data, found_or_missing, overlaid, replaced
from gitconfig_server.manager.storing.base import LoadedConfiguration, origin_of, own_layer
from gitconfig_server.manager.storing.secrets import Safe

log = logging.getLogger(__name__)

_OPENS = "${"


class Layers:
    """Reads and writes the layers of one service's saved configuration."""

    def __init__(self, running: RunningTree) -> None:
        self.safe = Safe()
        self._running = running

    def effective(self, loaded: LoadedConfiguration) -> Data:
        """What is in force of what is saved: the own layer over that which is inherited and has a place."""
        own = self._own(loaded)
        return overlaid(self._inherited(loaded, own), own)

    def to_store(self, data: Data, loaded: LoadedConfiguration, refused: list[Problem]) -> Any:
        """The own layer that says ``data``, secrets encrypted; what is inherited and equal is not repeated.

        What is stored and ``refused`` stays: it may be another version's.
        """
        if self._running.model is not None:
            data = _without(data, self._running.model.environment(), loaded.own)
        own = self._own(loaded)
        found = own_layer(data, self._inherited(loaded, own), own)
        if loaded.path.endswith(".properties"):  # which have no word for a map without members
            found = _without_empty(found)
        return self.safe.closed(_with_refused(found, loaded.own, refused), loaded.own)

    def origin(self, path: Segments, loaded: LoadedConfiguration) -> str:
        """The strongest file that says something at ``path``, ``""`` where none does."""
        layers = [(name, self._spelled_out(dict(layer))) for name, layer in loaded.layers]
        return origin_of(layers, path) or ""

    def _own(self, loaded: LoadedConfiguration) -> Data:
        return self._spelled_out(self.safe.opened(loaded.own))

    def _inherited(self, loaded: LoadedConfiguration, own: Data) -> Data:
        """What everybody has and this service knows; what it does not know is no misfit of it."""
        inherited = self._spelled_out(self.safe.opened(loaded.inherited))
        found = inherited
        if not self._running.free and isinstance(inherited, dict):
            found = {name: one for name, one in inherited.items() if self._running.has_place((name,)) or name in own}
        return self._filled(found, own, inherited) if _has_placeholders(found) else found

    def _spelled_out(self, data: Data, path: Segments = ()) -> Data:
        """``data`` with keys that hold dots as paths, where they are no names that the service knows.

        Files of properties, and people, write ``server.port: 1``; a session may be called ``10.0.0.1``.
        """
        if self._running.free or not isinstance(data, dict):
            return data
        found: dict[str, Data] = {}
        spelled: dict[str, Data] = {}
        for name, value in data.items():
            is_spelled = ("." in name or "[" in name) and not self._running.has_place((*path, name))
            (spelled if is_spelled else found)[name] = value
        if spelled:
            meant = _nested(spelled)
            fits = all(self._running.has_place((*path, name)) for name in meant)
            found = overlaid(found, meant if fits else spelled)
        return {name: self._spelled_out(value, (*path, name)) for name, value in found.items()}

    def _filled(self, data: Data, own: Data, inherited: Data) -> Data:
        """``data`` with its placeholders resolved; one that leads nowhere, or in a circle, stays as it is written."""
        placeholders = Placeholders([_flat(own), _flat(inherited)])

        def filled(value: Data) -> Data:
            if isinstance(value, dict):
                return {name: filled(one) for name, one in value.items()}
            if isinstance(value, list):
                return [filled(one) for one in value]
            if not isinstance(value, str) or _OPENS not in value:
                return value
            try:
                return placeholders.resolve(value)
            except InvalidInput as error:
                log.warning("a placeholder that is inherited cannot be resolved: %s", error)
                return value

        return filled(data)


def _nested(spelled: dict[str, Data]) -> dict[str, Data]:
    try:
        return unflatten(flatten(spelled))
    except InvalidInput:  # a key without a nested form
        return spelled


def _flat(data: Data) -> dict[str, Any]:
    try:
        return flatten(data)
    except InvalidInput:  # deeper, or of other values, than Spring's readers take
        return {}


def _has_placeholders(data: Data) -> bool:
    if isinstance(data, dict):
        return any(_has_placeholders(one) for one in data.values())
    if isinstance(data, list):
        return any(_has_placeholders(one) for one in data)
    return isinstance(data, str) and _OPENS in data


def _with_refused(own: dict[str, Data], stored: dict[str, Data], refused: list[Problem]) -> dict[str, Data]:
    for one in refused:
        path = split_path(one.path)
        value, parent = found_or_missing(stored, path), found_or_missing(own, path[:-1])
        if value is not MISSING and isinstance(parent, dict) and path[-1] not in parent:
            own = replaced(own, path, value)
    return own


def _without_empty(data: Data) -> Data:
    if not isinstance(data, dict):
        return data
    found = ((name, _without_empty(one)) for name, one in data.items())
    return {name: one for name, one in found if one != {}}


def _without(data: Data, environment: Data, stored: Data) -> Data:
    """``data`` less what the environment says: that is not the store's; what is stored there stays."""
    if not isinstance(environment, dict) or not isinstance(data, dict):
        return stored
    found = {}
    here = stored if isinstance(stored, dict) else {}
    for name, value in data.items():
        if name in environment:
            value = _without(value, environment[name], here.get(name, MISSING))
        if value is not MISSING:
            found[name] = value
    return found

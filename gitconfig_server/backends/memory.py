"""A backend that keeps sources in this process."""

from __future__ import annotations

import builtins
from copy import deepcopy

from gitconfig_server.backend import ConfigSource
from gitconfig_server.backends.names import check_names, check_source


class InMemoryConfigBackend:
    """A ``ConfigBackend`` over a dict. What goes in and what comes out are copies."""

    def __init__(self) -> None:
        self._sources: dict[tuple[str, str, str], ConfigSource] = {}

    async def fetch(self, application: str, profile: str, label: str = "main") -> ConfigSource | None:
        """The stored source, or None. Raises InvalidName."""
        check_names(application, profile, label)
        return deepcopy(self._sources.get((application, profile, label)))

    async def save(self, source: ConfigSource) -> None:
        """Store ``source`` whole. Raises InvalidName, and InvalidChange for what no file could hold."""
        properties = check_source(source)
        kept = ConfigSource(source.application, source.profile, source.label, properties)
        self._sources[source.application, source.profile, source.label] = kept

    async def list(self) -> builtins.list[ConfigSource]:
        """Every source, in the order they were first stored."""
        return deepcopy(builtins.list(self._sources.values()))

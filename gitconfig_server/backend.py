"""The smallest thing a configuration store must do: fetch, save, list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass
class ConfigSource:
    """What is stored for one application and profile at a label. ``properties`` may be nested."""

    application: str
    profile: str
    label: str = "main"
    properties: dict[str, Any] = field(default_factory=dict)


@runtime_checkable
class ConfigBackend(Protocol):
    """A store of sources. Methods are coroutines; implementations choose their own errors."""

    async def fetch(self, application: str, profile: str, label: str = "main") -> ConfigSource | None:
        """The stored source, or None where nothing is stored."""

    async def save(self, source: ConfigSource) -> None:
        """Store ``source`` whole, replacing what was there."""

    async def list(self) -> list[ConfigSource]:
        """Every stored source."""

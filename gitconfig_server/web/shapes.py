"""How properties and the documents they come from are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitconfig_server.config.properties import unflatten
from gitconfig_server.environments import PropertySource, Value
from gitconfig_server.web.options import Shape


def shaped(properties: Mapping[str, Value], shape: Shape) -> dict[str, Any]:
    """Flat keys as they are, or as nested maps and lists; InvalidName for keys that cannot be nested."""
    return unflatten(properties) if shape == "nested" else dict(properties)


def shown_document(source: PropertySource) -> dict[str, Any]:
    """Where a source's properties stand."""
    return {"name": source.name, "path": source.path, "document": source.document, "blob": source.blob}

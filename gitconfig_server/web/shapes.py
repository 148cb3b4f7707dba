"""How properties and the documents they come from are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitconfig_server.config.properties import unflatten
from gitconfig_server.environments import PropertySource, Value
from gitconfig_server.findings import Finding
from gitconfig_server.web.options import Shape


def shaped(properties: Mapping[str, Value], shape: Shape) -> dict[str, Any]:
    """Flat keys as they are, or as nested maps and lists; InvalidName for keys that cannot be nested."""
    return unflatten(properties) if shape == "nested" else dict(properties)


def shown_document(source: PropertySource) -> dict[str, Any]:
    """Where a source's properties stand."""
    return {"name": source.name, "path": source.path, "document": source.document, "blob": source.blob}


def shown_positions(source: PropertySource) -> dict[str, Any]:
    """Where in its file each value of a source stands, as far as its format lets one know."""
    return {key: {"line": place.line, "column": place.column} for key, place in source.positions.items()}


def shown_finding(finding: Finding) -> dict[str, Any]:
    """A finding as answers and problems show it."""
    return {
        "file": finding.path,
        "rule": finding.rule,
        "detail": finding.detail,
        "line": finding.line or None,
        "column": finding.column or None,
        "fatal": finding.fatal,
    }

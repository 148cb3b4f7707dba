"""From one own layer to another, as the operations of a JSON Patch: addressed by segments, never by dotted keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitconfig_server.manager.nodes.paths import Segments
from gitconfig_server.manager.nodes.values import Data, is_same


def operations(old: dict[str, Data], new: dict[str, Data], path: Segments = ()) -> Iterator[dict[str, Any]]:
    """RFC 6902; maps are entered, anything else, lists too, is replaced whole."""
    for name in old:
        if name not in new:
            yield {"op": "remove", "path": _pointer((*path, name))}
    for name, value in new.items():
        place = (*path, name)
        if name not in old:
            yield {"op": "add", "path": _pointer(place), "value": value}
        elif isinstance(value, dict) and isinstance(old[name], dict) and value and old[name]:
            yield from operations(old[name], value, place)
        elif not is_same(old[name], value):
            yield {"op": "replace", "path": _pointer(place), "value": value}


def _pointer(path: Segments) -> str:
    return "".join("/" + segment.replace("~", "~0").replace("/", "~1") for segment in path)

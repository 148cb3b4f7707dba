"""Differences of configuration files as other tools tell them: DeepDiff's, and JSON Patch (RFC 6902)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gitconfig_server.errors import InvalidName, TooLarge
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.model.environments import Value

_MAX_KEYS = 20_000
"""Keys on either side. DeepDiff takes some microseconds for each; the other formats know no such bound."""

Files = Mapping[str, Mapping[int | None, Mapping[str, Value]]]
"""Path -> number of the document -> flat properties."""


def nested_files(files: Files) -> dict[str, Any]:
    """Path -> nested properties; of several documents, a map of them by number. Both formats are of this form."""
    return {
        path: _nested(documents[None]) if set(documents) == {None} else _numbered(documents)
        for path, documents in files.items()
    }


def as_deepdiff(before: Files, after: Files) -> Any:
    """DeepDiff's verbose text view, as ``Delta`` takes it. TooLarge past _MAX_KEYS."""
    from deepdiff import DeepDiff  # slow to import, and of use here alone

    for files in (before, after):
        if sum(len(properties) for documents in files.values() for properties in documents.values()) > _MAX_KEYS:
            raise TooLarge("number of keys to compare (name an application, or ask for format=keys)", _MAX_KEYS)
    found = DeepDiff(nested_files(before), nested_files(after), verbose_level=2, threshold_to_diff_deeper=0)
    return json.loads(json.dumps(found.to_dict(), default=lambda kind: kind.__name__))  # its own JSON rounds integers


def as_json_patch(before: Files, after: Files) -> list[dict[str, Any]]:
    """The operations that turn one side into the other; lists are replaced whole."""
    return list(_operations("", nested_files(before), nested_files(after)))


def _operations(at: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in old.items():
        place = f"{at}/{_escaped(key)}"
        if key not in new:
            yield {"op": "remove", "path": place}
        elif isinstance(value, Mapping) and isinstance(new[key], Mapping):
            yield from _operations(place, value, new[key])
        elif not _same(value, new[key]):
            yield {"op": "replace", "path": place, "value": new[key]}
    for key, value in new.items():
        if key not in old:
            yield {"op": "add", "path": f"{at}/{_escaped(key)}", "value": value}


def _same(one: Any, other: Any) -> bool:
    """Equality that tells ``1`` from ``1.0`` and ``true``, at any depth."""
    return json.dumps(one) == json.dumps(other)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _numbered(documents: Mapping[int | None, Mapping[str, Value]]) -> dict[str, Any]:
    return {str(number or 0): _nested(properties) for number, properties in documents.items()}


def _nested(properties: Mapping[str, Value]) -> dict[str, Any]:
    """Keys that have no nested form leave their document flat."""
    try:
        return unflatten(properties)
    except InvalidName:
        return dict(properties)

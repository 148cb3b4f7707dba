"""Configuration files as nested values, for those who keep whole bundles in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gitconfig_server.errors import GitConfigError, InvalidChange, InvalidContent
from gitconfig_server.formats.editing.edits import replace_text
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import plain
from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.reading.formats import extension_of, parse
from gitconfig_server.formats.rendering.snake_yaml import dump


def read_nested(path: str, content: bytes) -> dict[str, Any]:
    """What a file holds, as nested as it is written; an empty one holds nothing.

    Several documents count as one, the later over the earlier, key by key at the top. Scalars are of the types that
    Spring reads. Raises InvalidContent for what our readers refuse, and where the top is no mapping.
    """
    nested: dict[str, Any] = {}
    if extension_of(path) == "properties":
        for document in parse(path, content):
            nested.update(unflatten(document.properties))
        return nested
    for root in read_trees(path, content):
        if root.is_closed:
            raise InvalidContent(path, "not-a-mapping", "expected `key: value` at the top")
        nested.update(plain(root))
    return nested


def is_one_document(path: str, content: bytes) -> bool:
    """Whether a file of YAML or JSON has a single document, in force whatever profiles are active, and a map."""
    if extension_of(path) not in ("yml", "yaml", "json"):
        return False
    documents = parse(path, content)
    return (
        len(documents) <= 1
        and all(one.activation is None for one in documents)
        and not any(root.is_closed for root in read_trees(path, content))
    )


def write_nested(path: str, properties: Mapping[str, Any], standing: bytes | None = None) -> bytes:
    """A file that reads back as exactly ``properties``; of ``standing`` comments and order stay where they can.

    InvalidChange for what a file of this kind cannot hold, or could never be read from it again.
    """
    anew = _written(path, properties)
    if standing is not None:
        try:
            kept = replace_text(path, standing, properties, exact=True)
            if read_nested(path, kept) == properties:
                return kept
        except GitConfigError:
            pass  # several documents, an alias, a file that was broken: it is written anew
    return anew


def _written(path: str, properties: Mapping[str, Any]) -> bytes:
    try:
        is_json = extension_of(path) == "json"
        text = json.dumps(properties, indent=2, ensure_ascii=False) + "\n" if is_json else dump(properties)
        content = text.encode()
        read = read_nested(path, content)
    except (TypeError, ValueError, RecursionError, GitConfigError) as error:
        raise InvalidChange(f"{path} cannot hold these properties: {error}") from error
    if read != _with_lists(properties):
        raise InvalidChange(f"{path} cannot hold these properties: they would be read back differently")
    return content


def _with_lists(value: Any) -> Any:
    """``value`` with lists for tuples."""
    if isinstance(value, Mapping):
        return {key: _with_lists(one) for key, one in value.items()}
    return [_with_lists(one) for one in value] if isinstance(value, list | tuple) else value

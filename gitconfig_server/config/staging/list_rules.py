"""``x-merge`` in the schemas of a tree: which lists are more than one value to a merge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from gitconfig_server.config.names.file_names import APPLICATION, read_backwards
from gitconfig_server.config.names.manifest import SCHEMAS
from gitconfig_server.formats.merging.lists import is_list_rule
from gitconfig_server.formats.merging.outcomes import ListRule
from gitconfig_server.formats.reading.plain_yaml import parse_schema
from gitconfig_server.git.objects.trees import TreeView

_WORD = "x-merge"
_MAX_DEPTH = 50
_MAX_BYTES = 256 * 1024
"""Of a schema that is looked at for this."""

_ENDINGS = (".json", ".yml", ".yaml")


def list_rule(tree: TreeView, path: str) -> ListRule:
    """What the schemas of the application that a file's name means, and of all applications, say of its lists."""
    rules: dict[str, str] = {}
    for name in _names(path):
        for ending in _ENDINGS:
            entry = tree.entry(f"{SCHEMAS}/{name}{ending}".encode())
            if entry and entry.is_file:
                rules = {**dict(_rules(tree.read(entry.id), ending)), **rules}
    return lambda key: rules.get(key, "")


def _names(path: str) -> Iterator[str]:
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    application, _ = read_backwards(stem, (stem.partition("-")[0],))
    yield from dict.fromkeys((folder.rpartition("/")[2], application, stem, APPLICATION))


@lru_cache(maxsize=64)
def _rules(content: bytes, ending: str) -> tuple[tuple[str, str], ...]:
    """Flat key -> rule. Of a schema that cannot be read none: that is a finding of its own."""
    if len(content) > _MAX_BYTES or _WORD.encode() not in content:
        return ()
    try:
        return tuple(_found(parse_schema(ending, content.decode()), "", 0))
    except (ValueError, RecursionError):
        return ()


def _found(schema: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return
    if key and is_list_rule(schema.get(_WORD)):
        yield key, str(schema[_WORD])
    below = schema.get("properties")
    if isinstance(below, Mapping):
        for name, child in below.items():
            yield from _found(child, f"{key}.{name}".removeprefix("."), depth + 1)

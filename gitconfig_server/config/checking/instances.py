"""From an environment's flat properties to the nested values that a JSON Schema judges."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from gitconfig_server.config.checking.marks import EMPTY, OPEN, SOFT
from gitconfig_server.errors import InvalidInput
from gitconfig_server.formats.properties import MAX_DEPTH, merge
from gitconfig_server.formats.reading.formats import extension_of
from gitconfig_server.formats.rendering.placeholders import Placeholders
from gitconfig_server.model.environments import PropertySource, Value

_MAX_INDEX = 10_000
"""Items of a list; a higher index is a name."""

_PART = re.compile(r"\[([^\[\]]*)\]|\.?([^.\[]+|\[[^\]]*$)")
_ENDS = re.compile(r"(?:0|[1-9][0-9]{0,5})")
_TEXTS = frozenset(("properties", "xml"))
_CIPHER = "{cipher}"

Path = tuple[str | int, ...]


class Instance:
    """The merged values of an environment as JSON has them, and ``marks``: which of them may mean something else."""

    def __init__(self, sources: Sequence[PropertySource]) -> None:
        self._sources = sources
        self._paths: dict[str, Path] = {}
        self.marks: list[tuple[Path, str]] = []
        flat = merge(one.properties for one in sources)
        texts = {key for one in sources if extension_of(one.path) in _TEXTS for key in one.properties}
        root: dict[str | int, Any] = {}
        filled = Placeholders([one.properties for one in sources])
        for key, value in flat.items():
            kind = None
            if isinstance(value, str):
                value, kind = self._text(key, value, texts, filled)
            path = _put(root, _split(key), value)
            if path is not None:
                self._paths[key] = path
                if kind:
                    self.marks.append((path, kind))
        self.values = json.dumps(_lists(root))

    def _text(self, key: str, value: str, texts: set[str], filled: Placeholders) -> tuple[str, str | None]:
        """A text as it will be read, and what else it may be."""
        if value == "":
            return value, EMPTY
        if value.startswith(_CIPHER):
            return value, OPEN
        if "${" in value:
            try:
                value = filled.resolve(value)
            except InvalidInput:
                return value, OPEN
            return value, OPEN if "${" in value or value.startswith(_CIPHER) else SOFT
        is_text = key in texts and extension_of(self._source_of(key).path) in _TEXTS
        return value, SOFT if is_text else None

    def place(self, path: Path) -> tuple[str, str, int]:
        """The key at a path, and the file and line of what stands there, or beneath or above it; line 0 without any."""
        shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
        while path:
            key = next((key for key, one in self._paths.items() if one[: len(path)] == path), None)
            if key is not None:
                source = self._source_of(key)
                position = source.positions.get(key)
                return shown, source.path, position.line if position else 0
            path = path[:-1]
        return shown, self._sources[0].path, 0

    def _source_of(self, key: str) -> PropertySource:
        return next(one for one in self._sources if key in one.properties)


def _split(key: str) -> Path:
    """The names and indexes of a flat key. One that is longer than any sound key is a single name."""
    if "." not in key and "[" not in key:
        return (key,)
    parts: list[str | int] = []
    end = 0
    for found in _PART.finditer(key):
        if found.start() != end or len(parts) > MAX_DEPTH:
            return (key,)
        inner, name = found.groups()
        parts.append(
            int(inner) if inner and _ENDS.fullmatch(inner) and int(inner) < _MAX_INDEX else inner or name or ""
        )
        end = found.end()
    return tuple(parts) if end == len(key) else (key,)


def _put(root: dict[str | int, Any], path: Path, value: Value) -> Path | None:
    """Set a value; what stands beneath a plain value keeps a compound name. None where no place can be found."""
    node = root
    for depth, part in enumerate(path[:-1]):
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            name = ".".join(str(one) for one in path[depth:])
            node.setdefault(name, value)
            return (*path[:depth], name)
        node = child
    if isinstance(node.get(path[-1]), dict):
        return None
    node[path[-1]] = value
    return path


def _lists(node: Any) -> Any:
    """Maps whose keys are 0, 1, 2 ... become lists; other numbers are names."""
    if not isinstance(node, dict):
        return node
    if all(type(key) is int for key in node) and node.keys() == set(range(len(node))) and node:
        return [_lists(node[index]) for index in range(len(node))]
    return {str(key): _lists(child) for key, child in node.items()}

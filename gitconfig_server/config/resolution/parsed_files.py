"""Parsed files, kept by content: an unchanged file is not parsed again, whichever commit or application asks."""

from __future__ import annotations

from collections.abc import Mapping

from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, Document, ReadLimits
from gitconfig_server.formats.reading.formats import extension_of, parse
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.lru import Recent
from gitconfig_server.model.environments import Value

_CACHE_BYTES = 16 * 1024 * 1024

_ENTRY, _DOCUMENT, _REMARK, _KEY, _TEXT = 300, 400, 500, 205, 50
"""Bytes that CPython takes for each beside its characters: objects, and their places in dictionaries."""


class ParsedFiles:
    """Documents by blob and format; those used longest ago leave when they take more than ``bound`` bytes of memory.

    Files that cannot be parsed are not kept: their error names the path that was asked for.
    """

    def __init__(self, bound: int = _CACHE_BYTES, limits: ReadLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._kept: Recent[tuple[bytes, str], tuple[Document, ...]] = Recent(bound)

    def documents(self, tree: TreeView, path: str, blob: bytes, extension: str | None = None) -> tuple[Document, ...]:
        """The documents of a file; InvalidContent with the place of what cannot be read."""
        extension = extension_of(path) if extension is None else extension
        key = (blob, extension)
        known = self._kept.get(key)
        if known is not None:
            return known
        documents = parse(path, tree.read(blob), self._limits, extension)
        self._kept.put(key, documents, _ENTRY + sum(map(_size, documents)))
        return documents


def size_of_properties(properties: Mapping[str, Value]) -> int:
    """About how many bytes of memory flat properties take with their places; found by measuring."""
    texts = sum(len(value) + _TEXT for value in properties.values() if isinstance(value, str))
    return len(properties) * _KEY + sum(map(len, properties)) + texts


def _size(document: Document) -> int:
    return _DOCUMENT + size_of_properties(document.properties) + _REMARK * len(document.remarks)

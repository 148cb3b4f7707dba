"""Parsed files, kept by content: an unchanged file is not parsed again, whichever commit or application asks."""

from __future__ import annotations

import threading
from collections import OrderedDict

from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, Document, Limits
from gitconfig_server.formats.reading.formats import extension_of, parse
from gitconfig_server.git.objects.trees import TreeView

CACHE_BYTES = 16 * 1024 * 1024


class ParsedFiles:
    """Documents by blob and format; the least recently used leave when the files behind them pass ``bound`` bytes.

    Files that cannot be parsed are not kept: their error names the path that was asked for.
    """

    def __init__(self, bound: int = CACHE_BYTES, limits: Limits = DEFAULT_LIMITS) -> None:
        self._bound = bound
        self._limits = limits
        self._kept: OrderedDict[tuple[bytes, str], tuple[int, tuple[Document, ...]]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def documents(self, tree: TreeView, path: str, blob: bytes, extension: str | None = None) -> tuple[Document, ...]:
        """The documents of a file; InvalidContent with the place of what cannot be read."""
        extension = extension_of(path) if extension is None else extension
        key = (blob, extension)
        with self._lock:
            known = self._kept.get(key)
            if known:
                self._kept.move_to_end(key)
                return known[1]
        content = tree.read(blob)
        documents = parse(path, content, self._limits, extension)
        self._keep(key, len(content), documents)
        return documents

    def _keep(self, key: tuple[bytes, str], size: int, documents: tuple[Document, ...]) -> None:
        with self._lock:
            if size > self._bound or key in self._kept:
                return
            self._kept[key] = (size, documents)
            self._bytes += size
            while self._bytes > self._bound:
                _, (gone, _) = self._kept.popitem(last=False)
                self._bytes -= gone

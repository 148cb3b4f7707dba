"""What each application asked of a tree, so that of many only those are looked at again whom a change can concern."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from gitconfig_server.config.checking.environments import Profiles
from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_dependencies import differing_questions

_KEPT = 20_000
"""Applications that are remembered, at some 500 bytes each."""


class _Asked(Struct, frozen=True):
    """What an application asks with these profiles. As hashes: two that share one make it be looked at in vain."""

    profiles: Collection[Profiles]
    questions: array[int]


class KnownReaders:
    """Remembers one tree, and what applications ask of it. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tree = b""
        self._asked: dict[str, _Asked] = {}

    def find_spared(self, objects: ObjectReader, old: bytes, new: bytes) -> Mapping[str, Collection[Profiles]]:
        """Applications, with profiles, that both trees are known to answer alike; ``old`` is remembered from now on."""
        try:
            with self._lock:
                if self._tree != old:
                    moved = _hashes(objects, self._tree, old) if self._asked else set()
                    self._asked = {name: one for name, one in self._asked.items() if moved.isdisjoint(one.questions)}
                    self._tree = old
                known = dict(self._asked)
            changed = _hashes(objects, old, new)
        except CorruptRepository:  # nobody keeps the tree that is remembered from being pruned
            with self._lock:
                self._asked = {}
            return {}
        return {name: one.profiles for name, one in known.items() if changed.isdisjoint(one.questions)}

    def keep(self, tree: bytes, application: str, profiles: Collection[Profiles], asked: Iterable[bytes]) -> None:
        """Remember what an application asked of a tree, unless that is not the one that is remembered."""
        with self._lock:
            if self._tree == tree and (application in self._asked or len(self._asked) < _KEPT):
                self._asked[application] = _Asked(profiles, array("q", map(hash, asked)))


def _hashes(objects: ObjectReader, old: bytes, new: bytes) -> set[int]:
    return set(map(hash, differing_questions(objects, old, new)))

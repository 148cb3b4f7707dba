"""Environments that were resolved before, what they were made from, and whether they are still right."""

from __future__ import annotations

import sys
import threading

from msgspec import Struct

from gitconfig_server.config.labels import Heads, Located
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.parsed_files import size_of_properties
from gitconfig_server.config.resolution.resolve import ResolveOptions, resolve
from gitconfig_server.config.running.clocks import Expiry
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_dependencies import KeptDifferences, TracedTree
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.lru import Recent
from gitconfig_server.model.environments import PropertySource, RunningState
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace

KEPT = 8 * 1024 * 1024
"""Bytes that environments may take which are kept."""

_ENTRY, _LOOKUP, _SOURCE, _NAME = 1000, 100, 250, 60
"""Bytes that CPython takes for each beside its characters."""

_BASIS = 500
_LOCKS = 64

KeptNames = tuple[tuple[str, ...], tuple[str, ...], str | None]
"""Applications, profiles, label."""


class Grounds(Struct):
    """All that was asked of a tree to find something, and the last tree that is known to answer the same."""

    asked: frozenset[bytes]
    tree: bytes
    size: int
    """Bytes of memory, with the names that were asked for."""

    def hold_in(self, tree: bytes, differences: KeptDifferences) -> bool:
        """Whether the same is found in ``tree``; then the next tree is compared with this one."""
        if not differences.spare(self.asked, self.tree, tree):
            return False
        self.tree = tree
        return True


class Resolved(Struct, frozen=True):
    """Sources, and what they were found by. Answers keep the latter alone: values are larger than their text."""

    sources: tuple[PropertySource, ...]
    grounds: Grounds


class KeptEnvironments:
    """A ``resolve`` that remembers: what an environment does not depend on may change without its being resolved again.

    Who asks for what another thread is resolving waits for that thread.
    """

    def __init__(
        self, differences: KeptDifferences, options: ResolveOptions, read: ReadDocuments, bound: int = KEPT
    ) -> None:
        self._differences = differences
        self._options = options
        self._read = read
        self._kept: Recent[KeptNames, Resolved] = Recent(bound)
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    def resolve(self, tree: TreeView, names: KeptNames) -> Resolved:
        """The environment of ``names`` in ``tree``; raises as ``resolve`` does, and keeps nothing then."""
        known = self._known(tree, names)
        if known is None:
            with self._locks[hash(names) % _LOCKS]:
                known = self._known(tree, names) or self._resolve(tree, names)
        return known

    def _known(self, tree: TreeView, names: KeptNames) -> Resolved | None:
        known = self._kept.get(names)
        return known if known and known.grounds.hold_in(tree.tree, self._differences) else None

    def _resolve(self, tree: TreeView, names: KeptNames) -> Resolved:
        traced = TracedTree(tree)
        sources = resolve(traced, *names, self._options, self._read)
        resolved = Resolved(sources, grounds_of(names, traced))
        self._kept.put(names, resolved, resolved.grounds.size + sum(map(_share, sources)))
        return resolved


def grounds_of(names: KeptNames, traced: TracedTree) -> Grounds:
    """What was asked so far of a tree for the sake of some names."""
    asked = frozenset(traced.asked)
    size = _ENTRY + size_of_names(names) + sum(map(len, asked)) + _LOOKUP * len(asked)
    return Grounds(asked, traced.tree, size)


def size_of_names(names: KeptNames) -> int:
    """Bytes of memory that names take."""
    applications, profiles, label = names
    return sum(len(text) + _NAME for text in (*applications, *profiles, label or ""))


def _share(source: PropertySource) -> int:
    """What one holder of a source's properties holds: files that many environments are made of count once in all."""
    return _SOURCE + size_of_properties(source.properties) // max(1, sys.getrefcount(source.properties) - 2)


class Present(Struct, frozen=True):
    """What a basis is compared with."""

    objects: ObjectReader
    heads: Heads
    differences: KeptDifferences


def _is_special(located: Located) -> bool:
    """Whether readers get another commit than the one that is saved, or may by the next moment."""
    running = located.running
    return running is not None and (running.pending is not None or running.pin is not None)


class TreeBasis(Struct, frozen=True):
    """A ``Basis``: where ``reading`` led, and by what something was found there."""

    present: Present
    reading: Reading
    located: Located
    grounds: Grounds

    @property
    def commit(self) -> str:
        """The commit that was read."""
        return self.located.commit.decode()

    @property
    def size(self) -> int:
        """As ``Basis.size``."""
        return self.grounds.size + _BASIS

    @property
    def until(self) -> Expiry | None:
        """As ``Basis.until``."""
        running = self.located.running
        return Expiry(running.until, self.present.heads.moments) if running and running.until else None

    @property
    def running(self) -> RunningState | None:
        """As ``Basis.running``."""
        return running_state(self.located)

    def renewed(self) -> TreeBasis | None:
        """As ``Basis.renewed``."""
        now = self.present.heads.locate_running(self.reading)
        if now == self.located:
            return self
        if _is_special(now) or _is_special(self.located):
            return None  # the answer says what is pending or pinned, and what is saved
        tree = tree_of(self.present.objects, now.commit)
        if now.ref != self.located.ref or not self.grounds.hold_in(tree, self.present.differences):
            return None
        return replace(self, located=now)


def running_state(located: Located) -> RunningState | None:
    """Why readers get another commit than the one that is saved; None where they do not."""
    running = located.running
    if running is None or not (running.pin or running.pending):
        return None
    saved, until = running.saved.decode(), running.until.wall if running.until else None
    if running.pin:
        return RunningState(saved, pin=running.pin.revision, deadline=until)
    return RunningState(saved, pending=running.pending.id if running.pending else None, deadline=until)

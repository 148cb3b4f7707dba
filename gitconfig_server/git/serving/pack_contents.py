"""Which objects a fetch must bring: those the client lacks, at a cost that follows how many they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count, islice

from gitconfig_server.git.objects.commits import parents_of, tree_of
from gitconfig_server.git.objects.tree_sets import (
    EntryBytes,
    TreeCache,
    folders,
    names_folder,
    names_submodule,
    read_many_entries,
)
from gitconfig_server.git.serving.filters import ALL, ObjectFilter
from gitconfig_server.storage.objects import COMMIT, TAG, TREE, CommitFacts, Objects

_CHUNK = 256
"""Commits, and trees, that are fetched at once."""


class PackContents:
    """Collects object ids, each once. Ids are 20 bytes here and in ``ids``; arguments are in hex.

    ``chosen`` says what of commits' trees is left out.
    """

    def __init__(self, objects: Objects, chosen: ObjectFilter = ALL) -> None:
        self._objects = objects
        self._chosen = chosen
        self._depths: dict[bytes, int] = {}  # of trees, where it matters
        self._sized: dict[bytes, None] = {}  # files whose size decides
        self._trees = TreeCache(objects)
        self._entries: set[EntryBytes] = set()
        self._ids: dict[bytes, None] = {}
        self._tag_ids: dict[bytes, None] = {}

    @property
    def ids(self) -> Sequence[bytes]:
        """What was collected, in the order of collection, annotated tags apart."""
        return [*self._ids, *self._small_enough()]

    @property
    def found(self) -> Collection[bytes]:
        """What was collected so far, annotated tags apart, to look ids up in."""
        return self._ids.keys()

    @property
    def tags(self) -> Sequence[bytes]:
        """The annotated tags that were collected."""
        return list(self._tag_ids)

    def add_tags(self, wants: Iterable[bytes]) -> list[bytes]:
        """Collect annotated tags with what they name; the commits that the wants lead to."""
        commits = []
        for want in wants:
            kind, raw = self._objects.get_raw(want)
            while kind == TAG:
                self._tag_ids[_raw(want)] = None
                want = raw[7:47]
                kind, raw = self._objects.get_raw(want)
            if kind == COMMIT:
                commits.append(want)
            elif kind == TREE:
                self._add_whole({_raw(want): None}, named=True)
            else:
                self._ids[_raw(want)] = None
        return commits

    def add_history(self, commits: Sequence[bytes]) -> Iterator[int]:
        """Collect commits, newest first, for a client that has nothing; yields how many objects there are."""
        self._ids.update(dict.fromkeys(map(_raw, commits)))
        for start in range(0, len(commits), _CHUNK):
            roots = (_raw(tree_of(self._objects, commit)) for commit in commits[start : start + _CHUNK])
            self._add_whole(dict.fromkeys(roots))
            yield len(self._ids)

    def add_new(self, commits: Sequence[bytes], cut: frozenset[bytes]) -> Iterator[int]:
        """As ``add_history``, for a client that has the parents of these commits, except of those in ``cut``.

        A tree is compared with those at its place in the parents, which the client has or gets as well.
        """
        self._ids.update(dict.fromkeys(map(_raw, commits)))
        for number, commit in enumerate(_parents_first(self._objects, commits)):
            parents = () if commit in cut else parents_of(self._objects, commit)[0]
            self._add_difference(
                _raw(tree_of(self._objects, commit)),
                tuple(_raw(tree_of(self._objects, parent)) for parent in parents),
            )
            if number % _CHUNK == 0:
                yield len(self._ids)

    def add_commits(self, commits: Sequence[CommitFacts]) -> None:
        """As ``add_history``, of what is known already."""
        self._ids.update((_raw(commit.id), None) for commit in commits)
        for start in range(0, len(commits), _CHUNK):
            self._add_whole({_raw(commit.tree): None for commit in commits[start : start + _CHUNK]})

    def holds(self, name: object) -> bool:
        """Whether the object of this id (20 bytes) was collected."""
        return name in self._ids or name in self._tag_ids

    def __contains__(self, name: bytes) -> bool:
        return self.holds(_raw(name))

    def _add_whole(self, level: dict[bytes, None], *, named: bool = False) -> None:
        """Collect trees and all beneath them, a level at a time: few questions to the storage.

        In their order, in which neighbours are versions of each other. Trees that were ``named`` are not left out,
        whatever the filter says.
        """
        for depth in count():
            level = {tree: None for tree in level if (named and not depth) or self._is_news(tree, depth)}
            self._ids.update(level)
            if not level or self._is_left_out(depth + 1):
                return
            below: dict[bytes, None] = {}
            for start in range(0, len(level), _CHUNK):
                for entries in read_many_entries(self._objects, islice(level, start, start + _CHUNK)):
                    below.update(dict.fromkeys(self._add_entries(self._fresh(entries))))
            level = below

    def _add_entries(self, entries: Iterable[EntryBytes]) -> set[bytes]:
        """Collect the files among entries; the ids of the folders."""
        below: set[bytes] = set()
        for entry in entries:
            if names_folder(entry):
                below.add(entry[-20:])
            elif not names_submodule(entry) and self._chosen.blobs:
                (self._ids if self._chosen.blob_bytes is None else self._sized)[entry[-20:]] = None
        return below

    def _fresh(self, entries: list[EntryBytes]) -> set[EntryBytes]:
        """Those not seen before; all of them where it matters how deep they stand."""
        if self._chosen.tree_depth is not None:
            return set(entries)
        fresh = set(entries) - self._entries
        self._entries |= fresh
        return fresh

    def _is_left_out(self, depth: int) -> bool:
        return self._chosen.tree_depth is not None and depth >= self._chosen.tree_depth

    def _is_news(self, tree: bytes, depth: int) -> bool:
        """Whether a tree is to be looked at: it was not yet, or only deeper down, where less of it is wanted."""
        if self._chosen.tree_depth is None:
            return tree not in self._ids
        if self._is_left_out(depth) or self._depths.get(tree, depth + 1) <= depth:
            return False
        self._depths[tree] = depth
        return True

    def _small_enough(self) -> Iterator[bytes]:
        names = [name.hex().encode() for name in self._sized if name not in self._ids]
        for start in range(0, len(names), _CHUNK):
            for name, _, raw in self._objects.get_many_raw(names[start : start + _CHUNK]):
                if len(raw) < (self._chosen.blob_bytes or 0):
                    yield bytes.fromhex(name.decode())

    def _add_difference(self, root: bytes, bases: tuple[bytes, ...]) -> None:
        stack = [(root, bases, 0)]
        while stack:
            name, beside, depth = stack.pop()
            if name in beside or not self._is_news(name, depth):
                continue
            self._ids[name] = None
            tree, others = self._trees.read(name), [self._trees.read(base) for base in beside]
            fresh = tree.difference(*others)
            if self._is_left_out(depth + 1):
                continue
            self._add_entries(fresh)
            below = folders(fresh)
            counterparts = [folders(other - tree) for other in others] if below else []
            for folder, at in below.items():
                stack.append((at, tuple(one[folder] for one in counterparts if folder in one), depth + 1))


def _parents_first(objects: Objects, commits: Sequence[bytes]) -> list[bytes]:
    """Commits so ordered that none comes before a parent, whatever their dates say."""
    waiting = {commit: set(parents_of(objects, commit)[0]) for commit in commits}
    order: list[bytes] = []
    placed: set[bytes] = set()
    for commit in reversed(commits):
        stack = [commit]
        while stack:
            at = stack[-1]
            missing = [] if at in placed else [one for one in waiting[at] if one in waiting and one not in placed]
            if missing:
                stack += missing
                continue
            stack.pop()
            if at not in placed:
                placed.add(at)
                order.append(at)
    return order


def _raw(name: bytes) -> bytes:
    return bytes.fromhex(name.decode())

"""Trees as sets of entries, for checks and walks over many: only what differs between two is ever taken apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.similar_trees import OnlyChange
from gitconfig_server.git.objects.tree_bytes import TreeBytesEntry, differences, is_folder, split_tree
from gitconfig_server.storage.objects import TREE, Objects

EntryBytes = bytes
"""``<mode in octal digits> <name>\\0<id in 20 bytes>``: its last 20 bytes are the id."""

Differences = list[tuple[bytes, TreeBytesEntry | None, TreeBytesEntry | None]]
"""Name, old and new entry of what differs between two trees, in any order."""

FOLDER_MODES = (b"40000 ", b"040000 ")
"""What the entries of folders begin with; old tools padded the mode with a zero."""


class FolderChanges(Struct, frozen=True):
    """How many entries ``more`` one tree has than another, and the folders that only one of them has: name -> id."""

    more: int
    gone: dict[bytes, bytes]
    come: dict[bytes, bytes]


_KEPT_STEPS = 16
"""From one tree that is like another to the next, one of so many is kept with all its entries."""

_NO_FOLDERS = FolderChanges(0, {}, {})


def parts(entry: EntryBytes) -> tuple[bytes, bytes, bytes]:
    """Mode, name and id."""
    mode, _, rest = entry.partition(b" ")
    return mode, rest[:-21], rest[-20:]


def names_folder(entry: EntryBytes) -> bool:
    """Whether the entry is a tree."""
    return entry.startswith(FOLDER_MODES)


def names_submodule(entry: EntryBytes) -> bool:
    """Whether the entry is a commit of another repository, which is not among our objects."""
    return entry.startswith(b"160000 ")


def folders(entries: Iterable[EntryBytes]) -> dict[bytes, bytes]:
    """Name -> id of the folders among entries."""
    return {entry.partition(b" ")[2][:-21]: entry[-20:] for entry in entries if entry.startswith(FOLDER_MODES)}


def _only_changed(gone: EntryBytes, come: EntryBytes) -> FolderChanges:
    if not names_folder(come):
        return _NO_FOLDERS
    name = come.partition(b" ")[2][:-21]
    return FolderChanges(0, {name: gone[-20:]}, {name: come[-20:]})


def _folder_changes(found: Differences) -> FolderChanges:
    gone = [old for _, old, _ in found if old]
    come = [new for _, _, new in found if new]
    went, came = ({name: at for mode, name, at in some if is_folder(mode)} for some in (gone, come))
    return FolderChanges(len(come) - len(gone), went, came)


class TreeCache:
    """Trees by their 20 byte ids, the last ones kept: a walk meets the same tree as new, as base and as new again."""

    def __init__(self, objects: ObjectReader, room: int = 400_000) -> None:
        self._objects = objects
        self._room = room
        self._left = room
        self._trees: dict[bytes, frozenset[EntryBytes]] = {}
        self._similar: dict[bytes, OnlyChange] = {}
        self._changes: dict[tuple[bytes, bytes], FolderChanges] = {}

    def knows(self, tree: bytes) -> bool:
        """Whether nobody needs to read it."""
        return tree in self._trees or tree in self._similar

    def read(self, tree: bytes) -> frozenset[EntryBytes]:
        """The entries of a tree; CorruptRepository where it is missing or no tree."""
        known = self._trees.get(tree)
        if known is not None:
            return known
        if tree in self._similar:
            return self._make(tree)
        return self.keep(tree, read_entries(self._objects, tree))

    def _make(self, tree: bytes) -> frozenset[EntryBytes]:
        """The entries of a tree that is known by what it is like, which may be known so too."""
        steps, at = [], tree
        while at not in self._trees and (change := self._similar.get(at)):
            steps.append((at, change))
            at = change.like
        entries = set(self.read(at))
        for number, (name, change) in enumerate(reversed(steps)):
            entries.remove(change.gone)
            entries.add(change.come)
            if number % _KEPT_STEPS == 0:
                self.keep(name, entries)  # the next way along here ends here
        return self.keep(tree, entries)

    def folder_changes(self, before: bytes, after: bytes) -> FolderChanges:
        """How one tree differs from another; nothing is read where both are kept."""
        pair = before, after
        if (only := self._similar.get(after)) and only.like == before:
            return _only_changed(only.gone, only.come)
        if (only := self._similar.get(before)) and only.like == after:
            return _only_changed(only.come, only.gone)
        known = self._changes.get(pair)
        if known is None:
            if not self.knows(before) or not self.knows(after):
                return _folder_changes(read_differences(self._objects, before, after))
            one, two = self.read(before), self.read(after)
            known = FolderChanges(len(two) - len(one), folders(one - two), folders(two - one))
            self._take_room(2 + len(known.gone) + len(known.come))
            self._changes[pair] = known
        return known

    def keep(self, tree: bytes, found: Collection[EntryBytes]) -> frozenset[EntryBytes]:
        """Know a tree that somebody has read already."""
        entries = frozenset(found)
        self._take_room(1 + len(entries))
        self._trees[tree] = entries
        return entries

    def keep_similar(self, tree: bytes, change: OnlyChange) -> None:
        """As ``keep``, of a tree of which it is known what it is like."""
        self._take_room(2)
        self._similar[tree] = change

    def _take_room(self, size: int) -> None:
        """All is forgotten where there is no more."""
        if self._left < size:
            self._trees, self._similar, self._changes, self._left = {}, {}, {}, self._room
        self._left -= size


def read_entries(objects: ObjectReader, tree: bytes) -> list[EntryBytes]:
    """The entries of one tree by its 20 byte id; CorruptRepository where it is missing or no tree."""
    name = tree.hex().encode()
    return _checked(name, *_read(objects, name))


def read_differences(objects: ObjectReader, before: bytes, after: bytes) -> Differences:
    """Name, old and new entry of what differs between two trees (20 byte ids); CorruptRepository as above."""
    names = before.hex().encode(), after.hex().encode()
    (old_kind, old), (new_kind, new) = (_read(objects, name) for name in names)
    try:
        return list(differences(old, new))
    except ValueError:
        _checked(names[0], old_kind, old)  # says which of the two it is
        _checked(names[1], new_kind, new)
        raise


def _read(objects: ObjectReader, name: bytes) -> tuple[int, bytes]:
    try:
        return objects.get_raw(name)
    except KeyError as error:
        raise CorruptRepository(f"tree {name.decode()} is missing: run git fsck") from error


def read_many_entries(objects: Objects, trees: Iterable[bytes]) -> Iterator[list[EntryBytes]]:
    """The entries of each tree, in their order; one question to the storage."""
    names = [tree.hex().encode() for tree in trees]
    try:
        found = {name: (kind, raw) for name, kind, raw in objects.get_many_raw(names)}
        for name in names:
            yield _checked(name, *found[name])
    except KeyError as error:
        raise CorruptRepository(f"tree {error.args[0]!r} is missing: run git fsck") from error


def _checked(name: bytes, kind: int, raw: bytes) -> list[EntryBytes]:
    if kind != TREE:
        raise CorruptRepository(f"{name.decode()} is not a tree: run git fsck")
    try:
        return split_tree(raw)
    except ValueError as error:
        raise CorruptRepository(f"tree {name.decode()}: {error}: run git fsck") from error

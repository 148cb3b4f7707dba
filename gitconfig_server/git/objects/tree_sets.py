"""Trees as sets of entries, for checks and walks over many: only what differs between two is ever taken apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_bytes import TreeBytesEntry, differences, split_tree
from gitconfig_server.storage.objects import TREE, Objects

EntryBytes = bytes
"""``<mode in octal digits> <name>\\0<id in 20 bytes>``: its last 20 bytes are the id."""

Differences = list[tuple[bytes, TreeBytesEntry | None, TreeBytesEntry | None]]
"""Name, old and new entry of what differs between two trees, in any order."""

FOLDER_MODES = (b"40000 ", b"040000 ")
"""What the entries of folders begin with; old tools padded the mode with a zero."""


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
    return {entry.partition(b" ")[2][:-21]: entry[-20:] for entry in entries if names_folder(entry)}


class TreeCache:
    """Trees by their 20 byte ids, the last ones kept: a walk meets the same tree as new, as base and as new again."""

    def __init__(self, objects: ObjectReader, room: int = 400_000) -> None:
        self._objects = objects
        self._room = room
        self._left = room
        self._trees: dict[bytes, frozenset[EntryBytes]] = {}

    def read(self, tree: bytes) -> frozenset[EntryBytes]:
        """The entries of a tree; CorruptRepository where it is missing or no tree."""
        known = self._trees.get(tree)
        if known is not None:
            return known
        return self.keep(tree, read_entries(self._objects, tree))

    def differences(self, before: bytes, after: bytes) -> Differences:
        """As ``read_differences``; nothing is read where both trees are kept."""
        one, two = self._trees.get(before), self._trees.get(after)
        if one is None or two is None:
            return read_differences(self._objects, before, after)
        gone, come = ({entry[1]: entry for entry in map(parts, some)} for some in (one - two, two - one))
        return [(name, gone.get(name), come.get(name)) for name in gone.keys() | come.keys()]

    def keep(self, tree: bytes, found: Collection[EntryBytes]) -> frozenset[EntryBytes]:
        """Know a tree that somebody has read already."""
        entries = frozenset(found)
        if self._left < len(entries):
            self._trees, self._left = {}, self._room
        self._left -= len(entries) + 1
        self._trees[tree] = entries
        return entries


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

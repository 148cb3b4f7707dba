"""Reading and editing trees, touching only the folders on the path."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dulwich.objects import parse_tree

from gitconfig_server.errors import Conflict, CorruptRepository, FileNotFound
from gitconfig_server.git.objects import ObjectReader, make_object
from gitconfig_server.storage.base import BLOB, TREE, RawObject

FOLDER = 0o040000
FILE = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
SUBMODULE = 0o160000

EMPTY_TREE = hashlib.sha1(b"tree 0\0", usedforsecurity=False).hexdigest().encode()

_NOTHING: Mapping[bytes, TreeEntry] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree: Git's mode bits and an id."""

    mode: int
    id: bytes

    @property
    def is_folder(self) -> bool:
        """Whether the entry is a tree."""
        return self.mode == FOLDER

    @property
    def is_file(self) -> bool:
        """Whether the entry is a plain file; symbolic links and submodules are not."""
        return self.mode in (FILE, EXECUTABLE)


class TreeView:
    """The tree of one commit; each folder is read once."""

    def __init__(self, objects: ObjectReader, tree: bytes) -> None:
        self.objects = objects
        self.tree = tree
        self._folders: dict[bytes, Mapping[bytes, TreeEntry]] = {}

    def entries(self, folder: bytes) -> Mapping[bytes, TreeEntry]:
        """Name -> entry in Git's order; empty where there is no such folder. ``b""`` is the root."""
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self._load(folder)
        return known

    def entry(self, path: bytes) -> TreeEntry | None:
        """What stands at ``path``, None where nothing does."""
        folder, _, name = path.rpartition(b"/")
        return self.entries(folder).get(name)

    def read(self, blob: bytes) -> bytes:
        """The content of a blob; CorruptRepository where it is missing."""
        return _read(self.objects, blob, BLOB)

    def walk(self, folder: bytes = b"") -> Iterator[tuple[bytes, TreeEntry]]:
        """Every entry beneath ``folder`` that is not itself a folder, with its full path."""
        for name, entry in self.entries(folder).items():
            path = folder + b"/" + name if folder else name
            if entry.is_folder:
                yield from self.walk(path)
            else:
                yield path, entry

    def _load(self, folder: bytes) -> Mapping[bytes, TreeEntry]:
        if not folder:
            return read_tree(self.objects, self.tree)
        entry = self.entry(folder)
        return read_tree(self.objects, entry.id) if entry and entry.is_folder else _NOTHING


def read_tree(objects: ObjectReader, tree: bytes) -> Mapping[bytes, TreeEntry]:
    """The entries of one tree in Git's order; CorruptRepository where it is missing."""
    if tree == EMPTY_TREE:
        return _NOTHING
    raw = _read(objects, tree, TREE)
    return {name: TreeEntry(mode, sha) for name, mode, sha in parse_tree(raw, 20)}


def edit_tree(
    objects: ObjectReader, tree: bytes, changes: Mapping[bytes, TreeEntry | None]
) -> tuple[bytes, list[RawObject]]:
    """Apply ``changes`` (path -> entry, None to delete) to ``tree``.

    Answers the new root's id and the trees to store, children before parents. Folders that become empty vanish.
    Raises FileNotFound for a deletion of nothing, and Conflict where a file stands in the way of a folder or a
    folder in the way of a file.
    """
    made: list[RawObject] = []
    root = _edit(objects, tree, changes, b"", made)
    return root or _keep(b"", made), made


def changed_files(
    old: TreeView | None, new: TreeView, folder: bytes = b""
) -> Iterator[tuple[bytes, TreeEntry | None, TreeEntry | None]]:
    """Path, old and new entry of every file that differs between two trees; equal folders are not read."""
    before = old.entries(folder) if old else _NOTHING
    after = new.entries(folder)
    for name in sorted(before.keys() | after.keys()):
        one, two = before.get(name), after.get(name)
        if one == two:
            continue
        path = folder + b"/" + name if folder else name
        if (one and one.is_folder) or (two and two.is_folder):
            yield from changed_files(old, new, path)
        one_file, two_file = _file(one), _file(two)
        if one_file or two_file:
            yield path, one_file, two_file


def _file(entry: TreeEntry | None) -> TreeEntry | None:
    return entry if entry and not entry.is_folder else None


def _edit(
    objects: ObjectReader,
    tree: bytes | None,
    changes: Mapping[bytes, TreeEntry | None],
    folder: bytes,
    made: list[RawObject],
) -> bytes | None:
    entries = dict(read_tree(objects, tree)) if tree else {}
    below: dict[bytes, dict[bytes, TreeEntry | None]] = {}
    for path, entry in changes.items():
        name, slash, rest = path.partition(b"/")
        if slash:
            below.setdefault(name, {})[rest] = entry
        else:
            _put(entries, name, entry, folder)
    for name, inner in below.items():
        standing = entries.get(name)
        if standing and not standing.is_folder:
            raise Conflict(f"{_shown(folder, name)} is a file, so nothing can stand beneath it")
        child = _edit(objects, standing.id if standing else None, inner, folder + name + b"/", made)
        if child is None:
            entries.pop(name, None)
        else:
            entries[name] = TreeEntry(FOLDER, child)
    return _keep(_serialise(entries), made) if entries else None


def _put(entries: dict[bytes, TreeEntry], name: bytes, entry: TreeEntry | None, folder: bytes) -> None:
    standing = entries.get(name)
    if standing and standing.is_folder:
        raise Conflict(f"{_shown(folder, name)} is a folder: name a file beneath it")
    if entry is not None:
        entries[name] = entry
    elif standing:
        del entries[name]
    else:
        raise FileNotFound(_shown(folder, name), "this revision")


def _serialise(entries: Mapping[bytes, TreeEntry]) -> bytes:
    """A tree's bytes; Git sorts a folder as if its name ended in a slash."""
    order = sorted(entries.items(), key=lambda item: item[0] + b"/" if item[1].is_folder else item[0])
    return b"".join(b"%o %s\0%s" % (e.mode, name, bytes.fromhex(e.id.decode())) for name, e in order)


def _keep(raw: bytes, made: list[RawObject]) -> bytes:
    tree = make_object(TREE, raw)
    made.append(tree)
    return tree.id


def _read(objects: ObjectReader, name: bytes, expected: int) -> bytes:
    try:
        kind, raw = objects.get_raw(name)
    except KeyError as error:
        raise CorruptRepository(f"object {name.decode()} is missing: run git fsck") from error
    if kind != expected:
        raise CorruptRepository(f"object {name.decode()} is of type {kind}, not {expected}: run git fsck")
    return raw


def _shown(folder: bytes, name: bytes) -> str:
    return (folder + name).decode(errors="replace")

"""Reading and editing trees, touching only the folders on the path."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from math import inf

from msgspec import Struct

from gitconfig_server.errors import Conflict, CorruptRepository, FileNotFound
from gitconfig_server.git.objects.reader import ObjectReader, make_object
from gitconfig_server.git.objects.tree_bytes import (
    FEW,
    TreeBytesEntry,
    differences,
    entries_of,
    parse_tree,
    with_entries,
)
from gitconfig_server.storage.objects import BLOB, TREE, RawObject

_FOLDER = 0o040000
FILE = 0o100644
EXECUTABLE = 0o100755
_WRITABLE_BY_GROUP = 0o100664
SYMLINK = 0o120000
SUBMODULE = 0o160000

EMPTY_TREE = hashlib.sha1(b"tree 0\0", usedforsecurity=False).hexdigest().encode()


class TreeEntry(Struct, frozen=True):
    """One entry of a tree: Git's mode bits and an id."""

    mode: int
    id: bytes

    @property
    def is_folder(self) -> bool:
        """Whether the entry is a tree."""
        return self.mode == _FOLDER

    @property
    def is_file(self) -> bool:
        """Whether the entry is a plain file; symbolic links and submodules are not."""
        return self.mode in (FILE, EXECUTABLE, _WRITABLE_BY_GROUP)


ChangedFile = tuple[bytes, TreeEntry | None, TreeEntry | None]
"""Path, old and new entry."""

_FOUND, _PARSED, _LISTED = 250, 400, 300
"""Bytes that CPython takes for an answer that is kept, and for each entry of a folder that is parsed or listed."""


_KEPT_CHANGES = 1000
"""Changed files of which a view remembers that they are."""


class TreeView:
    """The tree of one commit; each folder is read once, but where that would take more than ``bound`` bytes of memory.

    A view with a bound may live long and be asked by strangers: it forgets all it has read when that becomes too much.
    """

    def __init__(self, objects: ObjectReader, tree: bytes, bound: float = inf) -> None:
        self.objects = objects
        self.tree = tree
        self._bound = bound
        self._held = 0
        self._compared: tuple[bytes, list[ChangedFile]] | None = None
        self._forget()

    def _forget(self) -> None:
        self._searched: dict[bytes, dict[bytes, TreeBytesEntry | None]] = {}
        self._raws: dict[bytes, bytes] = {}
        self._parsed: dict[bytes, Mapping[bytes, TreeBytesEntry]] = {}
        self._folders: dict[bytes, Mapping[bytes, TreeEntry]] = {}

    def entries(self, folder: bytes) -> Mapping[bytes, TreeEntry]:
        """Name -> entry in Git's order; empty where there is no such folder. ``b""`` is the root."""
        known = self._folders.get(folder)
        if known is None:
            known = {name: _entry(entry) for name, entry in self._parse(folder).items()}
            if self._has_room(_LISTED * len(known)):
                self._folders[folder] = known
        return known

    def entry(self, path: bytes) -> TreeEntry | None:
        """What stands at ``path``, None where nothing does."""
        folder, _, name = path.rpartition(b"/")
        parsed = self._parsed.get(folder)
        found = self._find(folder, name) if parsed is None else parsed.get(name)
        return _entry(found) if found else None

    def raw(self, folder: bytes) -> bytes:
        """A folder as Git stores it; no bytes where there is no such folder."""
        known = self._raws.get(folder)
        if known is None:
            known = self._load(folder)
            if self._has_room(_FOUND + len(folder) + len(known)):
                self._raws[folder] = known
        return known

    def has_folder(self, path: bytes) -> bool:
        """Whether there is a folder at ``path``."""
        entry = self.entry(path)
        return entry is not None and entry.is_folder

    def folders(self, folder: bytes) -> tuple[bytes, ...]:
        """The names of the folders in ``folder``, sorted."""
        return tuple(sorted(name for name, entry in self.entries(folder).items() if entry.is_folder))

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

    def changed_since(self, old: TreeView | None) -> Iterator[ChangedFile]:
        """As ``changed_files``; where it is little, it is found once, whoever asks after it."""
        before = old.tree if old else b""
        if self._compared and self._compared[0] == before:
            yield from self._compared[1]
            return
        kept: list[ChangedFile] = []
        for one in _changed(old, self, b"", old.raw(b"") if old else b"", self.raw(b"")):
            if len(kept) <= _KEPT_CHANGES:
                kept.append(one)
            yield one
        if len(kept) <= _KEPT_CHANGES and self._bound == inf:
            self._compared = before, kept

    def _find(self, folder: bytes, name: bytes) -> TreeBytesEntry | None:
        """An entry of a folder, which is parsed only when it has been searched several times."""
        searched = self._searched.get(folder, {})
        if name in searched:
            return searched[name]
        raw = self.raw(folder)
        if folder in self._parsed or (len(searched) >= FEW and _PARSED * raw.count(b"\0") < self._bound):
            return self._parse(folder).get(name)
        try:
            found = entries_of(raw, (name,)).get(name)
        except ValueError as error:
            raise self._malformed(folder) from error
        if len(searched) < FEW and self._has_room(_FOUND + len(folder) + len(name)):
            self._searched.setdefault(folder, {})[name] = found
        return found

    def _parse(self, folder: bytes) -> Mapping[bytes, TreeBytesEntry]:
        known = self._parsed.get(folder)
        if known is None:
            try:
                known = {entry[1]: entry for entry in parse_tree(self.raw(folder))}
            except ValueError as error:
                raise self._malformed(folder) from error
            if self._has_room(_PARSED * len(known)):
                self._parsed[folder] = known
        return known

    def _has_room(self, size: int) -> bool:
        """Whether so much more may be kept, all else being forgotten if need be; it is counted then."""
        if size > self._bound:
            return False
        if self._held + size > self._bound:
            self._held = 0
            self._forget()
        self._held += size
        return True

    def _malformed(self, folder: bytes) -> CorruptRepository:
        return CorruptRepository(f"folder {_shown(folder)!r} of {self.tree.decode()} is malformed")

    def _load(self, folder: bytes) -> bytes:
        if not folder:
            return _read_tree(self.objects, self.tree)
        return _content(self, self.entry(folder))


def edit_tree(
    objects: ObjectReader, tree: bytes, changes: Mapping[bytes, TreeEntry | None]
) -> tuple[bytes, list[RawObject]]:
    """Apply ``changes`` (path -> entry, None to delete) to ``tree``.

    Answers the new root's id and the trees to store, children before parents: those on the paths that differ from
    what stood there. Folders that become empty vanish.
    Raises FileNotFound for a deletion of nothing, and Conflict where a file stands in the way of a folder or a
    folder in the way of a file.
    """
    made: list[RawObject] = []
    root = _edit(objects, tree, changes, b"", made)
    return root or _keep(b"", made), made


def changed_files(old: TreeView | None, new: TreeView) -> Iterator[ChangedFile]:
    """Path, old and new entry of every file that differs between two trees; equal folders are not read."""
    return new.changed_since(old)


def _changed(
    old: TreeView | None, new: TreeView, folder: bytes, before: bytes, after: bytes
) -> Iterator[tuple[bytes, TreeEntry | None, TreeEntry | None]]:
    for name, was, now in differences(before, after):
        one, two = was and _entry(was), now and _entry(now)
        if one == two:
            continue
        path = folder + name
        if (one and one.is_folder) or (two and two.is_folder):
            yield from _changed(old, new, path + b"/", _content(old, one), _content(new, two))
        one_file, two_file = _file(one), _file(two)
        if one_file or two_file:
            yield path, one_file, two_file


def _content(view: TreeView | None, entry: TreeEntry | None) -> bytes:
    return _read_tree(view.objects, entry.id) if view and entry and entry.is_folder else b""


def _file(entry: TreeEntry | None) -> TreeEntry | None:
    return entry if entry and not entry.is_folder else None


def _edit(
    objects: ObjectReader,
    tree: bytes | None,
    changes: Mapping[bytes, TreeEntry | None],
    folder: bytes,
    made: list[RawObject],
) -> bytes | None:
    """The id of the changed folder, None where nothing is left in it."""
    before = _read_tree(objects, tree) if tree else b""
    here, below = _by_place(changes)
    standing = _standing(before, here.keys() | below.keys())
    wanted: dict[bytes, TreeEntry | None] = {}
    for name in here.keys() & below.keys():
        one = standing.get(name)
        if one and one.is_folder and _edit(objects, one.id, below[name], folder + name + b"/", made) is None:
            del standing[name], below[name]  # nothing is left in it: a file may take its place
    for name, entry in here.items():
        _check_fits(standing.get(name), entry, folder + name)
        wanted[name] = entry
    for name, inner in below.items():
        one = wanted.get(name, standing.get(name))
        if one and not one.is_folder:
            raise Conflict(f"{_shown(folder + name)} is a file, so nothing can stand beneath it")
        child = _edit(objects, one.id if one else None, inner, folder + name + b"/", made)
        wanted[name] = TreeEntry(_FOLDER, child) if child else None
    after = with_entries(before, {name: _raw(name, entry) if entry else None for name, entry in wanted.items()})
    if after and after == before:
        return tree
    return _keep(after, made) if after else None


def _by_place(
    changes: Mapping[bytes, TreeEntry | None],
) -> tuple[dict[bytes, TreeEntry | None], dict[bytes, dict[bytes, TreeEntry | None]]]:
    """What changes in a folder itself, and in the folders directly beneath it."""
    here: dict[bytes, TreeEntry | None] = {}
    below: dict[bytes, dict[bytes, TreeEntry | None]] = {}
    for path, entry in changes.items():
        name, slash, rest = path.partition(b"/")
        if slash:
            below.setdefault(name, {})[rest] = entry
        else:
            here[name] = entry
    return here, below


def _standing(raw: bytes, names: Collection[bytes]) -> dict[bytes, TreeEntry]:
    return {name: _entry(entry) for name, entry in entries_of(raw, names).items()}


def _entry(entry: TreeBytesEntry) -> TreeEntry:
    return TreeEntry(int(entry[0], 8), entry[2].hex().encode())


def _raw(name: bytes, entry: TreeEntry) -> TreeBytesEntry:
    return b"%o" % entry.mode, name, bytes.fromhex(entry.id.decode())


def _check_fits(standing: TreeEntry | None, entry: TreeEntry | None, path: bytes) -> None:
    if standing and standing.is_folder:
        raise Conflict(f"{_shown(path)} is a folder: name a file beneath it")
    if entry is None and standing is None:
        raise FileNotFound(_shown(path), "this revision")


def _keep(raw: bytes, made: list[RawObject]) -> bytes:
    tree = make_object(TREE, raw)
    made.append(tree)
    return tree.id


def _read_tree(objects: ObjectReader, tree: bytes) -> bytes:
    return b"" if tree == EMPTY_TREE else _read(objects, tree, TREE)


def _read(objects: ObjectReader, name: bytes, expected: int) -> bytes:
    try:
        kind, raw = objects.get_raw(name)
    except KeyError as error:
        raise CorruptRepository(f"object {name.decode()} is missing: run git fsck") from error
    if kind != expected:
        raise CorruptRepository(f"object {name.decode()} is of type {kind}, not {expected}: run git fsck")
    return raw


def _shown(path: bytes) -> str:
    return path.decode(errors="replace")

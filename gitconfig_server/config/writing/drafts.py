"""A tree being edited: what one change puts there, the next one sees."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gitconfig_server.config.names.file_names import check_path
from gitconfig_server.errors import Conflict, FileNotFound, InvalidName
from gitconfig_server.git.objects.path_names import MAX_DEPTH, check_component
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader, Overlay, make_blob
from gitconfig_server.git.objects.trees import FILE, TreeEntry, TreeView, edit_tree
from gitconfig_server.storage.objects import RawObject


class Draft:
    """The files of a tree, and what an edit has made of them so far. Nothing is stored; ``name`` is for messages."""

    def __init__(self, objects: ObjectReader, tree: bytes, name: str = "this revision") -> None:
        self._name = name
        self._made = ObjectMap(())
        self._stored = objects
        self._objects = Overlay(self._made, objects)
        self._base = self._tree = TreeView(self._objects, tree)
        self._blobs: dict[bytes, RawObject] = {}
        self._fresh: dict[bytes, TreeEntry | None] = {}
        self._changes: dict[bytes, TreeEntry | None] = {}

    @property
    def base(self) -> TreeView:
        """The tree as it was."""
        return self._base

    @property
    def tree(self) -> TreeView:
        """The tree as it has become."""
        fresh = _differing(self._tree, self._fresh)
        if fresh:
            tree, trees = edit_tree(self._objects, self._tree.tree, fresh)
            self._made.add(trees)
            self._tree = TreeView(self._objects, tree)
        self._fresh = {}
        return self._tree

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that differ from the base, sorted."""
        return tuple(sorted(path.decode(errors="replace") for path in _differing(self._base, self._changes)))

    def file(self, path: str) -> TreeEntry | None:
        """The plain file at ``path``, None where there is none; Conflict where a link or submodule stands there."""
        entry = self._entry(path.encode())
        if entry and not entry.is_folder and not entry.is_file:
            raise Conflict(f"{path} is a symbolic link or a submodule, which are not written through")
        return entry if entry and entry.is_file else None

    def read(self, path: str) -> bytes:
        """The content of the plain file at ``path``; FileNotFound where there is none."""
        entry = self.file(path)
        if entry is None:
            raise FileNotFound(path, self._name)
        return self._tree.read(entry.id)

    def put(self, path: str, content: bytes) -> None:
        """Let the file at ``path`` hold ``content``; it keeps its mode. Raises InvalidName for an unsound path."""
        standing = self.file(path)
        if standing is None:
            check_new_path(path)
        blob = make_blob(content)
        self._made.add([blob])
        self._blobs[blob.id] = blob
        self.place(path, TreeEntry(standing.mode if standing else FILE, blob.id))

    def place(self, path: str, entry: TreeEntry) -> None:
        """Let ``entry``, whose object is stored already, stand at ``path``."""
        self._fresh[path.encode()] = self._changes[path.encode()] = entry

    def delete(self, path: str) -> None:
        """Remove the plain file at ``path``; FileNotFound where there is none."""
        if self.file(path) is None:
            raise FileNotFound(path, self._name)
        self._fresh[path.encode()] = self._changes[path.encode()] = None

    def finish(self) -> tuple[bytes, list[RawObject]]:
        """The tree's id, and the objects that are new in it."""
        changes = _differing(self._base, self._changes)
        tree, trees = edit_tree(self._stored, self._base.tree, changes)
        wanted = {entry.id for entry in changes.values() if entry}
        return tree, [*(blob for blob in self._blobs.values() if blob.id in wanted), *trees]

    def _entry(self, path: bytes) -> TreeEntry | None:
        return self._fresh[path] if path in self._fresh else self._tree.entry(path)


def _differing(tree: TreeView, changes: Mapping[bytes, TreeEntry | None]) -> dict[bytes, TreeEntry | None]:
    return {path: entry for path, entry in changes.items() if entry != tree.entry(path)}


def check_new_path(path: str) -> None:
    """Raise InvalidName unless a file may be made at ``path``."""
    parts = check_path(path).encode().split(b"/")
    if len(parts) > MAX_DEPTH:
        raise InvalidName("path", path[:80], f"lies more than {MAX_DEPTH} folders deep")
    for part in parts:
        if fault := check_component(part):
            raise InvalidName("path", path[:80], f"{part.decode()!r} {fault}")


class NewTree(Struct, frozen=True):
    """A tree, the objects to store for it, and the files, sorted, in which it differs from where it came from."""

    tree: bytes
    objects: tuple[RawObject, ...] = ()
    paths: tuple[str, ...] = ()


def edited(objects: ObjectReader, tree: bytes, changes: Mapping[bytes, TreeEntry | None]) -> NewTree:
    """``tree`` with ``changes``, each of which must differ from what stands there. Raises Conflict."""
    new, trees = edit_tree(objects, tree, changes)
    return NewTree(new, tuple(trees), tuple(sorted(path.decode(errors="replace") for path in changes)))

"""Where new trees come to stand: each new commit's tree followed against those of its parents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from gitconfig_server.errors import CorruptRepository, InvalidContent
from gitconfig_server.git.graph import Planted
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.deadline import Deadline
from gitconfig_server.git.objects.path_names import MAX_DEPTH
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.tree_sets import EntryBytes, TreeCache, folders, names_folder, parts
from gitconfig_server.storage.objects import BLOB, TREE


class Placement:
    """Finds paths that are too deep, and what stored trees vouch for, at a cost that follows what differs.

    An entry that a parent has at the same path was sound when the parent came in and is not followed.
    """

    def __init__(
        self,
        reader: ObjectReader,
        new: Mapping[bytes, int],
        commits: dict[bytes, Planted],
        trees: TreeCache,
        deadline: Deadline,
    ) -> None:
        self._deadline = deadline
        self.vouched: dict[int, set[bytes]] = defaultdict(set)
        self._reader = reader
        self._new = new
        self._commits = commits
        self._trees = trees
        self._seen: set[tuple[bytes, int]] = set()
        self._vouching: set[bytes] = set()

    def follow(self) -> Iterator[tuple[bytes, InvalidContent]]:
        """Walk the trees of all new commits, parents first where the pack has them so; yields each fault."""
        for commit in reversed(self._commits.values()):
            self._deadline.check()
            trees = (tree for parent in commit.parents if (tree := self._tree_of(parent)))
            bases = tuple(dict.fromkeys(trees))  # thousands of parents often have the same few trees
            yield from self._follow(commit.tree, bases)

    def locate(self, name: bytes) -> tuple[str, str]:
        """A commit in hex and the path beneath it where the object stands; empty where no new tree leads to it."""
        seen = set[bytes]()
        for commit, planted in self._commits.items():
            if planted.tree == name:
                return commit.hex(), ""
            path = self._path_to(name, planted.tree, seen)
            if path is not None:
                return commit.hex(), path
        return "", ""

    def _follow(self, root: bytes, bases: tuple[bytes, ...]) -> Iterator[tuple[bytes, InvalidContent]]:
        stack = [(root, bases, 1)]
        while stack:
            name, beside, depth = stack.pop()
            if (name, depth) in self._seen or not self._is_tree(name):
                continue
            self._seen.add((name, depth))
            if depth > MAX_DEPTH:
                yield name, InvalidContent("", "path-depth", f"folders stand more than {MAX_DEPTH} deep")
                continue
            changes = [self._trees.folder_changes(base, name) for base in beside if self._is_tree(base)]
            below = changes[0].come if changes else folders(self._trees.read(name))
            for folder, at in below.items():
                if all(one.come.get(folder) == at for one in changes):
                    counterparts = [one.gone[folder] for one in changes if folder in one.gone]
                    stack.append((at, tuple(counterparts), depth + 1))

    def _is_tree(self, name: bytes) -> bool:
        return (name in self._new and self._trees.knows(name)) or self._read(name) is not None

    def _read(self, name: bytes) -> frozenset[EntryBytes] | None:
        try:
            tree = self._trees.read(name)
        except CorruptRepository:
            return None  # missing or no tree: told by whoever checks the names
        if name not in self._new and name not in self._vouching:
            self._vouching.add(name)
            for entry in tree:
                self.vouched[TREE if names_folder(entry) else BLOB].add(entry[-20:])
        return tree

    def _tree_of(self, commit: bytes) -> bytes | None:
        planted = self._commits.get(commit)
        if planted:
            return planted.tree
        try:
            return bytes.fromhex(tree_of(self._reader, commit.hex().encode()).decode())
        except CorruptRepository:
            return None

    def _path_to(self, name: bytes, root: bytes, seen: set[bytes]) -> str | None:
        """The path from ``root`` to the object through new trees, those not among ``seen``, which they then join."""
        stack = [(root, "")]
        while stack:
            at, path = stack.pop()
            if at in seen or at not in self._new:
                continue
            seen.add(at)
            for entry in self._read(at) or ():
                _, part, child = parts(entry)
                below = f"{path}/{part.decode(errors='replace')}".lstrip("/")
                if child == name:
                    return below
                if names_folder(entry):
                    stack.append((child, below))
        return None

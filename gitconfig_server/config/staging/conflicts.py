"""Naming what two sides disagree about: each with the commit that made it so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from gitconfig_server.errors import GitConfigError
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import Node, plain
from gitconfig_server.formats.merging.documents import PlacedClash
from gitconfig_server.formats.merging.units import Unit, Units, UnitValue
from gitconfig_server.git.graph import first_parents
from gitconfig_server.git.objects.commits import read_commit, tree_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.trees import TreeEntry, TreeView
from gitconfig_server.model.findings import ConflictNode, ConflictSide, FileConflict, NodeState

_MAX_STEPS = 200
"""How far back to look for the commit that changed something; beyond, the side's tip stands for it."""
_MAX_PARSED = 50
"""Versions of a file that are read to find who changed a key; beyond, who changed the file last stands for it."""


@dataclass(frozen=True, slots=True)
class SideOfMerge:
    """One side of a merge: how people know it, its commit, and the tree that it wants."""

    revision: str
    commit: bytes
    tree: bytes


class ConflictNaming:
    """Names conflicts between two sides that parted at ``since``."""

    def __init__(
        self, objects: ObjectReader, since: bytes | None, base: TreeView, sides: Sequence[SideOfMerge]
    ) -> None:
        self._objects = objects
        self._since = since
        self._base = base
        self._sides = sides
        self._views = [TreeView(objects, side.tree) for side in sides]

    def of_file(self, path: bytes) -> FileConflict:
        """A file as a whole."""
        one, two = (self._side(number, path, None, None) for number in range(2))
        return FileConflict(path.decode(errors="replace"), _blob(self._base, path), (one, two))

    def of_node(self, path: bytes, placed: PlacedClash) -> FileConflict:
        """A node of it."""
        clash = placed.clash
        base, *lines = placed.lines
        nodes = [_node(unit, line, clash.base) for unit, line in zip((clash.ours, clash.theirs), lines, strict=True)]
        one, two = (self._side(number, path, nodes[number], clash.key) for number in range(2))
        return FileConflict(
            path=path.decode(errors="replace"),
            base=_blob(self._base, path),
            sides=(one, two),
            key=clash.key,
            document=placed.document,
            reason=clash.why.value,
            node=_node(clash.base, base, None),
        )

    def _side(self, number: int, path: bytes, node: ConflictNode | None, key: str | None) -> ConflictSide:
        side = self._sides[number]
        commit = read_commit(self._objects, self._origin(side.commit, path, key))
        blob = _blob(self._views[number], path)
        name = commit.author.name
        return ConflictSide(
            revision=side.revision,
            commit=commit.id.decode(),
            author=name,
            subject=commit.subject,
            blob=blob,
            time=commit.author.when,
            node=node,
        )

    def _origin(self, tip: bytes, path: bytes, key: str | None) -> bytes:
        """The commit, on the way back from ``tip``, that last changed a file, or a key of it; else ``tip``."""
        last: bytes | None = None
        for left, (commit, after, before) in zip(range(_MAX_PARSED, -1, -1), self._versions(tip, path), strict=False):
            last = last or commit
            if key is None or not left or self._said(path, after, key) != self._said(path, before, key):
                return commit
        return last or tip

    def _versions(self, tip: bytes, path: bytes) -> Iterator[tuple[bytes, TreeEntry | None, TreeEntry | None]]:
        """The commits that changed a file, with what they made of it and what it was."""
        for commit, parent in pairwise(islice(first_parents(self._objects, tip), _MAX_STEPS)):
            if commit == self._since:
                return
            trees = (tree_of(self._objects, one) for one in (commit, parent))
            after, before = (TreeView(self._objects, tree).entry(path) for tree in trees)
            if after != before:
                yield commit, after, before

    def _said(self, path: bytes, entry: TreeEntry | None, key: str) -> list[UnitValue]:
        if entry is None or not entry.is_file:
            return []
        try:
            roots = read_trees(path.decode(), self._base.read(entry.id))
        except GitConfigError:
            return []
        return [unit.value for root in roots for unit in Units(root).spelled(key)]


def _node(unit: Unit | None, line: int, base: Unit | None) -> ConflictNode:
    if unit is None:
        return ConflictNode(NodeState.DELETED if base else NodeState.ABSENT)
    spelling = ".".join(key.text for key in unit.path)
    return ConflictNode(NodeState.SET, spelling, line, _shown([*unit.nodes.values()], unit))


def _shown(nodes: Sequence[Node], unit: Unit) -> object:
    """The value as JSON has it; of keys that spell out a list, all of them."""
    if len(nodes) == 1:
        return plain(nodes[0])
    return {name.text: plain(node) for name, node in unit.nodes.items()}


def _blob(tree: TreeView, path: bytes) -> str | None:
    entry = tree.entry(path)
    return entry.id.decode() if entry and not entry.is_folder else None

"""Naming what two sides disagree about: each with the commit that made it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice, pairwise

from msgspec import Struct

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

_NOT_SAVED = "not saved yet"

_MAX_STEPS = 200
"""How far back to look for the commit that changed something; beyond, the side's tip stands for it."""
_MAX_VERSIONS = 50
"""Versions of a file that are read to find who changed its keys; beyond, who changed the file last stands for it."""
_MAX_BYTES = 4 << 20
"""What of them is parsed, once the newest two are: a large file is not parsed for each commit that touched it."""


class SideOfMerge(Struct, frozen=True):
    """One side of a merge: how people know it, its commit, and the tree that it wants.

    ``author``: of what is in no commit yet; ``commit`` is then the one that it was made upon.
    """

    revision: str
    commit: bytes
    tree: bytes
    author: str = ""


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
        one, two = (
            self._side(number, path, self._changer(side.commit, path)) for number, side in enumerate(self._sides)
        )
        return FileConflict(path.decode(errors="replace"), _blob(self._base, path), (one, two))

    def of_nodes(self, path: bytes, found: Sequence[PlacedClash]) -> Iterator[FileConflict]:
        """Nodes of it, in their order; however many they are, the versions of the file are parsed once."""
        keys = {placed.clash.key for placed in found}
        changers = [self._changers(side.commit, path, keys) for side in self._sides]
        for placed in found:
            yield self._of_node(path, placed, [known[placed.clash.key] for known in changers])

    def _of_node(self, path: bytes, placed: PlacedClash, changers: Sequence[bytes]) -> FileConflict:
        clash = placed.clash
        base, *lines = placed.lines
        nodes = [_node(unit, line, clash.base) for unit, line in zip((clash.ours, clash.theirs), lines, strict=True)]
        one, two = (self._side(number, path, changers[number], nodes[number]) for number in range(2))
        return FileConflict(
            path=path.decode(errors="replace"),
            base=_blob(self._base, path),
            sides=(one, two),
            key=clash.key,
            document=placed.document,
            reason=clash.why.value,
            node=_node(clash.base, base, None),
        )

    def _side(self, number: int, path: bytes, changer: bytes, node: ConflictNode | None = None) -> ConflictSide:
        commit, side = read_commit(self._objects, changer), self._sides[number]
        return ConflictSide(
            revision=side.revision,
            commit=commit.id.decode(),
            author=side.author or commit.author.name,
            subject=_NOT_SAVED if side.author else commit.subject,
            blob=_blob(self._views[number], path),
            time=None if side.author else commit.author.when,
            node=node,
        )

    def _changer(self, tip: bytes, path: bytes) -> bytes:
        """The commit, on the way back from ``tip``, that last changed a file; else ``tip``."""
        return next((commit for commit, _after, _before in self._versions(tip, path)), tip)

    def _changers(self, tip: bytes, path: bytes, keys: Set[str]) -> dict[str, bytes]:
        """Of each key the commit, on the way back from ``tip``, that last changed it; else the file's last change."""
        found: dict[str, bytes] = {}
        newer: list[Units] | None = None
        last: bytes | None = None
        parsed = 0
        for commit, after, before in islice(self._versions(tip, path), _MAX_VERSIONS):
            last = last or commit
            # what the file was before one commit is what the next one on the way made of it
            newer = self._units(path, after) if newer is None else newer
            older = self._units(path, before)
            missing = keys - found.keys()
            found |= {key: commit for key in missing if _said(newer, key) != _said(older, key)}
            newer = older
            parsed += len(self._base.read(before.id)) if before and before.is_file else 0
            if len(found) == len(keys) or parsed > _MAX_BYTES:
                break
        return {key: found.get(key, last or tip) for key in keys}

    def _versions(self, tip: bytes, path: bytes) -> Iterator[tuple[bytes, TreeEntry | None, TreeEntry | None]]:
        """The commits that changed a file, with what they made of it and what it was."""
        for commit, parent in pairwise(islice(first_parents(self._objects, tip), _MAX_STEPS)):
            if commit == self._since:
                return
            trees = (tree_of(self._objects, one) for one in (commit, parent))
            after, before = (TreeView(self._objects, tree).entry(path) for tree in trees)
            if after != before:
                yield commit, after, before

    def _units(self, path: bytes, entry: TreeEntry | None) -> list[Units]:
        if entry is None or not entry.is_file:
            return []
        try:
            return [Units(root) for root in read_trees(path.decode(), self._base.read(entry.id))]
        except GitConfigError:
            return []


def _said(documents: Iterable[Units], key: str) -> list[UnitValue]:
    return [unit.value for units in documents for unit in units.spelled(key)]


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

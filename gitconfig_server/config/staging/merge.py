"""Merging what one side has done since a commit onto another, by key, and naming what does not go together."""

from __future__ import annotations

from collections.abc import Iterator

from gitconfig_server.config.staging.conflicts import ConflictNaming, SideOfMerge
from gitconfig_server.config.staging.list_rules import list_rule
from gitconfig_server.config.staging.settling import Settling
from gitconfig_server.config.writing.drafts import NewTree, edited
from gitconfig_server.errors import TooLarge
from gitconfig_server.formats.merging.documents import TextMerge
from gitconfig_server.formats.merging.texts import merge_texts
from gitconfig_server.git.combining import UNKNOWN, PathChange, combine
from gitconfig_server.git.merge import Ancestor
from gitconfig_server.git.objects.reader import ObjectMap, ObjectReader, Overlay
from gitconfig_server.git.objects.trees import EMPTY_TREE, TreeView
from gitconfig_server.model.findings import FileConflict, Keep
from gitconfig_server.model.writes import NO_OPTIONS

_MAX_CONFLICTS = 100
"""How many are named."""


class Merged(NewTree, frozen=True):
    """It came from ours; where there are ``conflicts``, it is ours. ``settled``: conflicts that the caller decided."""

    conflicts: tuple[FileConflict, ...] = ()
    settled: tuple[FileConflict, ...] = ()


def merge_plainly(path: bytes, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """A ``MergeContent`` that decides nothing and knows no schemas."""
    try:
        return merge_texts(path.decode(errors="replace"), base, ours, theirs).content
    except TooLarge:
        return None


class Merge:
    """What differs between ``ancestor`` and ``theirs``, to be put onto ``ours``.

    Without an ancestor the two have nothing in common: every file that differs is a conflict. ``since``: the commit
    where to stop looking for who changed something.
    """

    def __init__(
        self,
        objects: ObjectReader,
        ancestor: Ancestor | None,
        ours: SideOfMerge,
        theirs: SideOfMerge,
        since: bytes | None,
    ) -> None:
        self._objects = objects
        self._ancestor = ancestor or Ancestor(TreeView(objects, EMPTY_TREE))
        self._is_related = ancestor is not None
        self._mine, self._new = TreeView(objects, ours.tree), TreeView(objects, theirs.tree)
        self._naming = ConflictNaming(objects, since, self._ancestor.view, (ours, theirs))

    @property
    def grown_from(self) -> TreeView:
        """What both sides grew from."""
        return self._ancestor.view

    def changes(self) -> Iterator[PathChange]:
        """All that they have changed, and we have not in the same way."""
        for path, before, after in self._ancestor.changes(self._new):
            if self._mine.entry(path) != after:
                yield path, before if self._is_related else UNKNOWN, after

    def merged(self, settling: Settling | None = None) -> Merged:
        """Put their changes onto ours; ``settling`` decides where they conflict."""
        said = settling or Settling(NO_OPTIONS, Keep.LABEL)
        contents = _Contents(self._mine, said)
        found = combine(self._ancestor.view, self._mine, self.changes(), self._new, contents, contents.decide)
        said.check()
        if found.conflicts:
            return Merged(self._mine.tree, conflicts=tuple(self._named(found.conflicts, contents)))
        made = Overlay(ObjectMap(found.blobs), self._objects)
        new = edited(made, self._mine.tree, found.changes)
        settled = (*map(self._naming.of_file, found.settled), *self._settled(contents))
        return Merged(new.tree, (*found.blobs, *new.objects), new.paths, settled=settled)

    def _named(self, conflicts: list[bytes], contents: _Contents) -> Iterator[FileConflict]:
        left = _MAX_CONFLICTS
        for path in conflicts:
            clashes = contents.merges[path].clashes if path in contents.merges else []
            yield from self._naming.of_nodes(path, clashes[:left])
            if not clashes and left:
                yield self._naming.of_file(path)
            left -= min(left, len(clashes) or 1)

    def _settled(self, contents: _Contents) -> Iterator[FileConflict]:
        for path, merge in contents.merges.items():
            yield from self._naming.of_nodes(path, [placed for placed, _ in merge.settled[:_MAX_CONFLICTS]])


class _Contents:
    """A ``MergeContent``, with its ``DecideFile``, that keeps what it found."""

    def __init__(self, mine: TreeView, said: Settling) -> None:
        self.merges: dict[bytes, TextMerge] = {}
        self._mine = mine
        self._said = said

    def __call__(self, path: bytes, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
        name = path.decode(errors="replace")
        try:
            merge = merge_texts(
                name,
                base,
                ours,
                theirs,
                rule=list_rule(self._mine, name),
                decide=lambda document, clash: self._said.of_node(name, document, clash),
            )
        except TooLarge:
            return None
        self.merges[path] = merge
        return merge.content

    def decide(self, path: bytes) -> bool | None:
        """Of a file whose nodes conflict they alone are decided: either file would lose what the other changed."""
        found = self.merges.get(path)
        return None if found and found.clashes else self._said.of_path(path)

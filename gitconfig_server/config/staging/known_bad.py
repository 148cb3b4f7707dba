"""Values that were undone on a label: known to be bad, as its last restores and reverts tell; stored nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from gitconfig_server.errors import GitConfigError, KnownBad
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.merging.units import Units, Value
from gitconfig_server.git.graph import first_parents
from gitconfig_server.git.objects.commits import read_commit, read_trailers, tree_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.trees import TreeView, changed_files

RESTORES, REVERTS = "Restores", "Reverts"
"""The trailers that name the commit something was taken from, and the commit that was undone."""
INCLUDED = "Includes-Known-Bad"
"""The trailer of a commit that sets such values again, on purpose: they are known to be bad no longer."""

_MAX_UNDONE = 100
"""Restores and reverts that are looked at."""
_MAX_COMMITS = 1000
MAX_FILES = 200

Setting = tuple[bytes, str, Value]
"""Path, key and value."""


@dataclass(frozen=True, slots=True)
class Undone:
    """A value that a commit of the label took away."""

    path: str
    key: str
    commit: str


def refuse_known_bad(objects: ObjectReader, head: bytes, old: TreeView, new: TreeView) -> None:
    """Raise KnownBad where a tree sets again what was undone on the label at ``head``, whose tree is ``old``."""
    found = _find_known_bad(objects, head, old, new)
    if found:
        first = found[0]
        place = f"{first.path}#{first.key}"
        raise KnownBad(place, first.commit, tuple(f"{one.path}#{one.key}" for one in found))


def _find_known_bad(objects: ObjectReader, head: bytes, old: TreeView, new: TreeView) -> list[Undone]:
    """What a tree sets again that was undone."""
    offered = _settings(old, new, None)
    if not offered:
        return []
    paths = {path for path, _, _ in offered}
    bad: dict[Setting, bytes] = {}
    cleared: set[Setting] = set()
    undone = 0
    for commit, parent in pairwise(islice(first_parents(objects, head), _MAX_COMMITS)):
        trailers = read_trailers(read_commit(objects, commit).message)
        if not trailers.keys() & {RESTORES, REVERTS, INCLUDED}:
            continue
        before, after = (TreeView(objects, tree_of(objects, one)) for one in (parent, commit))
        if INCLUDED in trailers:
            cleared |= _settings(before, after, paths)
            continue
        for setting in _settings(after, before, paths) - cleared:
            bad.setdefault(setting, commit)
        undone += 1
        if undone == _MAX_UNDONE:
            break
    again = sorted(offered & bad.keys(), key=lambda one: one[:2])
    return [Undone(path.decode(errors="replace"), key, bad[path, key, value].decode()) for path, key, value in again]


def _settings(old: TreeView, new: TreeView, among: Collection[bytes] | None) -> set[Setting]:
    """What the files of ``new`` say that those of ``old`` do not."""
    changed = (one for one in changed_files(old, new) if among is None or one[0] in among)
    found: set[Setting] = set()
    for path, before, after in islice(changed, MAX_FILES):
        if after is not None and after.is_file:
            was = set(_said(path, old.read(before.id))) if before is not None and before.is_file else set()
            found |= {(path, *one) for one in _said(path, new.read(after.id)) if one not in was}
    return found


def _said(path: bytes, content: bytes) -> Iterator[tuple[str, Value]]:
    try:
        roots = read_trees(path.decode(errors="replace"), content)
    except GitConfigError:
        return
    for root in roots:
        for unit in Units(root).by_path.values():
            yield unit.key, unit.value

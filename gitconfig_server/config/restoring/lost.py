"""What a restore takes away that came later than what it brings back."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice, pairwise

from gitconfig_server.config.summaries import summarise
from gitconfig_server.errors import GitConfigError
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.merging.units import Units, UnitValue
from gitconfig_server.git.graph import first_parents
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.trees import TreeEntry, TreeView
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.history import CommitSummary

_MAX_LOST = 20
"""Commits that are named."""
_MAX_STEPS = 1000


def find_lost(
    git: GitRepository, head: bytes, then: bytes, paths: Collection[str], keys: Collection[str]
) -> tuple[CommitSummary, ...]:
    """The commits since ``then`` whose changes of ``paths``, or of ``keys`` in them, are undone; the newest first.

    None where ``then`` is not of the label's own history: nothing came later.
    """
    found: list[bytes] = []
    for commit, parent in pairwise(islice(first_parents(git.objects, head), _MAX_STEPS)):
        if commit == then:
            return tuple(summarise(git, one) for one in found[:_MAX_LOST])
        after, before = (TreeView(git.objects, tree_of(git.objects, one)) for one in (commit, parent))
        if any(_differ(before, after, path, keys) for path in paths):
            found.append(commit)
        if parent == then:
            return tuple(summarise(git, one) for one in found[:_MAX_LOST])
    return ()


def _differ(before: TreeView, after: TreeView, path: str, keys: Collection[str]) -> bool:
    name = path.encode(errors="surrogateescape")
    one, two = before.entry(name), after.entry(name)
    if one == two:
        return False
    return not keys or _said(before, path, one, keys) != _said(after, path, two, keys)


def _said(tree: TreeView, path: str, entry: TreeEntry | None, keys: Collection[str]) -> list[tuple[str, UnitValue]]:
    try:
        roots = read_trees(path, tree.read(entry.id)) if entry and entry.is_file else []
    except GitConfigError:
        return []
    units = (unit for root in roots for unit in Units(root).by_path.values())
    return [(one.key, one.value) for one in units if any(_is_at(one.key, key) for key in keys)]


def _is_at(key: str, wanted: str) -> bool:
    return key == wanted or key.startswith((f"{wanted}.", f"{wanted}["))

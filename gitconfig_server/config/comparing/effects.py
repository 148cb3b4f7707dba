"""Whom a change concerns: the environments that differ between two trees, and what differs for their readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitconfig_server.config.checking.environments import Profiles, known_environments, sources_of
from gitconfig_server.config.comparing.differences import effective_changes
from gitconfig_server.config.resolution.resolve import ReadDocuments, ResolveOptions
from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.tree_dependencies import KeptDifferences, TracedTree
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.environments import PropertySource
from gitconfig_server.model.findings import Affected
from gitconfig_server.model.history import KeyChange

_MAX_AFFECTED = 200
"""Environments that are named."""
_MAX_KEYS = 50
"""Keys that are named of one."""
_MAX_EXAMINED = 20_000
"""Environments that are looked at."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Compares trees as readers see them."""

    options: ResolveOptions
    read: ReadDocuments

    def affected(self, old: TreeView, new: TreeView, most: int = _MAX_AFFECTED) -> tuple[Affected, ...]:
        """The environments in which some value differs, at most so many; sorted by application."""
        found: list[Affected] = []
        for application, profiles, changes in self._changes(old, new):
            keys = tuple(change.key for change in changes[:_MAX_KEYS])
            found.append(Affected(application, ",".join(profiles), keys, len(changes)))
            if len(found) == most:
                break
        return tuple(found)

    def changes(self, old: TreeView, new: TreeView) -> tuple[KeyChange, ...]:
        """What differs in any environment, sorted by application."""
        found = (changes for _, (_, _, changes) in zip(range(_MAX_AFFECTED), self._changes(old, new), strict=False))
        return tuple(change for changes in found for change in changes)

    def _changes(self, old: TreeView, new: TreeView) -> Iterator[tuple[str, Profiles, tuple[KeyChange, ...]]]:
        differences = KeptDifferences(new.objects)
        for application, profiles in self._environments(old, new):
            traced = TracedTree(old)
            before = sources_of(traced, application, profiles, self.options, self.read)
            if differences.spare(traced.asked, old.tree, new.tree):
                continue
            after = sources_of(new, application, profiles, self.options, self.read)
            if changes := _compared(application, profiles, before, after):
                yield application, profiles, changes

    def _environments(self, old: TreeView, new: TreeView) -> Iterator[tuple[str, Profiles]]:
        known: dict[str, dict[Profiles, None]] = {}
        for tree in (new, old):
            try:
                for application, combinations in known_environments(tree, self.options).items():
                    known.setdefault(application, {}).update(dict.fromkeys(combinations))
            except InvalidContent:  # of a broken manifest: a finding of its own
                continue
        pairs = ((name, profiles) for name in sorted(known) for profiles in known[name])
        yield from (pair for _, pair in zip(range(_MAX_EXAMINED), pairs, strict=False))


def _compared(
    application: str, profiles: Profiles, old: Sequence[PropertySource], new: Sequence[PropertySource]
) -> tuple[KeyChange, ...]:
    return effective_changes(application, ",".join(profiles), old, new)

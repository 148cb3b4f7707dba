"""Whom a change concerns: the environments that differ between two trees, and what differs for their readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gitconfig_server.config.checking.environments import Profiles, known_environments, sources_of
from gitconfig_server.config.comparing.differences import effective_changes
from gitconfig_server.config.names.file_names import APPLICATION, DEFAULT_PROFILE
from gitconfig_server.config.resolution.resolve import ReadDocuments, ResolveOptions
from gitconfig_server.config.sources.finding import sources_at
from gitconfig_server.config.sources.listing import list_sources
from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.tree_dependencies import KeptDifferences, TracedTree
from gitconfig_server.git.objects.trees import TreeView, changed_files
from gitconfig_server.model.environments import PropertySource
from gitconfig_server.model.findings import Affected, Concerned
from gitconfig_server.model.history import KeyChange
from gitconfig_server.model.reads import SourceFile

_MAX_AFFECTED = 200
"""Environments that are named."""
_MAX_KEYS = 50
"""Keys that are named of one."""
_MAX_EXAMINED = 20_000
"""Environments that are looked at."""

_GLANCED = 25
"""Environments that a glance looks at: each takes up to half a millisecond, and every push waits for it."""
_GLANCED_FILES = 100
"""Files that a glance is aware of, beside as many that have changed."""

_Environment = tuple[str, Profiles]


@dataclass(frozen=True, slots=True)
class Effects:
    """Compares trees as readers see them."""

    options: ResolveOptions
    read: ReadDocuments

    def affected(self, old: TreeView, new: TreeView, most: int = _MAX_AFFECTED) -> tuple[Affected, ...]:
        """The environments in which some value differs, at most so many; sorted by application."""
        return tuple(islice(self._affected(old, new, self._environments(old, new)), most))

    def glance(self, old: TreeView, new: TreeView) -> Concerned:
        """As ``affected``, at a cost that does not grow with the repository: the first to be looked at are those who
        read a changed file by its name."""
        paths = [path for path, _, _ in islice(changed_files(old, new), _GLANCED_FILES + 1)]
        sides = [(tree, self._some_sources(tree, paths)) for tree in (new, old)]
        named = {(one.application, one.profile) for _, (changed, _) in sides for one in changed}
        found = self._known((tree, [*changed, *listed]) for tree, (changed, listed) in sides)
        known = sorted(found, key=lambda one: not _reads_any(named, *one))
        affected = sorted(self._affected(old, new, known[:_GLANCED]), key=lambda one: (one.application, one.profile))
        few = all(len(listed) <= _GLANCED_FILES for _, (_, listed) in sides) and len(paths) <= _GLANCED_FILES
        return Concerned(tuple(affected), everywhere=few and len(known) <= _GLANCED)

    def changes(self, old: TreeView, new: TreeView) -> tuple[KeyChange, ...]:
        """What differs in any environment, sorted by application."""
        found = islice(self._changes(old, new, self._environments(old, new)), _MAX_AFFECTED)
        return tuple(change for _, changes in found for change in changes)

    def _affected(self, old: TreeView, new: TreeView, among: Iterable[_Environment]) -> Iterator[Affected]:
        for (application, profiles), changes in self._changes(old, new, among):
            keys = tuple(change.key for change in changes[:_MAX_KEYS])
            yield Affected(application, ",".join(profiles), keys, len(changes))

    def _changes(
        self, old: TreeView, new: TreeView, among: Iterable[_Environment]
    ) -> Iterator[tuple[_Environment, tuple[KeyChange, ...]]]:
        differences = KeptDifferences(new.objects)
        for application, profiles in among:
            traced = TracedTree(old)
            before = sources_of(traced, application, profiles, self.options, self.read)
            if differences.spare(traced.asked, old.tree, new.tree):
                continue
            after = sources_of(new, application, profiles, self.options, self.read)
            if changes := _compared(application, profiles, before, after):
                yield (application, profiles), changes

    def _environments(self, old: TreeView, new: TreeView) -> Iterable[_Environment]:
        return islice(self._known((tree, None) for tree in (new, old)), _MAX_EXAMINED)

    def _known(self, sides: Iterable[tuple[TreeView, Sequence[SourceFile] | None]]) -> Iterator[_Environment]:
        """The environments of each tree, as far as these files tell (None: all), sorted by application."""
        known: dict[str, dict[Profiles, None]] = {}
        for tree, files in sides:
            try:
                for application, combinations in known_environments(tree, self.options, files).items():
                    known.setdefault(application, {}).update(dict.fromkeys(combinations))
            except InvalidContent:  # of a broken manifest: a finding of its own
                continue
        yield from ((name, profiles) for name in sorted(known) for profiles in known[name])

    def _some_sources(
        self, tree: TreeView, paths: Sequence[bytes]
    ) -> tuple[Sequence[SourceFile], Sequence[SourceFile]]:
        """Those at the paths, and those met first in the tree; none where its manifest is broken."""
        try:
            return sources_at(tree, paths, self.options), list_sources(tree, self.options, most=_GLANCED_FILES + 1)
        except InvalidContent:
            return (), ()


def _reads_any(files: set[tuple[str, str]], application: str, profiles: Profiles) -> bool:
    """Whether one of the files, each an application and a profile, is this environment's by name."""
    return any(
        (one, profile) in files for one in (application, APPLICATION) for profile in (DEFAULT_PROFILE, *profiles)
    )


def _compared(
    application: str, profiles: Profiles, old: Sequence[PropertySource], new: Sequence[PropertySource]
) -> tuple[KeyChange, ...]:
    return effective_changes(application, ",".join(profiles), old, new)

"""Whom a change concerns: the environments that differ between two trees, and what differs for their readers."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice

from msgspec import Struct, field

from gitconfig_server.config.checking.environments import Profiles, known_environments, sources_of
from gitconfig_server.config.comparing.differences import effective_changes, effective_keys
from gitconfig_server.config.comparing.known_readers import KnownReaders
from gitconfig_server.config.names.manifest import MANIFEST
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.sources.finding import sources_at
from gitconfig_server.config.sources.listing import list_sources
from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.tree_dependencies import KeptDifferences, TracedTree
from gitconfig_server.git.objects.trees import TreeView, changed_files
from gitconfig_server.lru import Recent
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

_GLANCE_SECONDS = 1.0
"""How long a glance may take: who pushes waits for it, though what was pushed is in force already."""
_GLANCED = 25
"""Applications that a glance looks at in any case."""
_GLANCED_FILES = 1000
"""Changed files of which a glance looks first at those who read them by their names."""

_KEPT_LISTINGS = 2
"""Trees whose environments are remembered: what a push leads from and to."""

_MAX_LISTED = 20_000
"""Files of a tree that a glance lists, at a sixtieth of a millisecond each."""

_Environment = tuple[str, Profiles]
_Known = Mapping[str, Collection[Profiles]]


class _Listing(Struct, frozen=True):
    """The environments of a tree, by application; not all of them where it holds too many files."""

    environments: _Known
    is_whole: bool


class Effects(Struct, frozen=True, eq=False):
    """Compares trees as readers see them."""

    options: ResolveOptions
    read: ReadDocuments
    seconds: float = _GLANCE_SECONDS
    clock: Callable[[], float] = time.monotonic
    readers: KnownReaders = field(default_factory=KnownReaders)
    listings: Recent[bytes, _Listing] = field(default_factory=lambda: Recent(_KEPT_LISTINGS))

    def affected(self, old: TreeView, new: TreeView, most: int = _MAX_AFFECTED) -> tuple[Affected, ...]:
        """The environments in which some value differs, at most so many; sorted by application."""
        found = self._affected(old, new, self._environments(old, new), KeptDifferences(new.objects))
        return tuple(islice(found, most))

    def glance(self, old: TreeView, new: TreeView) -> Concerned:
        """As ``affected``, as far as there is time. Who reads a changed file by its name is looked at first.

        Who asked the same of the old tree before, and gets the same answers of the new one, is not looked at again.
        """
        end = self.clock() + self.seconds
        spared = self.readers.find_spared(new.objects, old.tree, new.tree)
        paths = [path for path, _, _ in islice(changed_files(old, new), _GLANCED_FILES)]
        listings = [self._listed(old), self._listed(old, new)]
        is_whole = all(one.is_whole for one in listings)
        more = () if is_whole else [self._known_at(tree, paths) for tree in (new, old)]
        known = self._joined([*(one.environments for one in listings), *more])
        waiting = {name: found for name, found in known.items() if not set(found) <= set(spared.get(name, ()))}
        found: list[Affected] = []
        differences = KeptDifferences(new.objects)
        named = _names_in(paths)
        for number, name in enumerate(sorted(waiting, key=lambda one: one.rpartition("/")[2] not in named)):
            if number >= _GLANCED and self.clock() > end:
                return Concerned(_sorted(found), everywhere=False)
            asked, profiles = TracedTree(old), tuple(waiting[name])
            found += self._affected(asked, new, ((name, one) for one in profiles), differences)
            self.readers.keep(old.tree, name, profiles, asked.asked)
        return Concerned(_sorted(found), everywhere=is_whole)

    def changes(self, old: TreeView, new: TreeView) -> tuple[KeyChange, ...]:
        """What differs in any environment, sorted by application."""
        differences = KeptDifferences(new.objects)
        differing = self._differing(old, new, self._environments(old, new), differences)
        found = (effective_changes(name, ",".join(profiles), *sides) for (name, profiles), *sides in differing)
        return tuple(change for changes in islice(filter(None, found), _MAX_AFFECTED) for change in changes)

    def _affected(
        self, old: TreeView, new: TreeView, among: Iterable[_Environment], differences: KeptDifferences
    ) -> Iterator[Affected]:
        for (application, profiles), before, after in self._differing(old, new, among, differences):
            if keys := effective_keys(before, after):
                yield Affected(application, ",".join(profiles), keys[:_MAX_KEYS], len(keys))

    def _differing(
        self, old: TreeView, new: TreeView, among: Iterable[_Environment], differences: KeptDifferences
    ) -> Iterator[tuple[_Environment, Sequence[PropertySource], Sequence[PropertySource]]]:
        """The environments that may differ, with the sources of both sides."""
        for application, profiles in among:
            traced = TracedTree(old)
            before = sources_of(traced, application, profiles, self.options, self.read)
            if differences.spare(traced.asked, old.tree, new.tree):
                continue
            after = sources_of(new, application, profiles, self.options, self.read)
            yield (application, profiles), before, after

    def _environments(self, old: TreeView, new: TreeView) -> Iterable[_Environment]:
        known = self._joined([self._known(tree) for tree in (new, old)])
        return islice(((name, profiles) for name in sorted(known) for profiles in known[name]), _MAX_EXAMINED)

    def _joined(self, found: Iterable[_Known]) -> _Known:
        both: dict[str, dict[Profiles, None]] = {}
        for known in found:
            for application, combinations in known.items():
                both.setdefault(application, {}).update(dict.fromkeys(combinations))
        return both

    def _known(self, tree: TreeView, among: Iterable[SourceFile] | None = None) -> _Known:
        """The environments of a tree; none where its manifest is broken, which is a finding of its own."""
        try:
            return known_environments(tree, self.options, among)
        except InvalidContent:
            return {}

    def _known_at(self, tree: TreeView, paths: Sequence[bytes]) -> _Known:
        """As far as these files tell."""
        try:
            return self._known(tree, sources_at(tree, paths, self.options))
        except InvalidContent:
            return {}

    def _listed(self, tree: TreeView, then: TreeView | None = None) -> _Listing:
        """The environments of a tree, or of the one that came ``then``; the last ones are remembered."""
        asked = then or tree
        known = self.listings.get(asked.tree)
        if known is None and then and _has_same_files(tree, then):
            known = self._listed(tree)
        if known is None:
            try:
                listed = list_sources(asked, self.options, most=_MAX_LISTED + 1)
            except InvalidContent:
                listed = ()
            known = _Listing(self._known(asked, listed), len(listed) <= _MAX_LISTED)
        self.listings.put(asked.tree, known, 1)
        return known


def _names_in(paths: Iterable[bytes]) -> set[str]:
    """Every name, without the folders of a nested one, under which an application can read one of these files."""
    found: set[str] = set()
    for path in paths:
        *folders, name = path.decode(errors="replace").split("/")
        parts = name.rpartition(".")[0].split("-")
        found.update(folders, accumulate(parts, "{}-{}".format))
    return found


def _has_same_files(old: TreeView, new: TreeView) -> bool:
    """Whether none came or went, nor changed what says which files are sources: the manifest, the root of XML."""
    return all(
        before and after and path != MANIFEST.encode() and not path.endswith(b".xml")
        for path, before, after in changed_files(old, new)
    )


def _sorted(found: Iterable[Affected]) -> tuple[Affected, ...]:
    return tuple(sorted(found, key=lambda one: (one.application, one.profile)))

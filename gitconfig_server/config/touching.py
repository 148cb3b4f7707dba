"""Which moves of a label concern an application and a profile, for its history."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from msgspec import Struct

from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.names.manifest import MANIFEST, read_manifest
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.sources.finding import address_in
from gitconfig_server.config.sources.listing import list_sources
from gitconfig_server.formats.reading.formats import extension_of, extensions
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.trees import TreeView, changed_files
from gitconfig_server.model.history import HistoryQuery

_MANY_FILES = 1000
"""Changed files of one move that are looked at by name; with more, both trees are listed."""


class Touching(Struct, frozen=True):
    """Whether going from one commit (None: from nothing) to another changes what ``query`` asks about."""

    objects: ObjectReader
    options: ResolveOptions
    label: str | None
    query: HistoryQuery

    def __call__(self, before: bytes | None, after: bytes) -> bool:
        """True for every move where the query names neither an application nor a profile."""
        narrow = self.query.application is not None or self.query.profile is not None
        return not narrow or self._differ(self._tree(before) if before else None, self._tree(after))

    def _differ(self, before: TreeView | None, after: TreeView) -> bool:
        """Whether what is stored differs; what did not change is not looked at."""
        changed = list(islice(changed_files(before, after), _MANY_FILES))
        paths = {path for path, one, two in changed if one and two and one.is_file and two.is_file}
        # A file that comes or goes, or another manifest, changes what the names beside it mean.
        told_by_name = len(paths) == len(changed) < _MANY_FILES and MANIFEST.encode() not in paths
        if told_by_name and not any(path.endswith(b".xml") for path in paths):  # whose content decides what they are
            return self._is_among(paths, after)
        return self._stored(before) != self._stored(after)

    def _is_among(self, paths: Iterable[bytes], tree: TreeView) -> bool:
        """Whether one of ``paths``, whose names mean what they meant before, is read for the two."""
        options = self.options.declared_by(read_manifest(tree))
        read = extensions(options.json)
        names = [path.decode() for path in paths if is_text(path) and extension_of(path.decode()) in read]
        return any(self._is_asked_for(*address_in(tree, name, self.label, options)) for name in names)

    def _stored(self, tree: TreeView | None) -> set[tuple[str, str]]:
        files = list_sources(tree, self.options, self.label) if tree else ()
        return {(file.path, file.blob) for file in files if self._is_asked_for(file.application, file.profile)}

    def _is_asked_for(self, application: str | None, profile: str | None) -> bool:
        return self.query.application in (None, application) and self.query.profile in (None, profile)

    def _tree(self, commit: bytes) -> TreeView:
        return TreeView(self.objects, tree_of(self.objects, commit))

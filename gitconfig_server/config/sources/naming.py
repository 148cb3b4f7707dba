"""What a write makes of names: each file is to be read back as what it was, or as what it was written for.

A profile that is not known by name is declared in the manifest in the same commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.names.manifest import read_manifest
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.sources.finding import address_in, files_in
from gitconfig_server.errors import ReadsBackDifferently
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.replace import replace

SourceAddress = tuple[str, str]


class Naming(Struct, frozen=True):
    """How names are read: the label, and the server's part of resolution."""

    label: str | None
    options: ResolveOptions

    def declared(self, tree: TreeView) -> ResolveOptions:
        """With what the manifest of ``tree`` declares."""
        return self.options.declared_by(read_manifest(tree))

    def read(self, tree: TreeView, path: str) -> SourceAddress:
        """The application and profile that a file at ``path`` of ``tree`` is read for."""
        return address_in(tree, path, self.label, self.declared(tree))


def missing_profiles(
    before: TreeView, after: TreeView, touched: Iterable[str], meant: Mapping[str, SourceAddress], naming: Naming
) -> tuple[str, ...]:
    """The profiles that must be declared so that everything is read back as it should be.

    ``touched``: paths that came or went; ``meant``: what the files there are written for. Raises ReadsBackDifferently
    where no declaration helps, or where one would change what another file means.
    """
    declared = naming.declared(after)
    wanted = {path: naming.read(before, path) for path in _near(after, touched, declared)} | dict(meant)
    known = declared
    for path, address in wanted.items():
        if address_in(after, path, naming.label, known) != address:
            known = replace(known, profiles=(*known.profiles, address[1]))
    for path, address in wanted.items():
        read = address_in(after, path, naming.label, known)
        if read != address:
            raise ReadsBackDifferently(path, address, read)
    new = known.profiles[len(declared.profiles) :]
    for path in _ending_in(after, "", new, declared):
        was, is_now = (address_in(after, path, naming.label, one) for one in (declared, known))
        if path not in wanted and was != is_now:
            raise ReadsBackDifferently(path, was, is_now)
    return new


def _near(tree: TreeView, touched: Iterable[str], declared: ResolveOptions) -> Iterator[str]:
    """The files whose meaning hangs on whether there is a file at one of ``touched``."""
    for path in touched:
        folder, slash, name = path.rpartition("/")
        stem = name.rpartition(".")[0] + "-"
        for other in files_in(tree, folder, declared):
            if other.startswith(stem):
                yield folder + slash + other


def _ending_in(tree: TreeView, folder: str, profiles: tuple[str, ...], declared: ResolveOptions) -> Iterator[str]:
    """Every file whose name ends in one of ``profiles``; looks at the whole tree, and only where there are any."""
    if not profiles:
        return
    place = f"{folder}/" if folder else ""
    endings = tuple(f"-{one}" for one in profiles)
    for name in files_in(tree, folder, declared):
        if name.rpartition(".")[0].endswith(endings):
            yield place + name
    for below in tree.folders(folder.encode()):
        if is_text(below):
            yield from _ending_in(tree, place + below.decode(), profiles, declared)

"""The files of one source, found by asking for their names: what else a tree holds is not looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.names.manifest import MANIFEST, read_manifest
from gitconfig_server.config.resolution.file_search import Candidate
from gitconfig_server.config.resolution.resolve import ResolveOptions, find_files
from gitconfig_server.config.sources.listing import address
from gitconfig_server.formats.reading.formats import extension_of, extensions
from gitconfig_server.git.objects.trees import TreeEntry, TreeView
from gitconfig_server.model.reads import SourceFile


def find_source(
    tree: TreeView, application: str, profile: str, label: str | None, options: ResolveOptions
) -> tuple[Candidate, ...]:
    """The files that hold what is stored for exactly this application and profile, the strongest first.

    Those that ``list_sources`` lists for the two. Raises InvalidContent for a broken manifest, TooLarge.
    """
    declared = options.declared_by(read_manifest(tree))
    return tuple(
        file
        for file in find_files(tree, (application,), (profile,), label, options)
        if address_in(tree, file.path, label, declared) == (application, profile)
    )


def address_in(tree: TreeView, path: str, label: str | None, declared: ResolveOptions) -> tuple[str, str]:
    """``address`` of a path of ``tree``, which is asked for those siblings alone that could make a difference."""
    folder, slash, name = path.rpartition("/")
    return address(path, _stems_within(tree, folder + slash, name.rpartition(".")[0], declared), declared, label)


def sources_at(tree: TreeView, paths: Iterable[bytes], options: ResolveOptions) -> tuple[SourceFile, ...]:
    """Those of ``list_sources`` that stand at these paths; XML that does not mean to be properties is among them."""
    declared = options.declared_by(read_manifest(tree))
    read = extensions(declared.json)
    return tuple(
        _source_at(tree, path.decode(), entry, declared)
        for path in paths
        if is_text(path) and extension_of(path.decode()) in read and path != MANIFEST.encode()
        if (entry := tree.entry(path)) and entry.is_file
    )


def files_in(tree: TreeView, folder: str, declared: ResolveOptions) -> list[str]:
    """The names of the configuration files in a folder, sorted; the manifest is none."""
    read = extensions(declared.json)
    found = (name.decode() for name, entry in tree.entries(folder.encode()).items() if entry.is_file and is_text(name))
    return [name for name in found if extension_of(name) in read and (folder or name != MANIFEST)]


def validator_of(application: str, profile: str, files: Iterable[tuple[str, str]]) -> str:
    """What names the content of a source: a hash of its files, each a path and a blob's hex id, in order."""
    said = "\0".join([application, profile, *(f"{path}\0{blob}" for path, blob in files)])
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:32]


def _source_at(tree: TreeView, path: str, entry: TreeEntry, declared: ResolveOptions) -> SourceFile:
    application, profile = address_in(tree, path, None, declared)
    blob = entry.id.decode()
    return SourceFile(application=application, profile=profile, path=path, blob=blob, format=extension_of(path))


def _stems_within(tree: TreeView, folder: str, stem: str, declared: ResolveOptions) -> Collection[str]:
    """The stems ``X`` of files in ``folder`` for which ``stem`` is ``X-Y``."""
    parts = stem.split("-")
    return {
        shorter
        for shorter in ("-".join(parts[:length]) for length in range(1, len(parts)))
        if any(_is_sibling(tree, f"{folder}{shorter}.{ending}") for ending in extensions(declared.json))
    }


def _is_sibling(tree: TreeView, path: str) -> bool:
    entry = tree.entry(path.encode(errors="surrogatepass"))
    return entry is not None and entry.is_file and path != MANIFEST

"""From a tree, applications and profiles to property sources, in Spring's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gitconfig_server.config.documents import DEFAULT_LIMITS, Document
from gitconfig_server.config.file_names import APPLICATION, DEFAULT_PROFILE, MAX_APPLICATIONS, MAX_PROFILES, stem_of
from gitconfig_server.config.formats import LEGACY_PROFILES, extensions, parse
from gitconfig_server.config.locations import SearchPath, find_locations
from gitconfig_server.config.manifest import MANIFEST, Manifest, read_manifest
from gitconfig_server.environments import PropertySource
from gitconfig_server.errors import InvalidContent, TooLarge
from gitconfig_server.git.trees import TreeView

MAX_LOOKUPS = 500_000

ReadDocuments = Callable[[TreeView, str, bytes], Sequence[Document]]
"""The documents of the blob at a path of a tree; InvalidContent where it cannot be read. The seam for a cache."""


@dataclass(frozen=True, slots=True)
class ResolveOptions:
    """The server's settings for reading; a tree's manifest adds to each."""

    search_paths: tuple[SearchPath, ...] = ()
    profiles: tuple[str, ...] = ()
    """Profiles that file names may end in, beyond the well-known ones."""
    json: bool = False

    def declared_by(self, manifest: Manifest) -> ResolveOptions:
        """These options with what the manifest declares; its search paths come after, so they are stronger."""
        return ResolveOptions(
            self.search_paths + manifest.search_paths, self.profiles + manifest.profiles, self.json or manifest.json
        )


DEFAULT_OPTIONS = ResolveOptions()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that takes part. ``profile`` is the one that brought it, None for a base file."""

    path: str
    blob: bytes
    profile: str | None


def read_documents(tree: TreeView, path: str, blob: bytes) -> tuple[Document, ...]:
    """A ``ReadDocuments`` without a cache."""
    return parse(path, tree.read(blob), DEFAULT_LIMITS)


def resolve(
    tree: TreeView,
    applications: Sequence[str],
    profiles: Sequence[str],
    label: str | None = None,
    options: ResolveOptions = DEFAULT_OPTIONS,
    read: ReadDocuments = read_documents,
) -> tuple[PropertySource, ...]:
    """The sources of ``applications`` for ``profiles``, the strongest first; empty where either is empty.

    A function of the tree, the names and the options. Reads only files that take part, so a broken one elsewhere does
    no harm. Raises InvalidContent for a broken one that does take part, and TooLarge for too many names or folders.
    """
    found: list[PropertySource] = []
    active = frozenset(profiles)
    lenient = bool(profiles) and profiles[0].lower() == DEFAULT_PROFILE
    for file in find_files(tree, applications, profiles, label, options):
        documents = read(tree, file.path, file.blob)
        for document in documents:
            _refuse_unreadable(file, document, lenient)
        found += (
            _source(file, document)
            for document in reversed(documents)
            if document.activation is None or document.activation.is_active(active)
        )
    return tuple(found)


def find_files(
    tree: TreeView,
    applications: Sequence[str],
    profiles: Sequence[str],
    label: str | None = None,
    options: ResolveOptions = DEFAULT_OPTIONS,
) -> Iterator[Candidate]:
    """The files that take part, the strongest first.

    Spring's order: later profile before earlier, then later location, later application, stronger extension; base
    files last, in the same order of locations, applications and extensions. A file counts once, at its strongest.
    Symbolic links and submodules are never followed.
    """
    options = options.declared_by(read_manifest(tree))
    names = _distinct("applications", applications, MAX_APPLICATIONS)
    wanted = _distinct("profiles", profiles, MAX_PROFILES)
    if not names or not wanted:
        return
    folders = find_locations(tree, options.search_paths, names, wanted, label)
    stems = tuple(dict.fromkeys([APPLICATION, *names]))
    if len(folders) * len(stems) * (len(wanted) + 1) > MAX_LOOKUPS:
        raise TooLarge("number of files to look for (profiles x applications x folders)", MAX_LOOKUPS)
    endings = [f".{one}".encode() for one in extensions(options.json)]
    seen = {MANIFEST.encode()}
    for profile, stem in _stems(folders, stems, wanted):
        for path in (stem + ending for ending in endings):
            entry = tree.entry(path)
            if entry and entry.is_file and path not in seen:
                seen.add(path)
                yield Candidate(path.decode(), entry.id, profile)


def _stems(
    folders: Sequence[bytes], names: Sequence[str], profiles: Sequence[str]
) -> Iterator[tuple[str | None, bytes]]:
    for profile in (*reversed(profiles), None):
        for folder in reversed(folders):
            for name in reversed(names):
                stem = stem_of(name, profile).encode(errors="surrogatepass")
                yield profile, folder + b"/" + stem if folder else stem


def _distinct(what: str, names: Sequence[str], limit: int) -> tuple[str, ...]:
    distinct = tuple(dict.fromkeys(names))
    if len(distinct) > limit:
        raise TooLarge(f"number of {what}", limit)
    return distinct


def _refuse_unreadable(file: Candidate, document: Document, lenient: bool) -> None:
    """Spring's rules for keys that make a request fail; ``lenient``: what files say of profiles is ignored anyway."""
    remarks = [remark for remark in document.remarks if remark.rule == LEGACY_PROFILES]
    if document.chooses_profiles and file.profile is not None and not lenient:
        remarks.append(document.chooses_profiles)
    for remark in remarks:
        raise InvalidContent(file.path, remark.rule, remark.detail, remark.line, remark.column)


def _source(file: Candidate, document: Document) -> PropertySource:
    return PropertySource(file.path, file.blob.decode(), document.properties, document.positions, document.number)

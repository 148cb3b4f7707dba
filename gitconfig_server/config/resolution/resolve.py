"""From a tree, applications and profiles to property sources, in Spring's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from gitconfig_server.config.names.file_names import APPLICATION, MAX_APPLICATIONS, MAX_PROFILES
from gitconfig_server.config.names.locations import SearchPath, find_locations
from gitconfig_server.config.names.manifest import Manifest, read_manifest
from gitconfig_server.config.resolution.contributors import Contributor, Contributors, ReadDocuments
from gitconfig_server.config.resolution.file_search import Candidate, FileSearch, SearchTarget
from gitconfig_server.errors import TooLarge
from gitconfig_server.formats.reading.activation import NO_PLATFORM
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS, Document
from gitconfig_server.formats.reading.formats import extensions, parse
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.environments import PropertySource


class ResolveOptions(Struct, frozen=True):
    """The server's settings for reading; a tree's manifest adds to the first three."""

    search_paths: tuple[SearchPath, ...] = ()
    profiles: tuple[str, ...] = ()
    """Profiles that file names may end in, beyond the well-known ones."""
    json: bool = False
    reverse_locations: bool = False
    """For plain files alone: the strongest folder is looked in first, not the root (Spring's setting, no more)."""
    cloud_platform: str = NO_PLATFORM
    """What ``spring.config.activate.on-cloud-platform`` is compared with, one of PLATFORMS."""

    def declared_by(self, manifest: Manifest) -> ResolveOptions:
        """These options with what the manifest declares; its search paths come after, so they are stronger."""
        return ResolveOptions(
            self.search_paths + manifest.search_paths,
            self.profiles + manifest.profiles,
            self.json or manifest.json,
            self.reverse_locations,
            self.cloud_platform,
        )


DEFAULT_OPTIONS = ResolveOptions()


def read_documents(tree: TreeView, path: str, blob: bytes, extension: str | None = None) -> tuple[Document, ...]:
    """A ``ReadDocuments`` without a cache."""
    return parse(path, tree.read(blob), DEFAULT_LIMITS, extension)


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
    no harm. Base files may add profiles and every file may import others of the tree. Raises InvalidContent for a
    broken file that takes part, and TooLarge for too many names, folders or files.
    """
    way = _Way.to(tree, applications, profiles, label, options)
    contributors = Contributors(way.search, read, way.profiles, options.cloud_platform)
    return tuple(_source(one) for one in contributors.gather(way.roots)) if way.roots else ()


def find_files(
    tree: TreeView,
    applications: Sequence[str],
    profiles: Sequence[str],
    label: str | None = None,
    options: ResolveOptions = DEFAULT_OPTIONS,
) -> Iterator[Candidate]:
    """The files that these names lead to, the strongest first, whatever files say about profiles and imports.

    Spring's order: later profile before earlier, then later location, later application, stronger extension; base
    files last, in the same order of locations, applications and extensions. A file counts once, at its strongest.
    """
    way = _Way.to(tree, applications, profiles, label, options)
    return way.search.find(way.roots, (*reversed(way.profiles), None))


class _Way(Struct, frozen=True):
    """Where the names of a request lead: to nowhere, without ``roots``, where there are none."""

    search: FileSearch
    roots: tuple[SearchTarget, ...]
    profiles: tuple[str, ...]

    @classmethod
    def to(
        cls,
        tree: TreeView,
        applications: Sequence[str],
        profiles: Sequence[str],
        label: str | None,
        options: ResolveOptions,
    ) -> _Way:
        options = options.declared_by(read_manifest(tree))
        names = _distinct("applications", applications, MAX_APPLICATIONS)
        wanted = _distinct("profiles", profiles, MAX_PROFILES)
        asked = bool(names and wanted)
        folders = find_locations(tree, options.search_paths, names, wanted, label) if asked else ()
        search = FileSearch(tree, tuple(dict.fromkeys([APPLICATION, *names])), extensions(options.json))
        return cls(search, tuple(SearchTarget((folder,)) for folder in folders), wanted)


def _distinct(what: str, names: Sequence[str], limit: int) -> tuple[str, ...]:
    distinct = tuple(dict.fromkeys(names))
    if len(distinct) > limit:
        raise TooLarge(f"number of {what}", limit)
    return distinct


def _source(one: Contributor) -> PropertySource:
    file, document = one.file, one.document
    return PropertySource(
        path=file.path,
        blob=file.blob.decode(),
        properties=document.properties,
        positions=document.positions,
        document=document.number,
    )

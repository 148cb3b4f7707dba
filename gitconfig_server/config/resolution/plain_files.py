"""Which file of a tree a plain-text request means (Spring's ``GenericResourceRepository``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from gitconfig_server.config.names.file_names import DEFAULT_PROFILE, MAX_APPLICATIONS, MAX_PROFILES, check_path
from gitconfig_server.config.names.locations import find_locations
from gitconfig_server.config.names.manifest import read_manifest
from gitconfig_server.config.resolution.file_search import MAX_LOOKUPS
from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS, ResolveOptions
from gitconfig_server.errors import InvalidName, TooLarge
from gitconfig_server.git.objects.trees import TreeView


class PlainFile(Struct, frozen=True):
    """A file of a tree; ``blob`` is the hex id of its content."""

    path: str
    blob: bytes


def find_plain_file(
    tree: TreeView,
    applications: Sequence[str],
    profiles: Sequence[str],
    path: str,
    label: str | None = None,
    options: ResolveOptions = DEFAULT_OPTIONS,
) -> PlainFile | None:
    """The first of the files that ``path`` can mean, None where there is none.

    Not the order of environments: the root comes first, then the search paths as they are listed, and in each folder
    the profiles as they are asked for, then the file without profile. Folders, submodules and symbolic links are no
    files; what no sound path names (``.git`` among it) is not there. TooLarge for too many names.
    """
    if len(applications) > MAX_APPLICATIONS or len(profiles) > MAX_PROFILES:
        raise TooLarge("number of applications and profiles", MAX_APPLICATIONS + MAX_PROFILES)
    if not _is_sound(path):
        return None
    options = options.declared_by(read_manifest(tree))
    folders = find_locations(tree, options.search_paths, applications, profiles, label)
    names = tuple(dict.fromkeys(_names(path, profiles)))
    if len(folders) * len(names) > MAX_LOOKUPS:
        raise TooLarge("number of files to look for (profiles x folders)", MAX_LOOKUPS)
    for folder in reversed(folders) if options.reverse_locations else folders:
        for name in names:
            below = name.encode(errors="surrogatepass")
            full = folder + b"/" + below if folder else below
            entry = tree.entry(full)
            if entry and entry.is_file:
                return PlainFile(full.decode(), entry.id)
    return None


def _names(path: str, profiles: Sequence[str]) -> Iterator[str]:
    """The name of a profile stands before the file's last extension; the profile ``default`` has none."""
    folder, slash, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = extension, ""
    for profile in profiles:
        yield path if profile == DEFAULT_PROFILE else f"{folder}{slash}{stem}-{profile}{dot}{extension}"
    yield path


def _is_sound(path: str) -> bool:
    try:
        check_path(path)
    except InvalidName:
        return False
    return True

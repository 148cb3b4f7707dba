"""Where the file of a new source goes: beside its siblings and named as they are, else where search paths lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from gitconfig_server.config.names.file_names import APPLICATION, DEFAULT_PROFILE, stem_of
from gitconfig_server.config.names.locations import SearchPath, find_locations
from gitconfig_server.config.names.manifest import MANIFEST, read_manifest
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.sources.finding import address_in, files_in
from gitconfig_server.formats.reading.formats import extension_of
from gitconfig_server.git.objects.trees import TreeView

_USUAL = "yml"
UNWRITTEN = frozenset(("xml",))
"""Formats that are read, but not written."""


def new_paths(
    tree: TreeView, application: str, profile: str, label: str | None, options: ResolveOptions
) -> Iterator[str]:
    """Paths that reading would look at for the two, the most fitting first; nothing stands at any of them.

    Whether a path would be read back as these two depends on its neighbours: the caller looks.
    """
    declared = options.declared_by(read_manifest(tree))
    places = dict.fromkeys(_places(tree, application, profile, label, declared))
    files = {(folder, name): files_in(tree, folder, declared) for folder, name in places}
    siblings = {
        (folder, name): [
            one
            for one in files[folder, name]
            if one.startswith(name) and address_in(tree, _join(folder, one), label, declared)[0] == application
        ]
        for folder, name in places
    }
    for place in sorted(places, key=lambda one: not siblings[one]):  # where siblings are first; else the order stays
        ending = _ending(siblings[place] or files[place])
        folder, name = place
        for stem in _stems(name, profile):
            path = _join(folder, f"{stem}.{ending}")
            if path != MANIFEST and tree.entry(path.encode()) is None:
                yield path


def _places(
    tree: TreeView, application: str, profile: str, label: str | None, declared: ResolveOptions
) -> Iterator[tuple[str, str]]:
    """Folders, each with what the file's name begins with there.

    The folders that a search path gives the application for itself, whether they exist or not; then those that are
    searched and hold something, the strongest first; the root at last.
    """
    inner, _, base = application.rpartition("/")
    names = {"application": application, "profile": profile, "label": label or ""}
    own = [_filled(path, names) for path in reversed(declared.search_paths) if _is_own(path, label)]
    own = [] if application == APPLICATION else own  # what is everybody's stands above
    yield from ((folder, APPLICATION) for folder in own)
    found = [one.decode() for one in find_locations(tree, declared.search_paths, [application], [profile], label)]
    for folder in [*reversed(found), *own]:
        place = _join(folder, inner)
        if folder in own or files_in(tree, place, declared):
            yield place, base
    yield inner, base


def _is_own(path: SearchPath, label: str | None) -> bool:
    wild = any("*" in part or "?" in part for part in path.parts)
    return path.uses("application") and not wild and (label is not None or not path.uses("label"))


def _filled(path: SearchPath, names: dict[str, str]) -> str:
    text = "/".join(path.parts)
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _ending(files: Iterable[str]) -> str:
    """The extension of most of the files, else YAML's."""
    common = Counter(extension_of(name) for name in files).most_common()
    return next((ending for ending, _ in common if ending not in UNWRITTEN), _USUAL)


def _stems(name: str, profile: str) -> Iterable[str]:
    """What the file may be called: the default profile is in the name only where it must be."""
    bare = (stem_of(name, None),) if profile == DEFAULT_PROFILE else ()
    return (*bare, stem_of(name, profile))


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name

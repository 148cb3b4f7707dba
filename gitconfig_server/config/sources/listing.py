"""What is stored in a tree: each file with the application and profile that read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from gitconfig_server.config.names.file_names import APPLICATION, is_profile, read_backwards
from gitconfig_server.config.names.locations import is_text, lead_to
from gitconfig_server.config.names.manifest import MANIFEST, read_manifest
from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS, ResolveOptions
from gitconfig_server.formats.reading.formats import extension_of, extensions
from gitconfig_server.git.objects.trees import TreeEntry, TreeView
from gitconfig_server.model.reads import Application, SourceFile


def list_sources(
    tree: TreeView, options: ResolveOptions = DEFAULT_OPTIONS, label: str | None = None
) -> tuple[SourceFile, ...]:
    """Every file that can be a source, sorted by application, profile and path.

    The inverse of ``resolve``: that application and profile, resolved in this tree, read the file. Without ``label``,
    search paths with ``{label}`` are left aside. Raises InvalidContent for a broken manifest only.
    """
    options = options.declared_by(read_manifest(tree))
    found = (source for folder in _folders(tree, b"") for source in _sources(tree, folder, options, label))
    return tuple(sorted(found, key=lambda one: (one.application, one.profile, one.path)))


def list_applications(sources: Iterable[SourceFile]) -> tuple[Application, ...]:
    """The applications that have sources, with the profiles they have them for, both sorted."""
    profiles: dict[str, set[str]] = {}
    for source in sources:
        profiles.setdefault(source.application, set()).add(source.profile)
    return tuple(Application(name, tuple(sorted(profiles[name]))) for name in sorted(profiles))


def _folders(tree: TreeView, folder: bytes) -> Iterator[bytes]:
    yield folder
    for name, entry in tree.entries(folder).items():
        if entry.is_folder and is_text(name):
            yield from _folders(tree, folder + b"/" + name if folder else name)


def _sources(tree: TreeView, folder: bytes, options: ResolveOptions, label: str | None) -> Iterator[SourceFile]:
    place, read = folder.decode(), extensions(options.json)
    files = {
        name.decode(): entry
        for name, entry in tree.entries(folder).items()
        if entry.is_file and is_text(name) and extension_of(name.decode()) in read
    }
    if not place:
        files.pop(MANIFEST, None)
    stems = {name.rpartition(".")[0] for name in files}
    for name, entry in files.items():
        if _may_be_source(tree, name, entry):
            path = f"{place}/{name}" if place else name
            application, profile = address(path, stems, options, label)
            yield SourceFile(application, profile, path, entry.id.decode(), extension_of(name))


def _may_be_source(tree: TreeView, name: str, entry: TreeEntry) -> bool:
    """Of ``.xml`` files only those of properties are meant: others (logback, Maven) often lie beside them."""
    return not name.endswith(".xml") or b"<properties" in tree.read(entry.id)


def address(
    path: str, siblings: Collection[str], options: ResolveOptions = DEFAULT_OPTIONS, label: str | None = None
) -> tuple[str, str]:
    """The application and profile that read the file at ``path``; ``siblings`` are the stems in its folder.

    At the root its name says them. In a folder that a search path leads to, the folder may say them too
    (``orders/application-prod.yml`` beneath ``{application}`` is orders, prod). In any other folder the application's
    name is a nested one: ``team/orders``. ``options`` must hold what the manifest declares.
    """
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    application, profile = read_backwards(stem, siblings, options.profiles)
    if not folder:
        return application, profile
    for search_path in options.search_paths:
        for names in lead_to(search_path, folder, label):
            by_folder = names.get("profile", profile)
            owner = names.get("application", application)
            own_name = owner == application or application == APPLICATION
            own_profile = by_folder == profile or stem == application
            if own_name and own_profile and is_profile(by_folder):
                return owner, by_folder
    return f"{folder}/{application}", profile

"""What is stored in a tree: each file with the application and profile that read it."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice

from gitconfig_server.config.names.file_names import APPLICATION, is_profile, read_backwards
from gitconfig_server.config.names.locations import is_text, lead_to
from gitconfig_server.config.names.manifest import MANIFEST, SCHEMAS, read_manifest
from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS, ResolveOptions
from gitconfig_server.formats.reading.activation import ON_PROFILE, plain_key
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.formats.reading.formats import extension_of, extensions
from gitconfig_server.git.objects.trees import TreeEntry, TreeView
from gitconfig_server.model.reads import Application, SourceFile

_TOOLS = frozenset({"target", "build", "node_modules"})
_SCHEMAS = f"{SCHEMAS}/"
_GROUP = "spring.profiles.group."
_WORD = re.compile(r"[^\s,()!&|]+")
_XML_ROOT = re.compile(rb"\s*(?:<[?!](?:--.*?--|[^>]*)>\s*)*<properties[\s/>]", re.DOTALL)


def list_sources(
    tree: TreeView, options: ResolveOptions = DEFAULT_OPTIONS, label: str | None = None, most: int | None = None
) -> tuple[SourceFile, ...]:
    """Every file that can be a source, sorted by application, profile and path; only the ``most`` met first, if given.

    The inverse of ``resolve``: that application and profile, resolved in this tree, read the file. Without ``label``,
    search paths with ``{label}`` are left aside. Raises InvalidContent for a broken manifest only.
    """
    options = options.declared_by(read_manifest(tree))
    found = (source for folder in _folders(tree, b"") for source in _sources(tree, folder, options, label))
    return tuple(sorted(islice(found, most), key=lambda one: (one.application, one.profile, one.path)))


def list_applications(
    sources: Iterable[SourceFile], profiles_in: Callable[[SourceFile], Iterable[str]] = lambda _: ()
) -> tuple[Application, ...]:
    """The applications that have sources, with the profiles they have them for, both sorted.

    ``profiles_in``: those that the documents of a file ask for.
    """
    profiles: dict[str, set[str]] = {}
    for source in sources:
        profiles.setdefault(source.application, set()).update((source.profile, *profiles_in(source)))
    return tuple(Application(name, tuple(sorted(profiles[name]))) for name in sorted(profiles))


def is_meant(source: SourceFile, options: ResolveOptions) -> bool:
    """Whether somebody put the file there to be read, as far as its place tells.

    Every file can be asked for by a nested name (``.mvn/wrapper/maven-wrapper``). In a folder that no search path leads
    to, it is meant only where there are no search paths, and the folder is none of tools or of what they make. Schemas
    are read by nobody, unless a search path names their folder.
    """
    folder = source.path.rpartition("/")[0]
    if f"{folder}/".startswith(_SCHEMAS) and f"{source.application}/".startswith(_SCHEMAS):
        return False
    if not source.application.startswith(f"{folder}/"):
        return True
    return not options.search_paths and not any(part[0] == "." or part in _TOOLS for part in folder.split("/"))


def find_profiles(documents: Iterable[Document]) -> frozenset[str]:
    """The profiles that documents ask for: names in ``on-profile``, and groups."""
    return frozenset(filter(is_profile, _named(documents)))


def _named(documents: Iterable[Document]) -> Iterator[str]:
    for document in documents:
        for key, value in document.properties.items():
            if plain_key(key).startswith(ON_PROFILE):
                yield from _WORD.findall(str(value))
            elif key.startswith(_GROUP):
                yield key.removeprefix(_GROUP).partition("[")[0]


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
            yield SourceFile(
                application=application, profile=profile, path=path, blob=entry.id.decode(), format=extension_of(name)
            )


def _may_be_source(tree: TreeView, name: str, entry: TreeEntry) -> bool:
    """Of ``.xml`` files only those of properties are meant: others (logback, Maven) often lie beside them."""
    return not name.endswith(".xml") or _XML_ROOT.match(tree.read(entry.id).removeprefix(BOM_UTF8)) is not None


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

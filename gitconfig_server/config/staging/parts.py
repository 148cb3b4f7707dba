"""Parts of what is staged: which files they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gitconfig_server.config.names.file_names import check_application, check_path
from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.names.manifest import MANIFEST, read_manifest
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.sources.finding import address_in
from gitconfig_server.formats.reading.formats import extension_of, extensions
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.staging import StagedPart

PathFilter = Callable[[bytes], bool]


def path_filter(part: StagedPart, trees: Sequence[TreeView], label: str, options: ResolveOptions) -> PathFilter | None:
    """Whether a path is of ``part``; None where everything is.

    An application's files are those that any of ``trees`` reads for it. Raises InvalidName, and InvalidContent where an
    application is asked for and a tree's manifest is broken.
    """
    if part.whole:
        return None
    paths = {check_path(path.rstrip("/")) for path in part.paths}
    applications = {check_application(name) for name in part.applications}
    sides = [(tree, options.declared_by(read_manifest(tree))) for tree in trees] if applications else []

    def is_wanted(path: bytes) -> bool:
        text = path.decode(errors="replace")
        above = (text[:end] for end in range(1, len(text) + 1) if text[end : end + 1] in ("/", ""))
        if any(one in paths for one in above):
            return True
        return any(application_of(tree, path, label, declared) in applications for tree, declared in sides)

    return is_wanted


def application_of(tree: TreeView, path: bytes, label: str, declared: ResolveOptions) -> str | None:
    """The application that a tree reads a file for, None where it is no configuration file of it."""
    entry = tree.entry(path)
    if entry is None or not entry.is_file or not is_configuration(path, declared):
        return None
    return address_in(tree, path.decode(), label, declared)[0]


def is_configuration(path: bytes, declared: ResolveOptions) -> bool:
    """Whether a file of this name is some application's; ``declared`` holds what the manifest says."""
    return is_text(path) and path != MANIFEST.encode() and extension_of(path.decode()) in extensions(declared.json)

"""Which environments a tree can give: each application with each profile known for it, and what it declares itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gitconfig_server.config.names.file_names import APPLICATION, DEFAULT_PROFILE
from gitconfig_server.config.names.manifest import SCHEMAS, read_manifest
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import ResolveOptions, resolve
from gitconfig_server.config.sources.listing import list_applications, list_sources
from gitconfig_server.errors import CheckTimeout, GitConfigError, StorageBusy
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.environments import PropertySource
from gitconfig_server.model.reads import SourceFile

Profiles = tuple[str, ...]


def known_environments(
    tree: TreeView, options: ResolveOptions, among: Iterable[SourceFile] | None = None
) -> Mapping[str, tuple[Profiles, ...]]:
    """Application -> the profiles to ask for: none but ``default``, each one alone, the combinations declared.

    The profiles that files shared by all applications have count for each. ``among``: the files that are taken into
    account, all of the tree's if None. Raises InvalidContent for a broken manifest.
    """
    listed = list_sources(tree, options) if among is None else among
    found = {one.name: one.profiles for one in list_applications(filter(_is_read, listed))}
    shared = found.pop(APPLICATION, ())
    combinations = read_manifest(tree).combinations
    return {
        name: ((DEFAULT_PROFILE,), *_alone((*shared, *profiles)), *combinations)
        for name, profiles in (found or {APPLICATION: ()}).items()
    }


def _is_read(source: SourceFile) -> bool:
    return not source.path.startswith(f"{SCHEMAS}/")


def _alone(profiles: Iterable[str]) -> list[Profiles]:
    return [(one,) for one in sorted(set(profiles)) if one != DEFAULT_PROFILE]


def sources_of(
    tree: TreeView, application: str, profiles: Profiles, options: ResolveOptions, read: ReadDocuments
) -> Sequence[PropertySource]:
    """The sources of an environment; none where it cannot be read, which is a finding of its own.

    CheckTimeout and StorageBusy where whoever reads has no time left: that says nothing of what is stored.
    """
    try:
        return resolve(tree, (application,), profiles, None, options, read)
    except (CheckTimeout, StorageBusy):
        raise
    except GitConfigError:
        return ()

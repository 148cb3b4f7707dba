"""Files of sources that come and go: read back, every file means what it should, or nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from gitconfig_server.config.changes.new_places import UNWRITTEN, new_paths
from gitconfig_server.config.names.manifest import MANIFEST, read_manifest
from gitconfig_server.config.resolution.resolve import find_files
from gitconfig_server.config.sources.naming import Naming, SourceAddress, missing_profiles
from gitconfig_server.config.writing.drafts import Draft, check_new_path
from gitconfig_server.errors import InvalidChange, ReadsBackDifferently
from gitconfig_server.formats.editing.edits import SetKey, edit_text, new_text
from gitconfig_server.formats.reading.formats import extension_of, extensions
from gitconfig_server.git.objects.trees import TreeView


def new_path(draft: Draft, application: str, profile: str, naming: Naming) -> str:
    """Where to make a file for the two. ReadsBackDifferently where it would mean something else at every place."""
    refused: ReadsBackDifferently | None = None
    for path in new_paths(draft.tree, application, profile, naming.label, naming.options):
        try:
            _check(draft, path, (application, profile), naming)
        except ReadsBackDifferently as error:
            refused = refused or error
        else:
            return path
    raise refused or InvalidChange(f"no file can be made for {application}/{profile}: give path=", "/path")


def make_file(draft: Draft, path: str, content: bytes, meant: SourceAddress, naming: Naming) -> None:
    """Make a file of ``content`` at ``path``, to be read as ``meant``, and declare its profile where it must be.

    Raises ReadsBackDifferently, InvalidChange where reading never looks there, InvalidName.
    """
    check_new_file(draft, path, naming)
    profiles = _check(draft, path, meant, naming)
    draft.put(path, content)
    declare(draft, profiles)


def check_new_file(draft: Draft, path: str, naming: Naming) -> None:
    """Refuse a path where no file of configuration can be made: InvalidName, InvalidChange."""
    check_new_path(path)
    declared = naming.declared(draft.tree)
    if extension_of(path) not in set(extensions(declared.json)) - UNWRITTEN:
        known = ", ".join(one for one in extensions(declared.json) if one not in UNWRITTEN)
        raise InvalidChange(f"{path}: its extension is none of {known}", "/path")


def remove_files(draft: Draft, paths: Sequence[str], naming: Naming) -> None:
    """Delete files, and declare the profiles that files beside them were read by thanks to them."""
    before = draft.tree
    for path in paths:
        draft.delete(path)
    declare(draft, missing_profiles(before, draft.tree, paths, {}, naming))


def _check(draft: Draft, path: str, meant: SourceAddress, naming: Naming) -> tuple[str, ...]:
    """The profiles to declare for a file at ``path``; nothing is changed."""
    # Tried out on a copy: what a name means depends on its neighbours, the new file among them.
    trial = Draft(draft.tree.objects, draft.tree.tree)
    if trial.file(path):
        raise ReadsBackDifferently(path, meant, naming.read(draft.tree, path))
    trial.put(path, b"")
    if not _is_looked_at(trial.tree, path, meant, naming):
        raise InvalidChange(f"{path} is no place where {'/'.join(meant)} is looked for", "/path")
    return missing_profiles(draft.tree, trial.tree, [path], {path: meant}, naming)


def _is_looked_at(tree: TreeView, path: str, meant: SourceAddress, naming: Naming) -> bool:
    application, profile = meant
    return any(file.path == path for file in find_files(tree, (application,), (profile,), naming.label, naming.options))


def declare(draft: Draft, profiles: Sequence[str]) -> None:
    """Add ``profiles`` to those that the manifest declares; it is made where there is none."""
    if not profiles:
        return
    known = read_manifest(draft.tree).profiles
    if draft.file(MANIFEST) is None:
        draft.put(MANIFEST, new_text(MANIFEST, {"profiles": list(profiles)}))
    elif not known:
        draft.put(MANIFEST, edit_text(MANIFEST, draft.read(MANIFEST), [SetKey("profiles", list(profiles))]))
    else:
        edits = [SetKey(f"profiles[{number}]", one) for number, one in enumerate(profiles, len(known))]
        draft.put(MANIFEST, edit_text(MANIFEST, draft.read(MANIFEST), edits))

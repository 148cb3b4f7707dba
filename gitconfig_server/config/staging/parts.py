"""Parts of what is staged: which files they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gitconfig_server.config.names.file_names import check_application, check_path
from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.names.manifest import MANIFEST, read_manifest
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.sources.finding import address_in
from gitconfig_server.config.writing.drafts import NewTree, edited
from gitconfig_server.errors import Conflict, InvalidChange, InvalidContent, InvalidEdit
from gitconfig_server.formats.merging.picking import pick_keys
from gitconfig_server.formats.reading.formats import READERS, extension_of, extensions
from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.objects.trees import FILE, TreeEntry, TreeView, changed_files
from gitconfig_server.model.staging import StagedPart
from gitconfig_server.storage.objects import RawObject

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
        if not paths and not applications:  # keys alone: whichever file has them
            return True
        text = path.decode(errors="replace")
        above = (text[:end] for end in range(1, len(text) + 1) if text[end : end + 1] in ("/", ""))
        if any(one in paths for one in above):
            return True
        return any(_application_of(tree, path, label, declared) in applications for tree, declared in sides)

    return is_wanted


def _application_of(tree: TreeView, path: bytes, label: str, declared: ResolveOptions) -> str | None:
    """The application that a tree reads a file for, None where it is no configuration file of it."""
    entry = tree.entry(path)
    if entry is None or not entry.is_file or not is_configuration(path, declared):
        return None
    return address_in(tree, path.decode(), label, declared)[0]


def is_configuration(path: bytes, declared: ResolveOptions) -> bool:
    """Whether a file of this name is some application's; ``declared`` holds what the manifest says."""
    return is_text(path) and path != MANIFEST.encode() and extension_of(path.decode()) in extensions(declared.json)


def taken(tree: TreeView, other: TreeView, since: TreeView, wanted: PathFilter, keys: Sequence[str]) -> NewTree:
    """``tree`` with what ``other`` has of the ``wanted`` files that differ from ``since``; of ``keys`` these alone.

    Raises InvalidChange for a key that is in none of them, Conflict where a file's documents are others there.
    """
    changes: dict[bytes, TreeEntry | None] = {}
    blobs: list[RawObject] = []
    picked = _Picked(keys)
    for path, _, after in changed_files(since, other):
        here = tree.entry(path)
        if not wanted(path) or here == after:
            continue
        if not keys:
            changes[path] = after
        elif blob := picked.of(path.decode(errors="replace"), tree, here, other, after):
            blobs.append(blob)
            changes[path] = TreeEntry((here or after or _NEW).mode, blob.id)
    picked.check()
    new = edited(tree.objects, tree.tree, changes)
    return NewTree(new.tree, (*blobs, *new.objects), new.paths)


class _Picked:
    """Keys taken from other files; ``check`` tells whether each was met."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._met: set[str] = set()

    def of(
        self, path: str, tree: TreeView, here: TreeEntry | None, other: TreeView, after: TreeEntry | None
    ) -> RawObject | None:
        """What a file holds then; None where it stays."""
        if extension_of(path) not in READERS:
            return None
        before = tree.read(here.id) if here and here.is_file else b""
        try:
            made = pick_keys(path, before, other.read(after.id) if after and after.is_file else b"", self._is_wanted)
        except (InvalidContent, InvalidEdit):
            return None
        if made is None:
            raise Conflict(f"{path} has other documents there: name the file instead of its keys")
        return make_blob(made) if made != before else None

    def check(self) -> None:
        """Raise InvalidChange for a key that no file has."""
        for number, key in enumerate(self._keys):
            if key not in self._met:
                raise InvalidChange(f"nothing is staged for {key}", f"/keys/{number}")

    def _is_wanted(self, key: str) -> bool:
        found = [one for one in self._keys if key == one or key.startswith((f"{one}.", f"{one}["))]
        self._met.update(found)
        return bool(found)


_NEW = TreeEntry(FILE, b"")

"""The tree that a label is to have where something in it is to be as it was."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from gitconfig_server.config.branches import Head
from gitconfig_server.config.changes.new_files import declare
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.restoring.keys import RestoredKeys
from gitconfig_server.config.sources.listing import list_sources
from gitconfig_server.config.sources.naming import Naming, SourceAddress, missing_profiles
from gitconfig_server.config.writing.drafts import Draft, NewTree, edited
from gitconfig_server.errors import FileNotFound, InvalidChange, SourceNotFound
from gitconfig_server.git.objects.trees import TreeEntry, TreeView, changed_files
from gitconfig_server.model.writes import Restore


class Restoring:
    """One restore upon one head. ``former`` is the tree to take things from."""

    def __init__(self, head: Head, former: TreeView, asked: Restore, naming: Naming, read: ReadDocuments) -> None:
        self._draft = Draft(former.objects, head.tree, head.label)
        self._now = self._draft.base
        self._then = former
        self._asked = asked
        self._naming = naming
        self._read = read
        self._where = f"{head.label} or {asked.to}"

    def new_tree(self) -> NewTree:
        """What is to stand there. Raises InvalidContent for what must be read and cannot be."""
        asked = self._asked
        if asked.application is None and asked.path is None:
            changed = (path.decode(errors="replace") for path, _, _ in changed_files(self._now, self._then))
            return NewTree(self._then.tree, (), tuple(sorted(changed)))
        if asked.application is None and not asked.keys:
            return self._files_at(asked.path or "")
        if asked.keys:
            self._restore_keys()
        else:
            self._restore_sources()
        tree, objects = self._draft.finish()
        return NewTree(tree, tuple(objects), self._draft.paths)

    def _files_at(self, path: str) -> NewTree:
        """A file, or all in a folder, be it configuration or not."""
        now, then = (_entries(tree, path.encode()) for tree in (self._now, self._then))
        if not now and not then:
            raise FileNotFound(path, self._where)
        changes = {one: then.get(one) for one in chain(now, then) if now.get(one) != then.get(one)}
        return edited(self._then.objects, self._now.tree, changes)

    def _restore_sources(self) -> None:
        """All files of the application; each that comes back means what it meant."""
        meant, files = self._sources(self._then), self._all_sources()
        touched: list[str] = []
        for path in files:
            former = self._then.entry(path.encode())
            entry = former if former and former.is_file else None
            standing = self._draft.file(path)
            if entry and entry != standing:
                self._draft.place(path, entry)
            elif standing and not entry:
                self._draft.delete(path)
            if bool(entry) is not bool(standing):
                touched.append(path)
        came = {path: meant[path] for path in touched if path in meant}
        declare(self._draft, missing_profiles(self._now, self._draft.tree, touched, came, self._naming))

    def _restore_keys(self) -> None:
        asked = self._asked
        if asked.application is None:
            files: Mapping[str, SourceAddress | None] = {asked.path or "": None}
        else:
            files = self._all_sources()
        keys = RestoredKeys(self._draft, self._then, asked.keys, self._naming, self._read)
        for path, meant in files.items():
            if not keys.restore(path, meant):
                raise FileNotFound(path, self._where)
        for number, key in enumerate(asked.keys):
            if key not in keys.found:
                raise InvalidChange(f"there is no {key}, neither now nor at {asked.to}", f"/keys/{number}")

    def _all_sources(self) -> dict[str, SourceAddress]:
        """Those of both trees, sorted; what was once read for somebody else is what it was then."""
        found = self._sources(self._now) | self._sources(self._then)
        if not found:
            raise SourceNotFound(self._asked.application or "", self._asked.profile or "*", self._where)
        return dict(sorted(found.items()))

    def _sources(self, tree: TreeView) -> dict[str, SourceAddress]:
        """Path -> application and profile of the files that are asked for, as a tree has them."""
        asked, naming = self._asked, self._naming
        return {
            file.path: (file.application, file.profile)
            for file in list_sources(tree, naming.options, naming.label)
            if file.application == asked.application
            and asked.profile in (None, file.profile)
            and asked.path in (None, file.path)
        }


def _entries(tree: TreeView, path: bytes) -> dict[bytes, TreeEntry]:
    """What stands at ``path``, or, where that is a folder, beneath it."""
    entry = tree.entry(path)
    if entry and not entry.is_folder:
        return {path: entry}
    return dict(tree.walk(path)) if entry else {}

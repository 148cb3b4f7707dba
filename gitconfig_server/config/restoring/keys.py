"""Keys of configuration files as they were: file by file, and document by document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gitconfig_server.config.changes.new_files import make_file
from gitconfig_server.config.resolution.resolve import ReadDocuments
from gitconfig_server.config.sources.naming import Address, Naming
from gitconfig_server.config.writing.drafts import Draft
from gitconfig_server.errors import Conflict, InvalidChange
from gitconfig_server.formats.editing.edits import new_text, replace_text
from gitconfig_server.formats.editing.keys import parents
from gitconfig_server.formats.reading.formats import READERS, extension_of
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.environments import Value

Properties = Mapping[str, Value]
Documents = Mapping[int | None, Properties]


class RestoredKeys:
    """Puts ``keys``, and what stands beneath them, as they are in ``former`` into the files of a draft.

    ``found``: those of the keys that were met at either end.
    """

    def __init__(
        self, draft: Draft, former: TreeView, keys: Iterable[str], naming: Naming, read: ReadDocuments
    ) -> None:
        self.found: set[str] = set()
        self._draft = draft
        self._former = former
        self._keys = frozenset(keys)
        self._naming = naming
        self._read = read

    def restore(self, path: str, meant: Address | None) -> bool:
        """Restore them in one file, which is made where it is gone, for ``meant``. False where neither end has it.

        Raises Conflict where the file's documents are others than they were, InvalidChange where it is no
        configuration, InvalidContent, and as ``edits.replace_text``.
        """
        if extension_of(path) not in READERS:
            raise InvalidChange(f"{path} is no configuration file: restore it whole", "/keys")
        now, then = self._documents(self._draft.tree, path), self._documents(self._former, path)
        if now is None:
            if then is not None:
                self._make(path, then, meant)
            return then is not None
        then = then if then is not None else {number: {} for number in now}
        if not any(dict(self._chosen(one)) for one in (*now.values(), *then.values())):
            return True
        if set(now) != set(then):
            there = f"{len(now)} document(s) now, and had {len(then)}"
            raise Conflict(f"{path} has {there}: restore the file, or set its keys")
        for number, properties in now.items():
            self._write(path, number, properties, then[number])
        return True

    def _documents(self, tree: TreeView, path: str) -> Documents | None:
        """The properties by document; one of none where the file is empty; None where there is no file."""
        entry = tree.entry(path.encode())
        if entry is None or not entry.is_file:
            return None
        found = {one.number: one.properties for one in self._read(tree, path, entry.id)}
        return found or {None: {}}

    def _make(self, path: str, then: Documents, meant: Address | None) -> None:
        wanted = {number: dict(self._chosen(properties)) for number, properties in then.items()}
        if not any(wanted.values()):
            return
        if len(then) > 1:
            raise Conflict(f"{path} is gone, and had {len(then)} documents: restore the file")
        properties = next(iter(wanted.values()))
        if meant:
            make_file(self._draft, path, properties, meant, self._naming)
        else:
            self._draft.put(path, new_text(path, properties))

    def _write(self, path: str, number: int | None, now: Properties, then: Properties) -> None:
        gone, back = dict(self._chosen(now)), dict(self._chosen(then))
        if not gone and not back:
            return
        wanted = {key: back.get(key, value) for key, value in now.items() if key not in gone or key in back} | back
        self._draft.put(path, replace_text(path, self._draft.read(path), wanted, number))

    def _chosen(self, properties: Properties) -> Iterator[tuple[str, Value]]:
        for key, value in properties.items():
            above = self._keys.intersection((key, *parents(key)))
            self.found |= above
            if above:
                yield key, value

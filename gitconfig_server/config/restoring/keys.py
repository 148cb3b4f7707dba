"""Keys of configuration files as they were: file by file, and document by document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gitconfig_server.config.changes.new_files import make_file
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.sources.naming import Naming, SourceAddress
from gitconfig_server.config.writing.drafts import Draft
from gitconfig_server.errors import Conflict, InvalidChange, InvalidEdit
from gitconfig_server.formats.editing.edits import new_text
from gitconfig_server.formats.editing.keys import parents
from gitconfig_server.formats.editing.places import find
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree import MapNode
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.formats.reading.formats import READERS, extension_of
from gitconfig_server.git.objects.trees import TreeView

NumberedDocuments = Mapping[int | None, Document]

_NOTHING = Document(None, {}, {})


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

    def restore(self, path: str, meant: SourceAddress | None) -> bool:
        """Restore them in one file, which is made where it is gone, for ``meant``. False where neither end has it.

        Raises Conflict where the file's documents are others than they were, InvalidChange where it is no
        configuration, InvalidContent, and as ``edits.edit_text``.
        """
        if extension_of(path) not in READERS:
            raise InvalidChange(f"{path} is no configuration file: restore it whole", "/keys")
        now, then = self._documents(self._draft.tree, path), self._documents(self._former, path)
        if now is None:
            if then is not None:
                self._make(path, then, meant)
            return then is not None
        then = then if then is not None else dict.fromkeys(now, _NOTHING)
        sides = ((self._draft.tree, now), (self._former, then))
        met = {number for tree, side in sides for number, one in side.items() if self._are_met(tree, path, one)}
        if not met:
            return True
        if set(now) != set(then):
            there = f"{len(now)} document(s) now, and had {len(then)}"
            raise Conflict(f"{path} has {there}: restore the file, or set its keys")
        for number, document in now.items():
            if number in met:
                index = None if number is None else document.index
                content = self._draft.read(path)
                self._draft.put(path, self._restored(path, content, index, then[number]))
        return True

    def _documents(self, tree: TreeView, path: str) -> NumberedDocuments | None:
        """The documents by their numbers; one of nothing where the file is empty; None where there is no file."""
        entry = tree.entry(path.encode())
        if entry is None or not entry.is_file:
            return None
        return {one.number: one for one in self._read(tree, path, entry.id)} or {None: _NOTHING}

    def _make(self, path: str, then: NumberedDocuments, meant: SourceAddress | None) -> None:
        if not {number for number, one in then.items() if self._are_met(self._former, path, one)}:
            return
        if len(then) > 1:
            raise Conflict(f"{path} is gone, and had {len(then)} documents: restore the file")
        content = self._restored(path, new_text(path, {}), None, next(iter(then.values())))
        if meant:
            make_file(self._draft, path, content, meant, self._naming)
        else:
            self._draft.put(path, content)

    def _restored(self, path: str, content: bytes, index: int | None, then: Document) -> bytes:
        text, former = EditedText(path, content, index), _opened(self._former, path, then)
        changes = TreeEdit(path, text.root)
        for key in sorted(self._keys):
            changes.bring_back(former.root if former else MapNode({}), key)
        if former:
            text.bring_from(former)
        return text.written(changes.root)

    def _are_met(self, tree: TreeView, path: str, document: Document) -> bool:
        """Whether a document has any of the keys; which, is noted."""
        met = {key for one in document.properties for key in self._keys.intersection((one, *parents(one)))}
        if met != self._keys:  # readers find no key at {} alone, nor in what is spelled otherwise
            text = _opened(tree, path, document)
            met |= {key for key in self._keys - met if text and find(text.root, key)}
        self.found |= met
        return bool(met)


def _opened(tree: TreeView, path: str, document: Document) -> EditedText | None:
    """A document as its format has it; None where the file has no such document."""
    entry = tree.entry(path.encode())
    if entry is None or not entry.is_file:
        return None
    try:
        return EditedText(path, tree.read(entry.id), None if document.number is None else document.index)
    except InvalidEdit:
        return None

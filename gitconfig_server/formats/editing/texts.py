"""A file opened for editing: the tree of one of its documents, and the way from a wanted tree back to text."""

from __future__ import annotations

from itertools import islice

from gitconfig_server.errors import InvalidContent, InvalidEdit, SharedAnchor, TooLarge
from gitconfig_server.formats.editing.differences import alias_above, differences
from gitconfig_server.formats.editing.groups import spelled_out
from gitconfig_server.formats.editing.json_document import patch_json
from gitconfig_server.formats.editing.lines import PatchesOverlap
from gitconfig_server.formats.editing.properties.document import write_properties
from gitconfig_server.formats.editing.reshaping import Brought, Reshaping
from gitconfig_server.formats.editing.stored import StoredText
from gitconfig_server.formats.editing.tree import MapNode, same
from gitconfig_server.formats.editing.walking import key_of
from gitconfig_server.formats.editing.yaml.document import add_document, patch_yaml
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS

_MAX_KEYS = 10
"""Keys that an error names."""


class EditedText:
    """One document of a file: its tree is ``root``. ``document`` and errors as of ``edits.edit_text``."""

    def __init__(self, path: str, content: bytes, document: int | None = None) -> None:
        self._path = path
        self._content = content
        self._text = StoredText(path, content)
        self._number = self._text.number_of(document)
        self.root = self._text.root(self._number)
        self._brought: Brought = {}
        self._other: EditedText | None = None

    def bring_from(self, other: EditedText) -> None:
        """Let nodes of another text bring that along where they come to stand here: ``0755`` stays what it was."""
        self._text.lines.end_as(other._text.lines)
        if other._number < len(other._text.documents) and other._text.extension == self._text.extension:
            marks = other._text.documents[other._number].marks
            self._brought = {node: (mark, other._text.lines) for node, mark in marks.items()}
            self._other = other  # its nodes are known by their ids, which are theirs as long as they live

    def written(self, wanted: MapNode) -> bytes:
        """The file with ``wanted`` for its document: made of ``root`` and new nodes, or of another document's.

        What it has of ``root`` keeps its text, with comments, or brings it along. The outcome has been read again and
        compared with ``wanted``, and so have the other documents. Raises SharedAnchor, InvalidEdit, TooLarge.
        """
        if same(self.root, wanted):
            return self._content
        try:
            return self._attempt(self._text, wanted, keep_text=True)
        except (PatchesOverlap, InvalidEdit, InvalidContent):
            again = StoredText(self._path, self._content)  # its marks are as they were
            try:
                return self._attempt(again, wanted, keep_text=False)
            except PatchesOverlap as error:
                raise InvalidEdit(self._path, "", "the changes meet in one place: edit the file's text") from error

    def _attempt(self, text: StoredText, wanted: MapNode, *, keep_text: bool) -> bytes:
        encoding = "iso-8859-1" if text.extension == "properties" else "utf-8"
        content = (text.bom + self._edited(text, wanted, keep_text=keep_text)).encode(encoding)
        if len(content) > DEFAULT_LIMITS.bytes:
            raise TooLarge(f"size of {self._path}, {len(content)} bytes,", DEFAULT_LIMITS.bytes)
        self._check(content, wanted)
        return content

    def _edited(self, text: StoredText, wanted: MapNode, *, keep_text: bool) -> str:
        stored = text.documents[self._number] if self._number < len(text.documents) else None
        if stored is not None and stored.flat is not None:
            is_first = all(one.is_empty for one in text.documents[: self._number])
            return write_properties(text.lines, stored.flat, self.root, wanted, is_first=is_first, keep_text=keep_text)
        if stored is None or stored.branch is None:
            return add_document(text.lines, stored.mark if stored else None, self._is_last(text), wanted)
        own = self._text.documents[self._number]
        reshaping = Reshaping(text.lines, stored, own.nodes, keep_text=keep_text, brought=self._brought)
        reshaping.map(stored.branch, wanted)
        if text.is_yaml:
            return patch_yaml(self._path, text.lines, stored.branch)
        return patch_json(text.lines, stored.branch)

    def _is_last(self, text: StoredText) -> bool:
        return self._number >= len(text.documents) - 1 and not text.is_ended

    def _check(self, content: bytes, wanted: MapNode) -> None:
        """Refuse content that would read back differently."""
        try:
            found = [one.root for one in StoredText(self._path, content).documents]
        except InvalidContent as error:
            raise InvalidEdit(self._path, "", f"the file could not be read afterwards: {error.detail}") from error
        expected = [one.root for one in self._text.documents] or [MapNode({})]
        expected[self._number] = wanted
        if not len(wanted):
            if self.root.is_flat:  # comments count with the keys before them, so that empty documents come and go
                expected, found = [one for one in expected if len(one)], [one for one in found if len(one)]
            elif len(found) < len(expected):
                found.insert(self._number, MapNode({}))
        if len(found) != len(expected):
            raise InvalidEdit(self._path, "", "the file would have other documents afterwards: edit its text")
        for one, other in zip(expected, found, strict=True):
            if not same(one, other) and not (one.is_flat and same(spelled_out(one), spelled_out(other))):
                self._refuse(one, other)

    def _refuse(self, wanted: MapNode, found: MapNode) -> None:
        differing = [path for path, _, _ in islice(differences(wanted, found), _MAX_KEYS)]
        for path in differing:
            anchor = alias_above(wanted, path) or alias_above(found, path)
            if anchor:
                raise SharedAnchor(self._path, anchor, tuple(key_of(one) for one in differing))
        key = key_of(differing[0]) if differing else ""
        raise InvalidEdit(self._path, key, "would not be as asked for afterwards: edit the file's text")

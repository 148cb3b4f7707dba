"""Editing configuration files in place: every byte that an edit does not concern stays the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gitconfig_server.errors import InvalidContent, InvalidEdit, SharedAnchor, TooLarge
from gitconfig_server.formats.editing.anchors import MAX_KEYS
from gitconfig_server.formats.editing.json_document import edit_json
from gitconfig_server.formats.editing.keys import parents
from gitconfig_server.formats.editing.lines import PatchesOverlap
from gitconfig_server.formats.editing.plan import Change, Edit, Nested, Plan, Put, RemoveKey, SetKey, same
from gitconfig_server.formats.editing.properties.document import edit_properties
from gitconfig_server.formats.editing.yaml.document import edit_yaml
from gitconfig_server.formats.reading.decoding import decode_utf8, is_utf16
from gitconfig_server.formats.reading.documents import DEFAULT_LIMITS
from gitconfig_server.formats.reading.formats import extension_of, parse
from gitconfig_server.model.environments import Value

__all__ = ["Edit", "Nested", "RemoveKey", "SetKey", "edit_text", "new_text", "replace_text"]

_BOM = "\ufeff"
_EMPTY = {"json": b"{}\n"}

Editor = Callable[[str, str, Sequence[Change], int], tuple[str, Mapping[str, str]]]
"""Path (for what errors say), text, changes and the document's number -> new text, and key -> anchor of its aliases."""


def edit_text(path: str, content: bytes, edits: Sequence[Edit], document: int | None = None) -> bytes:
    """The file after the edits, made in order; every byte that they do not concern is the same.

    ``document`` counts as ``Document.number`` does; None is the only one. Keys keep their spelling, comments their
    place; a new key stands after the last of those beside it, in their manner. A list is set as a whole, or by an index
    that stands, or by the next one. Raises InvalidEdit where the file cannot take an edit, SharedAnchor where an
    alias would make other keys change too, InvalidInput for keys and values that no file holds, TooLarge, and
    InvalidContent where ``content`` cannot be read.
    """
    target = _Target(path, content, document)
    for edit in edits:
        target.plan.edit(edit)
    return target.written() if target.plan.changes else content


def replace_text(path: str, content: bytes, properties: Mapping[str, Nested], document: int | None = None) -> bytes:
    """The document holds exactly ``properties`` (flat or nested) afterwards; what stays the same keeps its bytes.

    Parameters and errors are those of ``edit_text``.
    """
    target = _Target(path, content, document)
    target.plan.replace(properties)
    return target.written()


def new_text(path: str, properties: Mapping[str, Nested]) -> bytes:
    """A new file that holds ``properties``, in the format that its extension says. Errors as those of ``edit_text``."""
    return replace_text(path, _EMPTY.get(extension_of(path), b""), properties)


class _Target:
    """The document to be edited, and the plan for it."""

    def __init__(self, path: str, content: bytes, document: int | None) -> None:
        self._path = path
        self._content = content
        self._editor = _editor(path)
        self._documents = parse(path, content)
        self._number = self._choose(document)
        self._is_properties = extension_of(path) == "properties"
        self.plan = Plan(self._documents[self._number].properties if self._documents else {}, text=self._is_properties)

    def _choose(self, document: int | None) -> int:
        count = len(self._documents)
        if document is None and count > 1:
            raise InvalidEdit(self._path, "", f"the file has {count} documents: say which, from 0 to {count - 1}")
        number = document or 0
        if number >= max(count, 1) or number < 0:
            raise InvalidEdit(self._path, "", f"the file has {count} documents, counted from 0: there is no {number}")
        return number

    def written(self) -> bytes:
        """The new content, once it has been read back and says what the plan expects."""
        if not self.plan.changes and self._documents:
            return self._content
        bom, text = self._decoded()
        try:
            edited, aliases = self._editor(self._path, text, self.plan.changes, self._number)
        except PatchesOverlap as error:  # a key that stands twice, the ends of the two touching
            raise InvalidEdit(self._path, "", "the changes meet in one place: edit the file's text") from error
        content = (bom + edited).encode("iso-8859-1" if self._is_properties else "utf-8")
        if len(content) > DEFAULT_LIMITS.bytes:
            raise TooLarge(f"size of {self._path}, {len(content)} bytes,", DEFAULT_LIMITS.bytes)
        self._check(content, aliases)
        return content

    def _decoded(self) -> tuple[str, str]:
        """The byte order mark, if there is one, and the text. To ``.properties`` it is no mark but a part of a key."""
        if self._is_properties:
            return "", self._content.decode("iso-8859-1")
        if is_utf16(self._content):
            raise InvalidEdit(self._path, "", "the file is UTF-16: save it as UTF-8, then it can be edited")
        return _BOM if self._content.startswith(_BOM.encode()) else "", decode_utf8(self._path, self._content)

    def _check(self, content: bytes, aliases: Mapping[str, str]) -> None:
        """Refuse content that would read back differently; a plan may replace empty values above its keys."""
        try:
            after = parse(self._path, content)
        except InvalidContent as error:
            raise InvalidEdit(self._path, "", f"the file could not be read afterwards: {error.detail}") from error
        filled = {parent for change in self.plan.changes if isinstance(change, Put) for parent in parents(change.key)}
        expected = self._expected(filled)
        found = [document.properties for document in after] or [{}]
        if len(found) < len(expected) and not self.plan.expected:
            found.insert(self._number, {})
        if len(found) != len(expected):
            raise InvalidEdit(self._path, "", "the file would have other documents afterwards: edit its text")
        found[self._number] = _without_empty(found[self._number], filled)
        for one, other in zip(found, expected, strict=True):
            if not same(one, other):
                self._refuse(one, other, aliases)

    def _expected(self, filled: set[str]) -> list[Mapping[str, Value]]:
        expected: list[Mapping[str, Value]] = [document.properties for document in self._documents] or [{}]
        expected[self._number] = _without_empty(self.plan.expected, filled)
        return expected

    def _refuse(self, found: Mapping[str, Value], expected: Mapping[str, Value], aliases: Mapping[str, str]) -> None:
        differing = sorted(key for key in {**found, **expected} if found.get(key) != expected.get(key))
        for key in differing:
            for above in ("", *parents(key), key):
                if above in aliases:
                    raise SharedAnchor(self._path, aliases[above], tuple(differing[:MAX_KEYS]))
        key = differing[0] if differing else ""
        raise InvalidEdit(self._path, key, "would not be as asked for afterwards: edit the file's text")


def _without_empty(properties: Mapping[str, Value], filled: set[str]) -> Mapping[str, Value]:
    return {key: value for key, value in properties.items() if key not in filled or value != ""}


def _editor(path: str) -> Editor:
    editor = _EDITORS.get(extension_of(path))
    if editor is None:
        raise InvalidEdit(path, "", f"files of this kind are not edited: write {path.rpartition('.')[0]}.yml instead")
    return editor


_EDITORS: Mapping[str, Editor] = {
    "properties": edit_properties,
    "yml": edit_yaml,
    "yaml": edit_yaml,
    "json": edit_json,
}

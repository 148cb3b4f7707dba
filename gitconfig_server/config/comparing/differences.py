"""Two trees compared: which files differ, which keys of them, and how that is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from gitconfig_server.config.comparing.formats import as_deepdiff, as_json_patch
from gitconfig_server.config.comparing.unified import unified_diff
from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.names.manifest import MANIFEST, read_manifest
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.config.sources.finding import address_in
from gitconfig_server.errors import InvalidContent, InvalidEdit, TooLarge
from gitconfig_server.formats.editing.stored import read_trees
from gitconfig_server.formats.editing.tree import MapNode, plain
from gitconfig_server.formats.editing.walking import leaves
from gitconfig_server.formats.properties import merge
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.formats.reading.formats import extension_of, extensions
from gitconfig_server.git.objects.trees import SUBMODULE, TreeEntry, TreeView, changed_files
from gitconfig_server.model.environments import PropertySource, Value
from gitconfig_server.model.history import DiffFormat, DiffQuery, FileChange, KeyChange, Op, StoredValue

MAX_FILES = 20_000
_MAX_CHANGES = 200_000

_NESTED = ("yml", "yaml", "json")
_EMPTY = re.compile(rb"[{\[]\s*(?:#[^\n]*\s*)*[}\]]")
"""What may be ``{}`` or ``[]``."""

_Properties = Mapping[str, Value]
_Stored = Mapping[str, StoredValue]
NumberedProperties = Mapping[int | None, _Properties]


class _ChangedFile(Struct, frozen=True):
    """A file that differs, and what can be read of both sides; no documents where it is no configuration."""

    change: FileChange
    old: TreeEntry | None
    new: TreeEntry | None
    before: NumberedProperties = field(default_factory=dict)
    after: NumberedProperties = field(default_factory=dict)
    stored_before: Mapping[int | None, _Stored] = field(default_factory=dict)
    stored_after: Mapping[int | None, _Stored] = field(default_factory=dict)


class Differences(Struct, frozen=True):
    """What was found."""

    changes: tuple[KeyChange, ...]
    files: tuple[FileChange, ...]
    told: object


class TreeDiff:
    """Compares two trees as one server reads them; ``read`` is its cache of parsed files."""

    def __init__(self, old: TreeView, new: TreeView, options: ResolveOptions, read: ReadDocuments) -> None:
        self._old = old
        self._new = new
        self._old_options, self._new_options = (_declared(tree, options) for tree in (old, new))
        self._read = read

    def compare(self, query: DiffQuery) -> Differences:
        """Everything that differs and that ``query`` asks for. TooLarge past MAX_FILES and _MAX_CHANGES."""
        found = [one for one in self._files() if _asked(one.change, query)]
        changes: list[KeyChange] = []
        for one in found:
            changes += _key_changes(one)
            if len(changes) > _MAX_CHANGES:
                raise TooLarge("number of keys that differ (name an application)", _MAX_CHANGES)
        return Differences(tuple(changes), tuple(one.change for one in found), self._told(found, query.format))

    def _files(self) -> Iterator[_ChangedFile]:
        for number, (path, old, new) in enumerate(changed_files(self._old, self._new)):
            if number == MAX_FILES:
                raise TooLarge("number of files that differ", MAX_FILES)
            yield self._file(path, old, new)

    def _file(self, path: bytes, old: TreeEntry | None, new: TreeEntry | None) -> _ChangedFile:
        shown = path.decode(errors="replace")
        op = Op.ADD if old is None else Op.REMOVE if new is None else Op.CHANGE
        tree, options = (self._new, self._new_options) if new else (self._old, self._old_options)
        if not _is_configuration(path, options) or not all(entry is None or entry.is_file for entry in (old, new)):
            return _ChangedFile(FileChange(shown, op), old, new)
        application, profile = address_in(tree, shown, None, options)
        try:
            before, after = self._documents(self._old, shown, old), self._documents(self._new, shown, new)
        except InvalidContent as error:
            return _ChangedFile(FileChange(shown, op, application, profile, str(error)), old, new)
        change = FileChange(shown, op, application, profile)
        stored = self._stored(self._old, shown, old, before), self._stored(self._new, shown, new, after)
        return _ChangedFile(change, old, new, _properties(before), _properties(after), *stored)

    def _documents(self, tree: TreeView, path: str, entry: TreeEntry | None) -> Sequence[Document]:
        return self._read(tree, path, entry.id) if entry else ()

    def _stored(
        self, tree: TreeView, path: str, entry: TreeEntry | None, documents: Sequence[Document]
    ) -> Mapping[int | None, _Stored]:
        """The properties of documents, with ``{}``, ``[]`` and null, which readers have no key for or take for text."""
        if entry is None or extension_of(path) not in _NESTED:
            return _properties(documents)
        content = tree.read(entry.id)
        if not _EMPTY.search(content) and not any("" in one.properties.values() for one in documents):
            return _properties(documents)
        try:
            roots = read_trees(path, content)
        except (InvalidEdit, TooLarge):  # it is read, but not edited: then readers' values are all there is to tell
            return _properties(documents)
        return {one.number: _with_empty(one.properties, roots[one.index]) for one in documents}

    def _told(self, found: Sequence[_ChangedFile], form: DiffFormat) -> object:
        if form is DiffFormat.KEYS:
            return None
        if form is DiffFormat.UNIFIED:
            sides = ((one, self._side(self._old, one.old), self._side(self._new, one.new)) for one in found)
            return "".join(unified_diff(one.change.path, *old, *new) for one, old, new in sides)
        before = {one.change.path: one.before for one in found if one.before}
        after = {one.change.path: one.after for one in found if one.after}
        return as_deepdiff(before, after) if form is DiffFormat.DEEPDIFF else as_json_patch(before, after)

    def _side(self, tree: TreeView, entry: TreeEntry | None) -> tuple[bytes | None, int]:
        if entry is None:
            return None, 0
        return b"" if entry.mode == SUBMODULE else tree.read(entry.id), entry.mode


def effective_keys(old: Sequence[PropertySource], new: Sequence[PropertySource]) -> tuple[str, ...]:
    """The keys of ``effective_changes``."""
    return tuple(key for key, _ in _ops(*(merge(source.properties for source in one) for one in (old, new))))


def effective_changes(
    application: str, profile: str, old: Sequence[PropertySource], new: Sequence[PropertySource]
) -> tuple[KeyChange, ...]:
    """What differs in what a client gets of two environments' sources, the strongest first."""
    before, after = (merge(source.properties for source in sources) for sources in (old, new))
    found: list[KeyChange] = []
    for key, op in _ops(before, after):
        place = _place(new if key in after else old, key)
        found.append(KeyChange(application, profile, *place, key, op, before.get(key), after.get(key)))
    return tuple(found)


def _place(sources: Sequence[PropertySource], key: str) -> tuple[str, int | None]:
    source = next(source for source in sources if key in source.properties)
    return source.path, source.document


def _key_changes(file: _ChangedFile) -> Iterator[KeyChange]:
    change = file.change
    who = change.application or "", change.profile or ""
    before, after = file.stored_before, file.stored_after
    for document in sorted({*before, *after}, key=lambda number: -1 if number is None else number):
        old, new = before.get(document, {}), after.get(document, {})
        for key, op in _ops(old, new):
            yield KeyChange(*who, change.path, document, key, op, old.get(key), new.get(key))


def _properties(documents: Sequence[Document]) -> NumberedProperties:
    return {one.number: one.properties for one in documents}


def _with_empty(properties: _Properties, root: MapNode) -> _Stored:
    """Properties in the order of the file, with what is ``{}``, ``[]`` or null there as that."""
    stored: dict[str, StoredValue] = {}
    for key, node in leaves(root):
        value = plain(node)
        stored[key] = value if value is None or value in ({}, []) else properties.get(key, value)
    return stored | {key: value for key, value in properties.items() if key not in stored}


def _ops(old: _Stored, new: _Stored) -> Iterator[tuple[str, Op]]:
    """Keys that differ, in their order: what is new where it stands, what is gone afterwards."""
    for key, value in new.items():
        if key not in old:
            yield key, Op.ADD
        elif not _same(old[key], value):
            yield key, Op.CHANGE
    for key in old:
        if key not in new:
            yield key, Op.REMOVE


def _same(one: StoredValue, other: StoredValue) -> bool:
    """Whether two values are one: ``1``, ``1.0``, ``true`` and ``"1"`` all differ."""
    return type(one) is type(other) and one == other


def _declared(tree: TreeView, options: ResolveOptions) -> ResolveOptions:
    """With what the manifest of ``tree`` declares; a broken one differs from a sound one like any file."""
    try:
        return options.declared_by(read_manifest(tree))
    except InvalidContent:
        return options


def _asked(change: FileChange, query: DiffQuery) -> bool:
    return query.application in (None, change.application) and query.profile in (None, change.profile)


def _is_configuration(path: bytes, options: ResolveOptions) -> bool:
    return is_text(path) and path != MANIFEST.encode() and extension_of(path.decode()) in extensions(options.json)

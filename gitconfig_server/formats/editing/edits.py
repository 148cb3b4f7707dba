"""Editing configuration files in place: every byte that an edit does not concern stays the same."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from gitconfig_server.errors import InvalidInput, InvalidName, TooLarge
from gitconfig_server.formats.editing.keys import parents, those_above_first
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree import Nested, node_of
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.editing.walking import leaves
from gitconfig_server.formats.properties import MAX_DEPTH, MAX_KEY
from gitconfig_server.formats.reading.formats import extension_of
from gitconfig_server.formats.reading.yaml_scalars import MAX_NUMBER
from gitconfig_server.formats.values import join_key

_SURROGATE = re.compile("[\ud800-\udfff]")
_EMPTY = {"json": b"{}\n"}
_NOTHING = {"yml": b"{}\n", "yaml": b"{}\n"}


class SetKey(Struct, frozen=True):
    """``key`` (a dotted one: ``a.b[0].c``) holds ``value`` afterwards.

    Longer keys that are spelled out beside it stay, but for those that spell what a map or list says itself.
    """

    key: str
    value: Nested


class RemoveKey(Struct, frozen=True):
    """``key`` is not there afterwards, nor anything beneath it; what it stood in stays."""

    key: str


Edit = SetKey | RemoveKey


def edit_text(path: str, content: bytes, edits: Sequence[Edit], document: int | None = None) -> bytes:
    """The file after the edits, made in order; every byte that they do not concern is the same.

    ``document`` counts as the format does, from 0, empty ones too; None is the only one that is not empty. Keys keep
    their spelling, comments their place; a new key stands after the last of those beside it, in their manner. Items of
    lists move with their text. Raises InvalidEdit where the file cannot take an edit, SharedAnchor where an alias would
    make other keys change too, InvalidInput for keys and values that no file holds, TooLarge, and InvalidContent where
    ``content`` cannot be read.
    """
    text = EditedText(path, content, document)
    changes = TreeEdit(path, text.root)
    for edit in edits:
        _check_key(edit.key)
        if isinstance(edit, RemoveKey):
            changes.remove([edit.key])
        else:
            changes.put([edit.key], node_of(checked(edit.key, edit.value)))
        changes.settle()
    return text.written(changes.root)


def replace_text(
    path: str, content: bytes, properties: Mapping[str, Nested], document: int | None = None, *, exact: bool = False
) -> bytes:
    """The document holds exactly ``properties`` afterwards; what stays the same keeps its bytes.

    Keys at the top may be dotted, those of inner maps are keys as they are; with ``exact`` so are all. Other parameters
    and errors are those of ``edit_text``.
    """
    text = EditedText(path, content, document)
    changes = TreeEdit(path, text.root)
    _replace_all(changes, {name: checked(name, value) for name, value in properties.items()}, exact=exact)
    return text.written(changes.root)


def new_text(path: str, properties: Mapping[str, Nested], *, exact: bool = False) -> bytes:
    """A new file that holds ``properties``, in the format that its extension says. Errors as those of ``edit_text``."""
    extension = extension_of(path)
    content = replace_text(path, _EMPTY.get(extension, b""), properties, exact=exact)
    return content or _NOTHING.get(extension, b"")


def _replace_all(changes: TreeEdit, properties: Mapping[str, Nested], *, exact: bool = False) -> None:
    """Let a tree hold exactly ``properties``, which have been checked."""
    if exact and not changes.root.is_flat:
        changes.replace_root(node_of(properties))
        return
    given = {}
    for name, value in properties.items():
        if name or changes.root.is_flat:  # "" is a key of JSON's like others, where there are keys within keys
            _check_key(name)
        for names, key, leaf in _leaves((name,), name, value):
            if key in given:
                raise InvalidInput(f"{key} is given twice, in two spellings: keep one")
            given[key] = names, leaf
    goes_on = {(parent, key[len(parent)]) for key in given for parent in parents(key) if parent not in given}
    changes.make_way({parent: (parent, "[") in goes_on for parent, _ in goes_on})
    keys, ensured = list(given), set()
    for place in those_above_first(keys):
        names, leaf = given[keys[place]]
        for above in (names[:end] for end in range(1, len(names))):
            if above not in ensured:
                ensured.add(above)
                changes.ensure_map(above)
        changes.put(names, node_of(leaf))
    changes.keep_only_touched()


def _leaves(names: tuple[str, ...], key: str, value: Nested) -> Iterator[tuple[tuple[str, ...], str, Nested]]:
    if not isinstance(value, Mapping) or not value:
        yield names, key, value
        return
    for name, child in value.items():
        yield from _leaves((*names, name), join_key(key, name), child)


def checked(key: str, value: Nested, depth: int = 0) -> Nested:
    """``value``, if a file can hold it: read back, it must be the same. Raises InvalidInput, TooLarge."""
    if depth > MAX_DEPTH:
        raise TooLarge(f"nesting at {key[:80]!r}", MAX_DEPTH)
    if isinstance(value, str):
        _check_text(key, value)
    elif isinstance(value, Mapping):
        for name in value:
            _check_text(key, name)
        found: Nested = {name: checked(f"{key}.{name}", child, depth + 1) for name, child in value.items()}
        if depth == 0:
            _refuse_doubles(key, value)
        return found
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [checked(f"{key}[{index}]", child, depth + 1) for index, child in enumerate(value)]
    elif isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(f"{key}: {value} is no value that JSON has: write it as text")
    elif isinstance(value, int) and abs(value) >= 10**MAX_NUMBER:
        raise TooLarge(f"number of digits at {key[:80]!r}", MAX_NUMBER)
    elif not (value is None or isinstance(value, int | float)):
        raise InvalidInput(f"{key}: a {type(value).__name__} cannot be stored: use text, a number or a boolean")
    return value


def _refuse_doubles(key: str, value: Mapping[str, Nested]) -> None:
    """Refuse a value that spells one key in two ways, ``{b.c: 1, b: {c: 2}}``."""
    seen: set[str] = set()
    for one, _ in leaves(node_of(value), key):
        if one in seen:
            raise InvalidInput(f"{one} is given twice, in two spellings: keep one")
        seen.add(one)


def _check_key(key: str) -> None:
    _check_text(key, key)
    if not key.strip():
        raise InvalidName("key", key, "it is empty")
    if len(key) > MAX_KEY:
        raise TooLarge(f"length of key {key[:80]!r}", MAX_KEY)


def _check_text(key: str, text: object) -> None:
    if not isinstance(text, str):
        raise InvalidInput(f"{key}: a key is text, not {type(text).__name__}")
    if _SURROGATE.search(text):
        raise InvalidInput(f"{key!r}: half of a surrogate pair cannot be stored")

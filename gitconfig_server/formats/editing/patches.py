"""Patches of a document's tree: RFC 7396 as statements of what is to be where, RFC 6902 as operations.

Refusals point (RFC 6901) into what was sent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from msgspec import Struct

from gitconfig_server.errors import InvalidChange, TooLarge
from gitconfig_server.formats.editing.json_patch import apply_operations
from gitconfig_server.formats.editing.keys import split_key, those_above_first
from gitconfig_server.formats.editing.tree import node_of
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.editing.walking import leaves
from gitconfig_server.formats.properties import MAX_DEPTH, MAX_KEY
from gitconfig_server.formats.values import join_key
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import JsonPatch, MergePatch
from gitconfig_server.wire.json_pointer import token

MAX_VALUES = 200_000
"""Values of one patch, or of all that a source is to hold: empty maps and lists count too."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class Said(Enum):
    """What a patch says of a place: its value, that a map is there (``EMPTY``: this very ``{}``), or that it goes."""

    VALUE = auto()
    MAP = auto()
    EMPTY = auto()
    GONE = auto()


class Statement(Struct, frozen=True):
    """What is to be at a place. ``names`` as of ``TreeEdit``: the first may be a dotted key. ``tidy`` as of a patch."""

    names: tuple[str, ...]
    said: Said
    value: Any = None
    pointer: str = ""
    tidy: bool = False

    @property
    def key(self) -> str:
        """The flat key of the place."""
        key = ""
        for name in self.names:
            key = join_key(key, name)
        return key

    def apply(self, changes: TreeEdit) -> None:
        """Make it so. Raises InvalidEdit."""
        if self.said is Said.VALUE:
            changes.put(self.names, node_of(self.value))
        elif self.said is Said.GONE:
            changes.remove(self.names, tidy=self.tidy)
        else:
            changes.ensure_map(self.names, literally=self.said is Said.EMPTY)


def apply_patch(changes: TreeEdit, patch: MergePatch | JsonPatch) -> None:
    """Let a tree be what ``patch`` makes of it. Raises InvalidChange, InvalidEdit, TooLarge, Conflict for a failed
    test."""
    if isinstance(patch, MergePatch):
        for one in merge_statements(patch):
            one.apply(changes)
        changes.settle()
        return
    for number, operation in enumerate(patch.operations):
        if isinstance(operation, Mapping) and "value" in operation:
            _check_value(operation["value"], f"{patch.pointer}/{number}/value")
    try:
        apply_operations(changes, patch.operations)
    except InvalidChange as error:
        raise InvalidChange(error.reason, patch.pointer + error.pointer) from error


def merge_statements(patch: MergePatch) -> list[Statement]:
    """What a merge patch says, place by place. Raises InvalidChange for what no configuration holds, TooLarge."""
    _check_size(patch.members)
    found = list(_statements(patch.members, (), "", patch.pointer, 0))
    _refuse_doubles(found)
    keys = ["" if one.said is Said.MAP else one.key for one in found]
    found = [found[place] for place in those_above_first(keys)]
    return [replace(one, tidy=True) for one in found] if patch.tidy else found


def check_properties(properties: Mapping[str, Any], pointer: str, *, exact: bool = False) -> None:
    """Refuse properties, nested or flat (with ``exact``: nested), that no configuration holds, or that say a key twice.

    Raises InvalidChange with the place, InvalidName, TooLarge.
    """
    _check_size(properties)
    found = list(_statements(properties, (), "", pointer, 0, nulls=False))
    _refuse_doubles(found)
    for one in () if exact else found:
        if one.names[0]:
            split_key(one.names[0])


def _check_value(value: Any, pointer: str) -> None:
    """Refuse a value that no configuration holds. Raises InvalidChange, TooLarge."""
    _check_size(value)
    _check(value, pointer, 0)


def _statements(
    members: Mapping[str, Any], names: tuple[str, ...], key: str, pointer: str, depth: int, *, nulls: bool = True
) -> Iterator[Statement]:
    """In order; with ``nulls`` null means gone."""
    if depth > MAX_DEPTH:
        raise InvalidChange(f"nested more than {MAX_DEPTH} deep", pointer[:80])
    for name, child in members.items():
        if not isinstance(name, str):
            raise InvalidChange(f"{name!r} cannot be a key", pointer)
        _check_name(name, pointer)
        place, below = (*names, name), f"{pointer}/{token(name)}"
        if isinstance(child, Mapping):
            yield Statement(place, Said.MAP if child else Said.EMPTY if nulls else Said.VALUE, child, below)
            yield from _statements(child, place, join_key(key, name), below, depth + 1, nulls=nulls)
        elif child is None and nulls:
            yield Statement(place, Said.GONE, None, below)
        else:
            _check(child, below, depth + 1)
            if isinstance(child, list | tuple):
                _refuse_doubles_within(child, below)
            yield Statement(place, Said.VALUE, child, below)


def _refuse_doubles(statements: Sequence[Statement]) -> None:
    seen: set[str] = set()
    for one in statements:
        if one.said is not Said.MAP:
            if one.key in seen:
                raise InvalidChange(f"{one.key} is stated twice: a key is its path, however it is spelled", one.pointer)
            seen.add(one.key)


def _refuse_doubles_within(items: Sequence[Any], pointer: str) -> None:
    seen: set[str] = set()
    for key, _ in leaves(node_of(items), " "):
        if key in seen:
            raise InvalidChange(f"{key[1:]} is stated twice: a key is its path, however it is spelled", pointer)
        seen.add(key)


def _check_name(name: str, pointer: str) -> None:
    if _SURROGATE.search(name):
        raise InvalidChange(f"key {name!r} is not Unicode: a surrogate stands alone", pointer)
    if len(name) > MAX_KEY:
        raise InvalidChange(f"a part of a key has more than {MAX_KEY} characters", pointer)


def _check(value: Any, pointer: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise InvalidChange(f"nested more than {MAX_DEPTH} deep", pointer[:80])
    if isinstance(value, Mapping):
        for name, child in value.items():
            if not isinstance(name, str):
                raise InvalidChange(f"{name!r} cannot be a key", pointer)
            _check_name(name, pointer)
            _check(child, f"{pointer}/{token(name)}", depth + 1)
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            _check(child, f"{pointer}/{index}", depth + 1)
    elif value is not None and not isinstance(value, str | int | float):
        raise InvalidChange(f"a {type(value).__name__} cannot be stored: use text, a number or a boolean", pointer)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InvalidChange("no configuration holds infinite numbers or NaN: send them as text", pointer)
    elif isinstance(value, str) and _SURROGATE.search(value):
        raise InvalidChange("the text is not Unicode: a surrogate stands alone", pointer)


def _check_size(value: Any) -> None:
    """Refuse what is too large, before anything else costs time."""
    waiting, count = [value], 0
    while waiting:
        node = waiting.pop()
        count += 1
        if count + len(waiting) > MAX_VALUES:
            raise TooLarge("number of values", MAX_VALUES)
        waiting.extend(node.values() if isinstance(node, Mapping) else node if isinstance(node, list | tuple) else ())

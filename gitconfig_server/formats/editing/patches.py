"""Patches: from the properties there are to the properties there are to be. Nothing here knows files.

Refusals point (RFC 6901) into what was sent.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from gitconfig_server.errors import InvalidChange
from gitconfig_server.formats.editing.edits import Nested
from gitconfig_server.formats.editing.json_patch import apply_operations
from gitconfig_server.formats.properties import MAX_DEPTH, unflatten
from gitconfig_server.formats.values import join_index, join_key, key_segment
from gitconfig_server.model.environments import Value
from gitconfig_server.model.writes import JsonPatch, MergePatch
from gitconfig_server.wire.json_pointer import token

Flat = dict[str, Nested]
"""Flat key -> a single value; null and the empty list are themselves."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def flat_properties(nested: Mapping[str, Any], pointer: str = "") -> Flat:
    """What was sent, nested or flat or both, as flat keys; an empty map leaves nothing.

    Raises InvalidChange where a key comes twice, has no nested form, or holds what configuration cannot.
    """
    found: Flat = {}
    for one in _statements(nested, pointer):
        if one.said is not _Said.MAP:
            _put(found, one)
    _check_keys(found, pointer)
    return found


def patched(flat: Mapping[str, Value], patch: MergePatch | JsonPatch) -> Flat:
    """The properties after ``patch``; ``flat`` are those before. Raises InvalidChange, Conflict for a failed test."""
    if isinstance(patch, MergePatch):
        return _merged(flat, patch.members, patch.pointer)
    try:
        nested = apply_operations(unflatten(flat), patch.operations)
    except InvalidChange as error:
        raise InvalidChange(error.reason, patch.pointer + error.pointer) from error
    try:
        return flat_properties(nested)
    except InvalidChange as error:  # its place is one of the outcome, not of what was sent
        reason = f"what the patch leaves at {error.pointer or '/'}: {error.reason}"
        raise InvalidChange(reason, patch.pointer) from error


class _Said(Enum):
    """What a mapping says of a key: its value, that more stands beneath it, or (null) that it goes."""

    VALUE = auto()
    MAP = auto()
    GONE = auto()


@dataclass(frozen=True, slots=True)
class _Statement:
    key: str
    said: _Said
    value: Any
    pointer: str


def _merged(flat: Mapping[str, Value], members: Mapping[str, Any], pointer: str) -> Flat:
    """RFC 7396 by flat keys: what is stated for a key replaces all that stood there and beneath it."""
    ordered = sorted(flat)
    result: Flat = dict(flat)
    stated: Flat = {}
    for one in _statements(members, pointer, nulls=True, lists=True):
        for key in _at_or_beneath(ordered, one.key, "[" if one.said is _Said.MAP else ".["):
            if key not in stated:
                result.pop(key, None)
        for item in _items(one):
            _put(stated, item)
            result[item.key] = stated[item.key]
    _check_keys(stated, pointer)
    return result


def _items(one: _Statement) -> Iterator[_Statement]:
    """A value's statements: itself, or those of a list's items; none where there is no value."""
    if isinstance(one.value, list | tuple):
        found = _walk(one.value, one.key, one.pointer, 1, nulls=False, lists=False)
        yield from (item for item in found if item.said is not _Said.MAP)
    elif one.said is _Said.VALUE:
        yield one


def _at_or_beneath(ordered: Sequence[str], key: str, signs: str) -> list[str]:
    """``key``, and those of the sorted keys that go on after it with one of ``signs``."""
    found = [key]
    for sign in signs:
        beyond = key + chr(ord(sign) + 1)
        found += ordered[bisect_left(ordered, key + sign) : bisect_left(ordered, beyond)]
    return found


def _statements(
    nested: Mapping[str, Any], pointer: str, *, nulls: bool = False, lists: bool = False
) -> Iterator[_Statement]:
    """In order. ``nulls``: null means gone. ``lists``: a list is one value."""
    yield from (one for one in _walk(nested, "", pointer, 0, nulls=nulls, lists=lists) if one.key)


def _walk(node: Any, key: str, pointer: str, depth: int, *, nulls: bool, lists: bool) -> Iterator[_Statement]:
    if depth > MAX_DEPTH:
        raise InvalidChange(f"nested more than {MAX_DEPTH} deep", pointer[:80])
    if isinstance(node, Mapping):
        yield _Statement(key, _Said.MAP, None, pointer)
        for name, child in node.items():
            if not isinstance(name, str) or not name:
                raise InvalidChange(f"{name!r} cannot be a key", pointer)
            below = join_key(key, key_segment(name))
            yield from _walk(child, below, f"{pointer}/{token(name)}", depth + 1, nulls=nulls, lists=lists)
    elif isinstance(node, list | tuple) and node and not lists:
        for index, child in enumerate(node):
            yield from _walk(child, join_index(key, index), f"{pointer}/{index}", depth + 1, nulls=nulls, lists=lists)
    elif node is None and nulls:
        yield _Statement(key, _Said.GONE, None, pointer)
    else:
        yield _Statement(key, _Said.VALUE, node, pointer)


def _put(found: Flat, one: _Statement) -> None:
    """Add a statement of a leaf."""
    if one.key in found:
        raise InvalidChange(f"{one.key} is stated twice: a key is its path, however it is spelled", one.pointer)
    found[one.key] = _leaf(one)


def _leaf(one: _Statement) -> Nested:
    value: Nested = one.value
    if value is None or isinstance(value, list | tuple):
        return value  # a list that got here is empty
    if not isinstance(value, str | int | float):
        raise InvalidChange(f"a {type(value).__name__} cannot be stored: use text, a number or a boolean", one.pointer)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidChange("no configuration holds infinite numbers or NaN: send them as text", one.pointer)
    if isinstance(value, str) and _SURROGATE.search(value):
        raise InvalidChange("the text is not Unicode: a surrogate stands alone", one.pointer)
    return value


def _check_keys(flat: Mapping[str, Nested], pointer: str) -> None:
    """Refuse keys that could be stored, but never be read in the nested form."""
    for key in flat:
        if _SURROGATE.search(key):
            raise InvalidChange(f"key {key!r} is not Unicode: a surrogate stands alone", pointer)
    unflatten(dict.fromkeys(flat, ""))

"""From what a writer wants of a document to the changes its text needs, with the keys it must have afterwards."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitconfig_server.errors import InvalidInput, InvalidName, TooLarge
from gitconfig_server.formats.editing.keys import SortedKeys, by_index, parents
from gitconfig_server.formats.properties import MAX_DEPTH, MAX_KEY, flatten
from gitconfig_server.formats.reading.yaml_scalars import MAX_NUMBER
from gitconfig_server.formats.values import join_key, scalar_text
from gitconfig_server.model.environments import Value

Nested = str | int | float | bool | None | Sequence["Nested"] | Mapping[str, "Nested"]
"""What JSON can say."""


@dataclass(frozen=True, slots=True)
class SetKey:
    """``key`` (a flat path: ``a.b[0].c``) holds ``value`` afterwards, and nothing else stands beneath it.

    A scalar that stands at the key itself gives way alone: what other spellings put beneath it stays.
    """

    key: str
    value: Nested


@dataclass(frozen=True, slots=True)
class RemoveKey:
    """Neither ``key`` nor anything beneath it is there afterwards."""

    key: str


Edit = SetKey | RemoveKey


@dataclass(frozen=True, slots=True)
class Put:
    """A change of the text: a scalar, a list or ``{}`` stands at ``key``, as SetKey says."""

    key: str
    value: Nested


@dataclass(frozen=True, slots=True)
class Drop:
    """A change of the text: what stands at ``key`` and beneath it goes."""

    key: str


Change = Put | Drop

_SURROGATE = re.compile("[\ud800-\udfff]")


class Plan:
    """Collects changes and knows, after each, what the document holds.

    ``text``: the format knows nothing but text, so numbers and booleans are written as Java prints them.
    """

    def __init__(self, properties: Mapping[str, Value], text: bool = False) -> None:
        self.changes: list[Change] = []
        self.expected = dict(properties)
        self._keys = SortedKeys(properties)
        self._text = text

    def edit(self, edit: Edit) -> None:
        """Take one edit in. Raises InvalidInput for values and keys that configuration cannot hold."""
        _check_text(edit.key, edit.key)
        if not edit.key.strip():
            raise InvalidName("key", edit.key, "it is empty")
        if len(edit.key) > MAX_KEY:
            raise TooLarge(f"length of key {edit.key[:80]!r}", MAX_KEY)
        if isinstance(edit, RemoveKey):
            self._drop(edit.key)
        elif isinstance(edit.value, Mapping) and edit.value:
            current = [edit.key] if edit.key in self.expected else []
            self._fill(dict(self._leaves(edit.key, edit.value, 0)), current + self._keys.beneath(edit.key))
        else:
            self._put(edit.key, self._checked(edit.key, edit.value, 0))

    def replace(self, properties: Mapping[str, Nested]) -> None:
        """Nothing but ``properties``, flat or nested, is there afterwards."""
        self._fill(dict(self._leaves("", properties, 0)), list(self.expected))

    def _fill(self, leaves: Mapping[str, Nested], current: Iterable[str]) -> None:
        """Make ``current`` keys give way to ``leaves``: first what goes, then what is new or different."""
        above = {parent for leaf in leaves for parent in parents(leaf)}
        for key in sorted(current, key=by_index, reverse=True):
            if key in above and key not in leaves:
                self._put(key, {})
            elif key not in leaves and key in self.expected and not self._covered(key, leaves):
                self._drop(self._outermost(key, leaves, above))
        for leaf in sorted(leaves, key=lambda leaf: leaf not in above):
            self._put(leaf, leaves[leaf])

    def _covered(self, key: str, leaves: Mapping[str, Nested]) -> bool:
        """Whether writing a leaf above ``key`` makes it go."""
        return any(parent in leaves and parent not in self.expected for parent in parents(key))

    def _outermost(self, key: str, leaves: Mapping[str, Nested], above: set[str]) -> str:
        """The highest key that can go together with ``key``."""
        free = (one for one in parents(key) if one not in above and one not in leaves)
        return next(free, key)

    def _drop(self, key: str) -> None:
        if key not in self.expected and not self._keys.any_beneath(key):
            return
        self._forget([key] if key in self.expected else [])
        self._forget_beneath(key)
        self.changes.append(Drop(key))

    def _put(self, key: str, value: Nested) -> None:
        flat = self._flat(key, value)
        stands = key in self.expected
        current = [key] if stands else self._keys.beneath(key)
        if value != {} and same({one: self.expected[one] for one in current}, flat):
            return
        if stands:
            self._forget(current)
        else:
            self._forget_beneath(key)
            self._forget(() if self._text else self._empty_above(key))
        for one in flat:
            if one not in self.expected:
                self._keys.add(one)
        self.expected.update(flat)
        self.changes.append(Put(key, value))

    def _empty_above(self, key: str) -> list[str]:
        """Keys without a value, which become maps or lists when something is put beneath them."""
        return [parent for parent in parents(key) if self.expected.get(parent) == ""]

    def _forget(self, keys: Iterable[str]) -> None:
        for one in keys:
            self._keys.remove(one)
            del self.expected[one]

    def _forget_beneath(self, key: str) -> None:
        for one in self._keys.beneath(key):
            del self.expected[one]
        self._keys.remove_beneath(key)

    def _flat(self, key: str, value: Nested) -> dict[str, Value]:
        flat = flatten({key: value})
        return {one: scalar_text(leaf) for one, leaf in flat.items()} if self._text else flat

    def _leaves(self, key: str, value: Nested, depth: int) -> Iterator[tuple[str, Nested]]:
        if not isinstance(value, Mapping) or (key and not value):
            yield key, self._checked(key, value, depth)
            return
        seen: set[str] = set()
        for name, child in value.items():
            _check_text(key, name)
            for leaf, one in self._leaves(join_key(key, name), child, depth + 1):
                if leaf in seen:
                    raise InvalidInput(f"{leaf} is given twice, in two spellings: keep one")
                seen.add(leaf)
                yield leaf, one

    def _checked(self, key: str, value: Nested, depth: int) -> Nested:
        """``value``, if a file can hold it: read back, it must be the same."""
        if depth > MAX_DEPTH:
            raise TooLarge(f"nesting at {key[:80]!r}", MAX_DEPTH)
        if isinstance(value, str):
            _check_text(key, value)
        elif isinstance(value, Mapping):
            for name in value:
                _check_text(key, name)
            return {name: self._checked(f"{key}.{name}", child, depth + 1) for name, child in value.items()}
        elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
            return [self._checked(f"{key}[{index}]", child, depth + 1) for index, child in enumerate(value)]
        elif isinstance(value, float) and not math.isfinite(value):
            raise InvalidInput(f"{key}: {value} is no value that JSON has: write it as text")
        elif isinstance(value, int) and abs(value) >= 10**MAX_NUMBER:
            raise TooLarge(f"number of digits at {key[:80]!r}", MAX_NUMBER)
        elif not (value is None or isinstance(value, int | float)):
            raise InvalidInput(f"{key}: a {type(value).__name__} cannot be stored: use text, a number or a boolean")
        return value


def same(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """Whether two flat maps say the same: ``1``, ``1.0`` and ``true`` differ, the order of keys does not count."""
    return one == other and all(type(value) is type(other[key]) for key, value in one.items())


def _check_text(key: str, text: object) -> None:
    if not isinstance(text, str):
        raise InvalidInput(f"{key}: a key is text, not {type(text).__name__}")
    if _SURROGATE.search(text):
        raise InvalidInput(f"{key!r}: half of a surrogate pair cannot be stored")

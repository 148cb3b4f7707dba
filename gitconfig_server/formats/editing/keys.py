"""Flat keys as an editor sees them: their parts, what stands above them, and what lies beneath."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from gitconfig_server.errors import InvalidName, TooLarge
from gitconfig_server.formats.properties import MAX_DEPTH, MAX_KEY
from gitconfig_server.formats.values import join_key

_PART = re.compile(r"\.?(\[[^\[\]]*\]|[^.\[\]]+)")
_INDEX = re.compile(r"\[(?:0|[1-9][0-9]{0,8})\]")
_OPENERS = ".["


def split_key(key: str) -> list[str]:
    """``a.b[0][x.y].c`` is ``a``, ``b``, ``[0]``, ``[x.y]``, ``c``.

    Raises InvalidName for a key that does not consist of such parts, TooLarge for one that is too long or too deep.
    """
    if len(key) > MAX_KEY:
        raise TooLarge(f"length of key {key[:80]!r}", MAX_KEY)
    parts: list[str] = []
    end = 0
    while found := _PART.match(key, end):
        if found.group().startswith(".") != (end > 0 and key[found.start(1)] != "["):
            break
        parts.append(found[1])
        end = found.end()
    if len(parts) > MAX_DEPTH:
        raise TooLarge(f"nesting of key {key[:80]!r}", MAX_DEPTH)
    if end < len(key) or not parts:
        raise InvalidName("key", key, f"the part at {key[end : end + 20]!r} is empty or out of place")
    return parts


def parents(key: str) -> Iterator[str]:
    """The prefixes of a key at which something could stand above it, the shortest first; none of endless keys."""
    if is_endless(key):
        return
    for found in takewhile(lambda found: found.end() < len(key), _PART.finditer(key)):
        yield key[: found.end()]


def those_above_first(keys: Sequence[str]) -> list[int]:
    """The places of ``keys``, those of keys that stand above others first, the shortest first; the rest in order.

    A value and longer keys beside it can both be said so, whichever a caller names first.
    """
    given = set(keys)
    above = {parent for key in keys for parent in parents(key) if parent in given}
    return sorted(range(len(keys)), key=lambda place: len(keys[place]) if keys[place] in above else MAX_KEY + 1)


def other_spellings(key: str) -> Iterator[tuple[str, str]]:
    """Each beginning of a key with its other spelling: to Spring's binder ``a.0`` and ``a[0]`` are one name."""
    for found in _PART.finditer(key):
        above, name = key[: found.start()], found[1].strip("[]")
        if not found[1].startswith("["):
            yield key[: found.end()], f"{above}[{name}]"
        elif "." not in name:
            yield key[: found.end()], join_key(above, name)


def is_index(part: str) -> bool:
    """Whether a part of a key is the place of a list's item."""
    return _INDEX.fullmatch(part) is not None


def is_endless(key: str) -> bool:
    """Whether a key is longer or deeper than any that is written: what costs time for each part leaves it out."""
    return len(key) > MAX_KEY or sum(map(key.count, _OPENERS)) > MAX_DEPTH


class SortedKeys:
    """A set of keys in order, so that what lies beneath one is found without a look at the others."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = sorted(set(keys))

    def add(self, key: str) -> None:
        """Take ``key`` in; it must not be there yet."""
        insort(self._keys, key)

    def beneath(self, key: str) -> list[str]:
        """The keys that go on with ``.`` or ``[`` after ``key``."""
        return [one for opener in _OPENERS for one in self._keys[self._range(key, opener)]]

    def any_beneath(self, key: str) -> bool:
        """Whether ``beneath`` has any."""
        return any((found := self._range(key, opener)).start < found.stop for opener in _OPENERS)

    def remove(self, key: str) -> None:
        """Let ``key`` alone go; it must be there."""
        del self._keys[bisect_left(self._keys, key)]

    def _range(self, key: str, opener: str) -> slice:
        after = chr(ord(opener) + 1)
        return slice(bisect_left(self._keys, key + opener), bisect_left(self._keys, key + after))

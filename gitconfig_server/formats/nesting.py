"""From Spring's flat keys back to nested values, in time that is linear in the length of the keys.

Keys mostly come in the order of a walk through a tree, so each is compared with the one before it, and what they share
is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from gitconfig_server.errors import InvalidName, TooLarge
from gitconfig_server.formats.properties import MAX_DEPTH, MAX_KEY
from gitconfig_server.model.environments import Value

MAX_HOLES = 100_000

_INDEX = re.compile(r"\[([0-9]+)\]")
_LEAF, _MAP, _LIST = "leaf", "map", "list"


def unflatten(flat: Mapping[str, Value], *, sparse_as_maps: bool = False) -> dict[str, Any]:
    """The nested form of flat keys (Spring's ``PropertyNavigator``): ``.`` opens a map, ``[digits]`` a list.

    Holes in lists are None; with ``sparse_as_maps`` a list that has some is a map of its indexes instead, since most
    likely that is what is stored: ``ports: {443: tls}`` has the flat key ``ports[443]``. Brackets around anything else
    are text. Where a key is both a value and a parent, or both map and list, the later part keeps a compound name in
    the same map: ``org``, ``org.springframework``, ``org.springframework.boot``. (Spring makes ``springframework:
    {org.boot: ...}`` of the third, a key that nobody wrote.) Raises InvalidName for keys without a nested form,
    TooLarge for keys that would nest or stretch lists without bound.
    """
    nesting = _Nesting()
    for (level, part), (key, value) in zip(nesting.read(flat), flat.items(), strict=True):
        nesting.put(key, level, part, value)
    sparse: set[int] = {name for name, items in nesting.stretched.items() if None in items} if sparse_as_maps else set()
    return {name: _with_maps(value, sparse) for name, value in nesting.root.items()} if sparse else nesting.root


def _with_maps(value: Any, sparse: Collection[int]) -> Any:
    if isinstance(value, dict):
        return {name: _with_maps(one, sparse) for name, one in value.items()}
    if isinstance(value, list) and id(value) in sparse:
        return {str(index): _with_maps(one, sparse) for index, one in enumerate(value) if one is not None}
    return [_with_maps(one, sparse) for one in value] if isinstance(value, list) else value


class _Part(NamedTuple):
    """What stands between two dots of a key: a name, then indexes.

    ``holds``: beginnings of the text, and what must stand there for the rest to be nested beneath it.
    """

    text: str
    name: str
    indexes: tuple[int, ...]
    holds: tuple[tuple[str, str], ...]


class _Level:
    """All keys that begin with the same parts. ``kinds``: what stands beneath, by a part's text up to some index.

    Once it is ``opened``: the map where names go, and the parts before them that could not be opened, with their dots.
    """

    __slots__ = ("above", "below", "depth", "kinds", "opened", "part")

    def __init__(self, above: _Level | None, part: _Part, depth: int) -> None:
        self.above = above
        self.part = part
        self.depth = depth
        self.below: dict[str, _Level] = {}
        self.kinds: dict[str, str] = {}
        self.opened: tuple[dict[str, Any], str] | None = None


class _Nesting:
    """The nested values as far as they are put together. ``stretched``: by identity, lists that got empty places."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.stretched: dict[int, list[Any]] = {}
        self._top = _Level(None, _Part("", "", (), ()), 0)
        self._top.opened = (self.root, "")
        self._parts: dict[tuple[str, bool], tuple[_Part, str]] = {}
        self._made = [self._top]
        self._holes = 0

    def read(self, keys: Iterable[str]) -> list[tuple[_Level, _Part]]:
        """Each key's level and last part; after it, it is known what stands where."""
        leaves: list[tuple[_Level, _Part]] = []
        before: list[str] = []
        levels = [self._top]
        for key in keys:
            if len(key) > MAX_KEY:
                raise TooLarge(f"length of key {key[:80]!r}", MAX_KEY)
            *above, last = key.split(".")
            del levels[_count_shared(before, above) + 1 :]
            for text in above[len(levels) - 1 :]:
                levels.append(self._enter(levels[-1], text, key))
            before = above
            leaves.append((levels[-1], self._hold(levels[-1], last, key, is_last=True)))
        for level, part in leaves:
            level.kinds[part.text] = _LEAF
        for level in self._made:
            del level.below  # what knows what it stands in, and is known there, is freed by a collection only
        return leaves

    def put(self, key: str, level: _Level, part: _Part, value: Value) -> None:
        """Store one value."""
        names, passed = self._open(level)
        if _is_open(level, part):
            holder, slot = self._follow(names, passed + part.name, part.indexes)
        else:
            holder, slot = names, passed + part.text
        if self._holes > MAX_HOLES:
            raise TooLarge(f"number of empty places in lists, at {key[:80]!r},", MAX_HOLES)
        holder[slot] = value

    def _open(self, level: _Level) -> tuple[dict[str, Any], str]:
        """Where names beneath ``level`` go; a part that cannot be opened is joined to the next one's name."""
        if level.opened is None:
            assert level.above
            names, passed = self._open(level.above)
            if _is_open(level.above, level.part):
                holder, slot = self._follow(names, passed + level.part.name, level.part.indexes)
                level.opened = (_child(holder, slot, {}), "")
            else:
                level.opened = (names, f"{passed}{level.part.text}.")
        return level.opened

    def _enter(self, above: _Level, text: str, key: str) -> _Level:
        level = above.below.get(text)
        if level is None:
            part = self._hold(above, text, key, is_last=False)
            level = above.below[text] = _Level(above, part, above.depth + 1 + len(part.indexes))
            self._made.append(level)
        return level

    def _hold(self, level: _Level, text: str, key: str, *, is_last: bool) -> _Part:
        """Read a part beneath ``level``, and note what it needs to stand there; the first to need it decides."""
        read = self._parts.get((text, is_last))
        if read is None:
            read = self._parts[text, is_last] = _read_part(text, is_last)
        part, fault = read
        if fault:
            raise InvalidName("key", key, fault)
        if level.depth + 1 + len(part.indexes) > MAX_DEPTH:
            raise TooLarge(f"nesting of key {key[:80]!r}", MAX_DEPTH)
        for place, kind in part.holds:
            level.kinds.setdefault(place, kind)
        return part

    def _follow(self, holder: Any, slot: Any, indexes: tuple[int, ...]) -> tuple[Any, Any]:
        for index in indexes:
            holder, slot = _child(holder, slot, []), index
            if empty := _stretch(holder, index):
                self._holes += empty
                self.stretched[id(holder)] = holder
        return holder, slot


def _count_shared(one: list[str], other: list[str]) -> int:
    """How many parts both begin with, found by halves: comparing slices is much faster than a loop."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _is_open(level: _Level, part: _Part) -> bool:
    return all(level.kinds[place] == kind for place, kind in part.holds)


def _read_part(text: str, is_last: bool) -> tuple[_Part, str]:
    """The part, and what is wrong with it, if anything."""
    found = _INDEX.search(text)
    name = text[: found.start()] if found else text
    holds: list[tuple[str, str]] = []
    indexes: list[int] = []
    end = len(name)
    while index := _INDEX.match(text, end):
        holds.append((text[:end], _LIST))
        indexes.append(int(index[1]))
        end = index.end()
    if not is_last:
        holds.append((text, _MAP))
    fault = ""
    if not name and (found or not is_last):
        fault = "a part of it is empty"
    elif end < len(text):
        fault = f"{text[end : end + 20]!r} follows a list index"
    return _Part(text, name, tuple(indexes), tuple(holds)), fault


def _child(holder: Any, slot: Any, fresh: Any) -> Any:
    """What stands at ``slot``, ``fresh`` put there where nothing does."""
    standing = holder[slot] if isinstance(holder, list) else holder.get(slot)
    if standing is None:
        holder[slot] = standing = fresh
    return standing


def _stretch(items: list[Any], index: int) -> int:
    """Make room for an item; how many empty places that takes."""
    missing = index + 1 - len(items)
    if missing > MAX_HOLES:
        raise TooLarge(f"list index {str(index)[:20]}", MAX_HOLES)
    items.extend([None] * missing)
    return max(0, missing - 1)

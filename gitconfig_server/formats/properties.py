"""Between nested values and Spring's flat keys: flatten, merge, unflatten."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gitconfig_server.errors import InvalidInput, InvalidName, TooLarge
from gitconfig_server.formats.values import join_index, join_key, key_segment, leaf_value
from gitconfig_server.model.environments import Value

MAX_DEPTH = 100
MAX_KEY = 4096
MAX_HOLES = 100_000

_BREAK = re.compile(r"\.|\[[0-9]+\]")
_INDEX = re.compile(r"\[([0-9]+)\]")
_LEAF, _MAP, _LIST = "leaf", "map", "list"


def flatten(nested: object) -> dict[str, Value]:
    """Spring's flattening (``YamlProcessor``): ``a.b``, ``a[0]``; ``[]`` is ``""``, ``{}`` leaves nothing.

    What is not a mapping stands at the key ``document``. Of two spellings of one key the later value wins. Raises
    InvalidInput for values that configuration cannot hold, TooLarge for nesting past MAX_DEPTH.
    """
    root = nested if isinstance(nested, Mapping) else {"document": nested}
    return dict(_leaves(root, "", 0))


def _leaves(node: object, path: str, depth: int) -> Iterator[tuple[str, Value]]:
    if depth > MAX_DEPTH:
        raise TooLarge(f"nesting at {path[:80]!r}", MAX_DEPTH)
    if isinstance(node, Mapping):
        for key, child in node.items():
            yield from _leaves(child, join_key(path, key_segment(key)), depth + 1)
    elif isinstance(node, list | tuple) and node:
        for index, child in enumerate(node):
            yield from _leaves(child, join_index(path, index), depth + 1)
    elif isinstance(node, list | tuple):
        yield path, ""
    elif node is None or isinstance(node, str | int | float):
        yield path, leaf_value(node)
    else:
        raise InvalidInput(f"{path}: a {type(node).__name__} cannot be stored: use text, a number or a boolean")


def merge(sources: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    """One flat map of several, the strongest first in ``sources`` (Spring's ``convertToProperties``).

    An overridden key keeps its first place. Keys with ``[`` form groups by the text before it; a stronger source
    replaces a whole group, so lists are never mixed; groups follow all plain keys. A list may also be one text
    (``""`` is an empty one, ``a,b`` has two items): whichever way it is written, the stronger source has all of it,
    as Boot's binder takes a list from one source alone. ``spring.profiles`` is dropped.
    """
    plain: dict[str, Value] = {}
    groups: dict[str, dict[str, Value]] = {}
    for source in reversed(list(sources)):
        own: dict[str, dict[str, Value]] = {}
        texts: dict[str, Value] = {}
        for key, value in source.items():
            if "[" in key:
                own.setdefault(key.partition("[")[0], {})[key] = value
            else:
                texts[key] = value
        for name in own.keys() & plain.keys():
            del plain[name]
        for name in texts.keys() & groups.keys():
            del groups[name]
        plain.update(texts)
        groups.update(own)
    for group in groups.values():
        plain.update(group)
    plain.pop("spring.profiles", None)
    return plain


def unflatten(flat: Mapping[str, Value]) -> dict[str, Any]:
    """The nested form of flat keys (Spring's ``PropertyNavigator``): ``.`` opens a map, ``[digits]`` a list.

    Holes in lists are None; brackets around anything else are text. Where a key is both a value and a parent, or both
    map and list, the later part keeps a compound name in the same map: ``org``, ``org.springframework``,
    ``org.springframework.boot``. (Spring makes ``springframework: {org.boot: ...}`` of the third, a key that nobody
    wrote.) Raises InvalidName for keys without a nested form, TooLarge for keys that would nest or stretch
    lists without bound.
    """
    split = {key: _parts(key) for key in flat}
    kinds: dict[str, str] = {}
    for parts in split.values():
        for part in parts:
            for place, kind in part.holds:
                kinds.setdefault(place, kind)
    kinds.update(dict.fromkeys(flat, _LEAF))
    root: dict[str, Any] = {}
    holes = 0
    for key, value in flat.items():
        holes += _put(root, _hops(key, split[key], kinds), value)
        if holes > MAX_HOLES:
            raise TooLarge(f"number of empty places in lists, at {key[:80]!r},", MAX_HOLES)
    return root


class _Part(NamedTuple):
    """What lies between two dots of a key: a name, then indexes."""

    name_end: int
    end: int
    indexes: tuple[int, ...]
    holds: tuple[tuple[str, str], ...]
    """Prefix of the key -> what must stand there for the rest to be nested beneath it."""


def _parts(key: str) -> list[_Part]:
    if len(key) > MAX_KEY:
        raise TooLarge(f"length of key {key[:80]!r}", MAX_KEY)
    parts: list[_Part] = []
    depth, end = 0, -1
    while end < len(key):
        parts.append(_part(key, end + 1))
        end = parts[-1].end
        depth += 1 + len(parts[-1].indexes)
        if depth > MAX_DEPTH:
            raise TooLarge(f"nesting of key {key[:80]!r}", MAX_DEPTH)
    return parts


def _part(key: str, start: int) -> _Part:
    found = _BREAK.search(key, start)
    name_end = end = found.start() if found else len(key)
    if found and name_end == start:
        raise InvalidName("key", key, "a part of it is empty")
    holds: list[tuple[str, str]] = []
    indexes: list[int] = []
    while index := _INDEX.match(key, end):
        holds.append((key[:end], _LIST))
        indexes.append(int(index[1]))
        end = index.end()
    if end < len(key):
        if key[end] != ".":
            raise InvalidName("key", key, f"{key[end : end + 20]!r} follows a list index")
        holds.append((key[:end], _MAP))
    return _Part(name_end, end, tuple(indexes), tuple(holds))


def _hops(key: str, parts: list[_Part], kinds: Mapping[str, str]) -> list[tuple[str, tuple[int, ...]]]:
    """Names and indexes to follow from the root; parts that cannot be opened are joined to the next one's name."""
    hops: list[tuple[str, tuple[int, ...]]] = []
    start = 0
    for part in parts:
        if all(kinds[place] == kind for place, kind in part.holds):
            hops.append((key[start : part.name_end], part.indexes))
            start = part.end + 1
    return hops if start > len(key) else [*hops, (key[start:], ())]


def _put(root: dict[str, Any], hops: list[tuple[str, tuple[int, ...]]], value: Value) -> int:
    """Store one value; the number of empty places its lists got."""
    holder: Any = root
    slot: Any = hops[0][0]
    holes = 0
    for number, (name, indexes) in enumerate(hops):
        if number:
            holder, slot = _child(holder, slot, {}), name
        for index in indexes:
            holder, slot = _child(holder, slot, []), index
            holes += _stretch(holder, index)
    holder[slot] = value
    return holes


def _child(holder: Any, slot: Any, fresh: Any) -> Any:
    """What stands at ``slot``, ``fresh`` put there where nothing does."""
    standing = holder[slot] if isinstance(holder, list) else holder.get(slot)
    if standing is None:
        holder[slot] = standing = fresh
    return standing


def _stretch(items: list[Any], index: int) -> int:
    missing = index + 1 - len(items)
    if missing > MAX_HOLES:
        raise TooLarge(f"list index {str(index)[:20]}", MAX_HOLES)
    items.extend([None] * missing)
    return max(0, missing - 1)

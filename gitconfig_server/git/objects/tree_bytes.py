"""Finding, changing and comparing entries in the bytes of trees: what is of no interest is stepped over, not parsed.

The bytes are those of sound trees: the door has checked what came in from outside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import chain

TreeBytesEntry = tuple[bytes, bytes, bytes]
"""Mode in octal digits, name, and id as 20 bytes."""

_SHAPE = re.compile(rb"(?:[0-7]{1,7}+ [^\0]++\0.{20}+)*+", re.DOTALL)
_ENTRY_OR_REST = re.compile(rb"[0-7]{1,7}+ [^\0]++\0.{20}|.+", re.DOTALL)
_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)


def parse_tree(raw: bytes) -> list[TreeBytesEntry]:
    """The entries in the order they are stored; ValueError where the bytes are not a tree's."""
    _check_shape(raw)
    return _ENTRY.findall(raw)


def split_tree(raw: bytes) -> list[bytes]:
    """As ``parse_tree``, each entry as it stands: quicker where most of them are not looked at."""
    found = _ENTRY_OR_REST.findall(raw)
    if found:
        _check_shape(found[-1])  # all that is left from where there is no entry
    return found


def is_folder(mode: bytes) -> bool:
    """Whether the mode is a tree's; old tools padded it with a zero."""
    return mode in (b"40000", b"040000")


def _check_shape(raw: bytes) -> None:
    if not _SHAPE.fullmatch(raw):  # possessive, so linear: findall alone could be made to take quadratic time
        raise ValueError("malformed tree")


FEW = 8
"""Up to so many names are searched for one by one; for more of them the whole tree is parsed, once."""

_TAIL = 21
"""Bytes from the end of an entry's name to the end of the entry: NUL and id."""


def entries_of(raw: bytes, names: Collection[bytes]) -> dict[bytes, TreeBytesEntry]:
    """Those of ``names`` that the tree holds."""
    if len(names) > FEW:
        return {entry[1]: entry for entry in parse_tree(raw) if entry[1] in names}
    spans = {name: span for name in names if (span := _find(raw, name))}
    return {name: parse_tree(raw[start:end])[0] for name, (start, end) in spans.items()}


def with_entries(raw: bytes, changes: Mapping[bytes, TreeBytesEntry | None]) -> bytes:
    """The tree with these entries in place of those of the same names, or (None) without them."""
    if len(changes) > FEW:
        stay = (entry for entry in parse_tree(raw) if entry[1] not in changes)
        put = (entry for entry in changes.values() if entry)
        return b"".join(map(_encoded, sorted(chain(stay, put), key=_order)))
    for name, entry in changes.items():
        raw = _with_entry(raw, name, entry)
    return raw


def differences(before: bytes, after: bytes) -> Iterator[tuple[bytes, TreeBytesEntry | None, TreeBytesEntry | None]]:
    """Name, old and new entry of what differs, sorted by name."""
    start, before_end, after_end = _window(before, after)
    old, new = set(split_tree(before[start:before_end])), set(split_tree(after[start:after_end]))
    gone = {entry[1]: entry for entry in parse_tree(b"".join(old - new))}
    come = {entry[1]: entry for entry in parse_tree(b"".join(new - old))}
    for name in sorted(gone.keys() | come.keys()):
        yield name, gone.get(name), come.get(name)


def _with_entry(raw: bytes, name: bytes, entry: TreeBytesEntry | None) -> bytes:
    span = _find(raw, name)
    if span and entry and is_folder(parse_tree(raw[slice(*span)])[0][0]) == is_folder(entry[0]):
        return raw[: span[0]] + _encoded(entry) + raw[span[1] :]
    if span:
        raw = raw[: span[0]] + raw[span[1] :]
    if entry is None:
        return raw
    at = _place(raw, _order(entry))
    return raw[:at] + _encoded(entry) + raw[at:]


def _find(raw: bytes, name: bytes) -> tuple[int, int] | None:
    """Where the entry of this name begins and ends.

    What is searched for may stand in an id or in a longer name too: steps from entry to entry lead to each hit.
    """
    sought = b" " + name + b"\0"
    hit, start, end = raw.find(sought), 0, 0
    while hit >= 0:
        while end <= hit:
            start, end = end, raw.index(b"\0", end) + _TAIL
        if raw.index(b" ", start) == hit and end == hit + len(sought) - 1 + _TAIL:
            return start, end
        hit = raw.find(sought, hit + 1)
    return None


def _place(raw: bytes, order: bytes) -> int:
    """Where an entry belongs that is sorted by ``order``."""
    at = 0
    while at < len(raw):
        end = raw.index(b"\0", at) + _TAIL
        mode, _, name = raw[at : end - _TAIL].partition(b" ")
        if _order((mode, name, b"")) > order:
            break
        at = end
    return at


def _window(before: bytes, after: bytes) -> tuple[int, int, int]:
    """Where the entries begin that may differ, and where they end in either tree."""
    same = common_length(before, after)
    start = 0
    while start < same and (end := before.index(b"\0", start) + _TAIL) <= same:
        start = end
    same = common_length(before[start:][::-1], after[start:][::-1])
    one = two = start
    while (rest := len(before) - one) != len(after) - two or rest > same:
        if rest >= len(after) - two:
            one = before.index(b"\0", one) + _TAIL
        else:
            two = after.index(b"\0", two) + _TAIL
    return start, one, two


def common_length(one: bytes, two: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _order(entry: TreeBytesEntry) -> bytes:
    """Git sorts a folder as if its name ended in a slash."""
    return entry[1] + b"/" if is_folder(entry[0]) else entry[1]


def _encoded(entry: TreeBytesEntry) -> bytes:
    return b"%s %s\0%s" % entry

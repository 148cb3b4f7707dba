"""Merging where lines meet: what one side changed apart from the other is taken, whether it lies on one line or not.

Keys are what the texts are aligned by; between two of them values, comments behind them and lines of comments are
merged each for itself. What both changed is ours. The outcome is an attempt: who asks for it compares what it says.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from gitconfig_server.formats.merging.line_diff import diff_lines
from gitconfig_server.formats.merging.lines import regions, split_lines

_COMMENT = re.compile(rb"(?:^|[ \t]+)#.*", re.DOTALL)
_KEY = re.compile(rb"([ \t-]*)([^:=#]*[:=])")

_SEAM = b""
"""Stands between what a key says and the comment behind it, in all texts: where both change, they change apart."""

_Name = tuple[bytes, ...]
"""The keys above one, as far as blanks tell, and itself."""


def lean_on_ours(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """What both sides have made of ``base``; ours where they meet."""
    sides = [_Parts(text) for text in (base, ours, theirs)]
    parts: list[bytes] = []
    starts = [0, 0, 0]
    for ends in [*_anchors(sides), [len(side.parts) for side in sides]]:
        parts += _leaning(*(side.parts[start:end] for side, start, end in zip(sides, starts, ends, strict=True)))
        starts = ends
    return b"".join(parts)


class _Parts:
    """A text's lines, each as the key it begins with, what it says, and the comment behind that with the line's end.

    ``places``: name of a key that stands once -> which part it is.
    """

    def __init__(self, text: bytes) -> None:
        self.parts: list[bytes] = []
        names: list[tuple[_Name, int]] = []
        above: list[tuple[int, bytes]] = []
        for line in split_lines(text):
            found = _COMMENT.search(line)
            at = found.start() if found else len(line.rstrip(b"\r\n"))
            key = _KEY.match(line, 0, at)
            if key:
                while above and above[-1][0] >= len(key[1]):
                    above.pop()
                above.append((len(key[1]), key[2]))
                names.append((tuple(name for _, name in above), len(self.parts)))
            begin = key.end() if key else 0
            self.parts += [part for part in (line[:begin], line[begin:at]) if part]
            self.parts += [_SEAM, line[at:]] if key else [line[at:]]
        count = Counter(name for name, _ in names)
        self.places = {name: place for name, place in names if count[name] == 1}


def _anchors(sides: Sequence[_Parts]) -> list[list[int]]:
    """Places of keys that all texts have, in an order that all share."""
    common = [name for name in sides[0].places if all(name in side.places for side in sides)]
    for side in sides[1:]:
        common = _ascending(common, [side.places[name] for name in common])
    return [[side.places[name] for side in sides] for name in common]


def _ascending(names: Sequence[_Name], places: Sequence[int]) -> list[_Name]:
    """As many names as can stay whose places ascend."""
    ends: list[int] = []
    ending: list[int] = []
    before: list[int] = []
    for number, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(ending[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        ending[length : length + 1] = [number]
    found: list[_Name] = []
    at = ending[-1] if ending else -1
    while at >= 0:
        found.append(names[at])
        at = before[at]
    return found[::-1]


def _leaning(old: list[bytes], one: list[bytes], two: list[bytes]) -> list[bytes]:
    if old in (one, two) or one == two:
        return one if two == old else two
    return list(_merged(old, one, two))


def _merged(old: list[bytes], one: list[bytes], two: list[bytes]) -> Iterator[bytes]:
    at = 0
    for region in regions(diff_lines(old, one), diff_lines(old, two), gap=0):
        yield from old[at : region.start]
        mine, other = region.of(region.ours, one), region.of(region.theirs, two)
        if mine is None or other is None:
            yield from mine or other or []
        elif region.start == region.end:
            yield from _both(mine, other)
        else:
            yield from mine
        at = region.end
    yield from old[at:]


def _both(mine: Sequence[bytes], other: Sequence[bytes]) -> Iterator[bytes]:
    """Lines that both put in one place: what both have once, ours in front of theirs."""
    mine, other = (split_lines(b"".join(parts)) for parts in (mine, other))
    at = 0
    for hunk in diff_lines(mine, other):
        yield from mine[at : hunk.old_end]
        yield from other[hunk.new_start : hunk.new_end]
        at = hunk.old_end
    yield from mine[at:]

"""Leaving out of a merge what neither side has changed: a large file then costs little more than to find its entries.

Entries of YAML maps that stand alike in all three texts are replaced by one short entry, of a name that none of them
has, and put back into the outcome. This is sound, since what an entry of a block means depends only on the maps it
stands in: no anchors lead from one to another (`outline` refuses them), and the short entry is itself read on every
side, where it must stand in the same map. No other key may be one that was left out, or stand above or beneath it in
another spelling.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from gitconfig_server.formats.merging.line_diff import Hunk, diff_lines
from gitconfig_server.formats.merging.lines import split_lines
from gitconfig_server.formats.merging.outline import OutlineEntry, read_outline
from gitconfig_server.formats.values import join_key

MIN_LINES = 200
"""Files of fewer lines are merged whole: they cost little."""

_WORTH = 4
"""A fourth of the lines must go: to look for them costs about a half of a reading."""

_NAME = "gitconfig-unchanged-"
_VALUE = ("int", 0)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Lines ``start`` to ``end`` of the base, and the line that stands for them."""

    start: int
    end: int
    key: str
    line: bytes
    left_out: tuple[str, ...]


@dataclass(slots=True)
class Shortened:
    """Base, ours and theirs without what none of them has changed."""

    texts: list[bytes] = field(default_factory=list)
    cuts: list[_Cut] = field(default_factory=list)
    _kept: dict[bytes, bytes] = field(default_factory=dict)
    _grown: list[list[tuple[int, int]]] = field(default_factory=list)

    @property
    def markers(self) -> dict[str, tuple[str, object]]:
        """The flat keys of the short entries, and what each says."""
        return {one.key: _VALUE for one in self.cuts}

    def line(self, side: int, number: int) -> int:
        """The line of a whole text that a line of the shortened one is, from 1."""
        return number + sum(more for at, more in self._grown[side] if at < number)

    def hides(self, keys: Iterable[str]) -> bool:
        """Whether one of these keys is, or leads to, or stands beneath one that was left out."""
        left_out = {key for cut in self.cuts for key in cut.left_out}
        above = {part for key in left_out for part in _above(key)}
        markers = self.markers
        return any(
            key not in markers and (key in above or key in left_out or any(one in left_out for one in _above(key)))
            for key in keys
        )

    def whole(self, content: bytes) -> bytes | None:
        """A shortened text with all that was left out; None where a short entry is not there just once."""
        lines = split_lines(content)
        if sorted(line for line in lines if line in self._kept) != sorted(self._kept):
            return None
        return b"".join(self._kept.get(line, line) for line in lines)

    def add(self, side: Sequence[bytes], hunks: Sequence[Hunk]) -> bool:
        """Shorten one side, ``hunks`` telling how it came from the base; whether all stands there as it should."""
        shifts = [0, *accumulate((one.new_end - one.new_start) - (one.old_end - one.old_start) for one in hunks)]
        ends = [one.old_end for one in hunks]
        parts: list[bytes] = []
        grown: list[tuple[int, int]] = []
        at = short = 0
        for cut in self.cuts:
            shift = shifts[bisect_right(ends, cut.start)]
            start, end = cut.start + shift, cut.end + shift
            text = b"".join(side[start:end])
            if self._kept.setdefault(cut.line, text) != text:
                return False
            parts += [*side[at:start], cut.line]
            short += start - at + 1
            grown.append((short, end - start - 1))
            at = end
        self.texts.append(b"".join([*parts, *side[at:]]))
        self._grown.append(grown)
        return True


def shorten(base: bytes, ours: bytes, theirs: bytes, min_lines: int) -> Shortened | None:
    """Three YAML texts without what is unchanged; None where that is not worth it, or cannot be told."""
    lines = [split_lines(text) for text in (base, ours, theirs)]
    if len(lines[0]) < min_lines or any(_NAME.encode() in text for text in (base, ours, theirs)):
        return None
    try:
        outline = read_outline(base.decode())
    except UnicodeDecodeError:
        return None
    if not outline:
        return None
    hunks = [diff_lines(lines[0], side) for side in lines[1:]]
    touched = _Touched(hunks)
    found = Shortened(cuts=[cut for entries in outline for cut in _cuts("", entries, touched, lines[0])])
    if sum(one.end - one.start - 1 for one in found.cuts) < len(lines[0]) / _WORTH:
        return None
    sides = zip(lines, [[], *hunks], strict=True)
    return found if all(found.add(*side) for side in sides) else None


class _Touched:
    """Which lines of the base either side has changed; what is put behind an entry may belong to it."""

    def __init__(self, hunks: Sequence[Sequence[Hunk]]) -> None:
        all_hunks = sorted((one.old_start, one.old_end) for side in hunks for one in side)
        self._starts = [start for start, _ in all_hunks]
        self._ends = list(accumulate((end for _, end in all_hunks), max))

    def has(self, entry: OutlineEntry) -> bool:
        before = bisect_right(self._starts, entry.end)
        return bool(before) and self._ends[before - 1] > entry.start


_ACTIVATION = ("spring.config.activate.on-profile", "spring.config.activate.on-cloud-platform", "spring.profiles")
"""Keys by which documents are told apart: they stay, and so does what leads to them."""


def _cuts(above: str, entries: Sequence[OutlineEntry], touched: _Touched, lines: Sequence[bytes]) -> Iterator[_Cut]:
    run: list[OutlineEntry] = []
    for entry in entries:
        is_activation = any(one == entry.key or one.startswith(f"{entry.key}.") for one in _ACTIVATION)
        if not is_activation and not touched.has(entry) and (not run or run[-1].end == entry.start):
            run.append(entry)
            continue
        yield from _cut(above, run, lines)
        run = []
        yield from _cuts(entry.key, entry.entries, touched, lines)
    yield from _cut(above, run, lines)


def _cut(above: str, run: Sequence[OutlineEntry], lines: Sequence[bytes]) -> Iterator[_Cut]:
    if not run or run[-1].end - run[0].start < 2:
        return
    start, end = run[0].start, min(run[-1].end, len(lines))
    name = f"{_NAME}{start}"
    last = lines[end - 1]
    eol = last[len(last.rstrip(b"\r\n")) :]
    line = f"{run[0].indent}{name}: 0".encode() + eol
    yield _Cut(start, end, join_key(above, name), line, tuple(one.key for one in run))


def _above(key: str) -> Iterator[str]:
    """The keys that lead to one."""
    return (key[:at] for at, one in enumerate(key) if one in ".[" and at)

"""Leaving out of a merge what neither side has changed: a large file then costs little more than to find its entries.

Entries of maps that stand alike in all three texts are replaced by one short entry, of a name that none of them has,
and put back into the outcome. This is sound, since what an entry means depends only on the maps it stands in: what has
to do with anchors stays (outlines say what is tied), and the short entry is itself read on every side, where it must
stand in the same map. No other key, nor one that ``<<`` brings, may be one that was left out, or stand above or beneath
it in another spelling.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from msgspec import Struct, field

from gitconfig_server.formats.merging.line_diff import Hunk, diff_lines
from gitconfig_server.formats.merging.lines import split_lines
from gitconfig_server.formats.merging.outlines.entries import OutlineEntry, TiedTogether
from gitconfig_server.formats.merging.outlines.json_entries import outline_json, split_pieces
from gitconfig_server.formats.merging.outlines.properties_entries import outline_properties
from gitconfig_server.formats.merging.outlines.yaml_entries import outline_yaml
from gitconfig_server.formats.merging.units import UnitValue
from gitconfig_server.formats.values import join_key
from gitconfig_server.model.replace import replace

MIN_LINES = 200
"""Files of fewer lines are merged whole: they cost little."""

_WORTH = 4
"""A fourth of the lines must go: to look for them costs about a half of a reading."""

_NAME = "gitconfig-unchanged-"


class _Format(Struct, frozen=True):
    """How texts of one kind are taken apart; ``short``: the text of a short entry of some name, without its indent.

    ``split``: a text -> its lines, or what counts as such.
    """

    outline: Callable[[str], list[list[OutlineEntry]]]
    short: Callable[[str], str]
    value: Callable[[str], UnitValue]
    encoding: str = "utf-8"
    split: Callable[[bytes], list[bytes]] = split_lines


_YAML = _Format(outline_yaml, lambda name: f"{name}: 0", lambda name: ("int", 0))
_JSON = _Format(outline_json, lambda name: f'"{name}": 0', lambda name: ("int", 0))
_PROPERTIES = _Format(
    outline_properties, lambda name: f"{name}=0", lambda name: ("flat", ((name, ("str", "0")),)), "iso-8859-1"
)
_FORMATS = {
    "yml": (_YAML,),
    "yaml": (_YAML,),
    "json": (_JSON, replace(_JSON, split=split_pieces)),
    "properties": (_PROPERTIES,),
}


class _Cut(Struct, frozen=True):
    """Lines ``start`` to ``end`` of the base, and the line that stands for them."""

    start: int
    end: int
    key: str
    value: UnitValue
    line: bytes
    left_out: tuple[str, ...]


class Shortened(Struct):
    """Base, ours and theirs without what none of them has changed."""

    split: Callable[[bytes], list[bytes]]
    texts: list[bytes] = field(default_factory=list)
    cuts: list[_Cut] = field(default_factory=list)
    _kept: dict[bytes, bytes] = field(default_factory=dict)
    _grown: list[list[tuple[int, int]]] = field(default_factory=list)

    @property
    def markers(self) -> dict[str, UnitValue]:
        """The flat keys of the short entries, and what each says."""
        return {one.key: one.value for one in self.cuts}

    def line(self, side: int, number: int) -> int:
        """The line of a whole text that a line of the shortened one is, from 1."""
        return number + sum(more for at, more in self._grown[side] if at < number)

    def hides(self, keys: Iterable[str]) -> bool:
        """Whether one of these keys is, or leads to, or stands beneath one that was left out."""
        left_out = sorted({key for cut in self.cuts for key in cut.left_out})
        known, markers = set(left_out), self.markers
        return any(
            key not in markers
            and (key in known or any(one in known for one in _above(key)) or _any_beneath(left_out, key))
            for key in keys
        )

    def whole(self, content: bytes) -> bytes | None:
        """A shortened text with all that was left out; None where a short entry is not there just once, as it was."""
        lines = self.split(content)
        if sorted(line for line in lines if line in self._kept) != sorted(self._kept):
            return None
        whole = b"".join(self._kept.get(line, line) for line in lines)
        return None if _NAME.encode() in whole else whole

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


def shorten(extension: str, texts: Sequence[bytes], min_lines: int) -> Shortened | None:
    """Base, ours and theirs without what is unchanged; None where that is not worth it, or cannot be told."""
    forms = _FORMATS.get(extension, ()) if not any(_NAME.encode() in text for text in texts) else ()
    return next((found for form in forms if (found := _shortened(form, texts, min_lines))), None)


def _shortened(form: _Format, texts: Sequence[bytes], min_lines: int) -> Shortened | None:
    lines = [form.split(text) for text in texts]
    if len(lines[0]) < min_lines or not all(lines):
        return None
    try:
        outline = form.outline(b"".join(map(_ended, lines[0])).decode(form.encoding))
    except (UnicodeDecodeError, TiedTogether):
        return None
    hunks = [diff_lines(lines[0], side) for side in lines[1:]]
    finding = _Finding(form, _Touched(hunks), lines[0])
    found = Shortened(form.split, cuts=[cut for entries in outline for cut in finding.cuts("", entries)])
    if sum(one.end - one.start - 1 for one in found.cuts) < len(lines[0]) / _WORTH:
        return None
    sides = zip(lines, [[], *hunks], strict=True)
    return found if all(found.add(*side) for side in sides) else None


def _ended(line: bytes) -> bytes:
    """With a line feed at the end, where it has none."""
    return line if line.endswith(b"\n") else line + b"\n"


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


class _Finding(Struct, frozen=True):
    """Looks for what can be left out of the base, whose lines these are."""

    form: _Format
    touched: _Touched
    lines: Sequence[bytes]

    def cuts(self, above: str, entries: Sequence[OutlineEntry]) -> Iterator[_Cut]:
        """What can be left out of a map, ``above`` being its key."""
        run: list[OutlineEntry] = []
        for entry in entries:
            is_activation = any(one == entry.key or one.startswith(f"{entry.key}.") for one in _ACTIVATION)
            stays = is_activation or entry.is_tied or self.touched.has(entry)
            if not stays and (not run or run[-1].end == entry.start):
                run.append(entry)
                continue
            yield from self._cut(above, run)
            run = []
            yield from self.cuts(entry.key, entry.entries)
        yield from self._cut(above, run)

    def _cut(self, above: str, run: Sequence[OutlineEntry]) -> Iterator[_Cut]:
        if not run or run[-1].end - run[0].start < 2:
            return
        start, end = run[0].start, min(run[-1].end, len(self.lines))
        name = f"{_NAME}{start}"
        last = self.lines[end - 1]
        eol = last[len(last.rstrip(b"\r\n")) :]
        line = f"{run[0].indent}{self.form.short(name)}{run[-1].tail}".encode() + eol
        yield _Cut(start, end, join_key(above, name), self.form.value(name), line, tuple(one.key for one in run))


def _above(key: str) -> Iterator[str]:
    """The keys that lead to one."""
    return (key[:at] for at, one in enumerate(key) if one in ".[" and at)


def _any_beneath(keys: Sequence[str], above: str) -> bool:
    """Whether a key leads to one of these, which are sorted."""
    return any(
        at < len(keys) and keys[at].startswith(prefix)
        for prefix in (f"{above}.", f"{above}[")
        for at in (bisect_left(keys, prefix),)
    )

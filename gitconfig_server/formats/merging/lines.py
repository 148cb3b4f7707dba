"""Merging texts line by line, as Git does: what either side changed, unless both changed lines that touch."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from gitconfig_server.formats.merging.line_diff import Hunk, diff_lines


def merge_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """What both sides have made of ``base``; None where they changed the same lines, or neighbours, differently."""
    old, one, two = (split_lines(text) for text in (base, ours, theirs))
    parts: list[bytes] = []
    at = 0
    for region in regions(diff_lines(old, one), diff_lines(old, two)):
        mine, other = region.of(region.ours, one), region.of(region.theirs, two)
        if mine != other and mine is not None and other is not None:
            return None
        parts += old[at : region.start]
        parts += (other if mine is None else mine) or []
        at = region.end
    return b"".join([*parts, *old[at:]])


def split_lines(text: bytes) -> list[bytes]:
    """The lines with their ends: a line feed alone ends one."""
    *whole, rest = text.split(b"\n")
    lines = [line + b"\n" for line in whole]
    return [*lines, rest] if rest else lines


class Region(Struct):
    """Lines ``start`` to ``end`` of the base, which hunks of one side or of both touch."""

    start: int
    end: int
    ours: list[Hunk] = field(default_factory=list)
    theirs: list[Hunk] = field(default_factory=list)

    def of(self, hunks: list[Hunk], side: list[bytes]) -> list[bytes] | None:
        """What a side has made of these lines; None where it changed nothing here."""
        if not hunks:
            return None
        first, last = hunks[0], hunks[-1]
        return side[first.new_start - (first.old_start - self.start) : last.new_end + (self.end - last.old_end)]


def regions(ours: list[Hunk], theirs: list[Hunk], gap: int = 1) -> Iterator[Region]:
    """Where either side changed something. Hunks less than ``gap`` lines apart are of one region; insertions at
    one place always are."""
    region: Region | None = None
    for hunk, is_ours in sorted([(hunk, True) for hunk in ours] + [(hunk, False) for hunk in theirs]):
        is_insertion = region is not None and region.start == region.end == hunk.old_start == hunk.old_end
        if region is None or (hunk.old_start >= region.end + gap and not is_insertion):
            if region:
                yield region
            region = Region(hunk.old_start, hunk.old_end)
        region.end = max(region.end, hunk.old_end)
        (region.ours if is_ours else region.theirs).append(hunk)
    if region:
        yield region

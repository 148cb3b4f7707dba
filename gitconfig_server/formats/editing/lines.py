"""A text's lines and gaps, and patches to it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

BREAKS = "\r\n\x85\u2028\u2029"
"""What ends a line of YAML."""
PLAIN_BREAKS = "\r\n"
"""What ends a line elsewhere."""

_NO_BREAK = f"[^{BREAKS}]"
_GAP = re.compile(f"(?:[ \t{BREAKS}\ufeff]+|#{_NO_BREAK}*)*")
_BLANKS = re.compile("[ \t]*")
_REST = re.compile(f"[ \t]*(?:#{_NO_BREAK}*)?")


class Lines:
    """Where the lines of a text begin and end. All offsets count characters."""

    def __init__(self, text: str, breaks: str = BREAKS) -> None:
        self.text = text
        self.breaks = breaks
        self._empty = re.compile(f"[ \t{breaks}]*")
        self._starts, self._ends = array("q", [0]), array("q")
        for one in re.finditer(f"\r\n|[{breaks}]", text):
            self._ends.append(one.start())
            self._starts.append(one.end())
        found = (text[start:end] for start, end in zip(self._ends, self._starts[1:], strict=True))
        self.eol = next((one for one in found if one[0] in PLAIN_BREAKS), "\n")
        self.ends_with_break = bool(self._ends) and self._starts[-1] == len(text)
        self._ends.append(len(text))

    def end_as(self, other: Lines) -> None:
        """Let new lines end as those of another text do, if there is none here to go by."""
        self.eol = self.eol if len(self._starts) > 1 else other.eol

    def start(self, offset: int) -> int:
        """Where the line of ``offset`` begins."""
        return self._starts[bisect_right(self._starts, offset) - 1]

    def end(self, offset: int) -> int:
        """Where the line of ``offset`` ends, in front of its break."""
        return self._ends[bisect_right(self._starts, offset) - 1]

    def following(self, offset: int) -> int:
        """Where the next line begins; the text's end where there is none."""
        line = bisect_right(self._starts, offset)
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def number(self, offset: int) -> int:
        """The line of ``offset``, from 1."""
        return bisect_right(self._starts, offset)

    def column(self, offset: int) -> int:
        """How many characters stand in front of ``offset`` on its line."""
        return offset - self.start(offset)

    def indent(self, offset: int) -> str:
        """The blanks that the line of ``offset`` begins with."""
        start = self.start(offset)
        return self.text[start : self.skip_blanks(start)]

    def is_first(self, offset: int) -> bool:
        """Whether only blanks stand in front of ``offset`` on its line."""
        return self.skip_blanks(self.start(offset)) >= offset

    def skip(self, offset: int) -> int:
        """Behind the blanks, breaks and comments at ``offset``."""
        return _end(_GAP, self.text, offset)

    def skip_blanks(self, offset: int) -> int:
        """Behind the blanks at ``offset``."""
        return _end(_BLANKS, self.text, offset)

    def is_last(self, offset: int) -> bool:
        """Whether only blanks and a comment follow ``offset`` on its line."""
        return _end(_REST, self.text, offset) == self.end(offset)

    def after(self, offset: int, column: int, *, level: bool = False) -> int:
        """The start of the first line behind ``offset`` that does not belong to the block ending there.

        Comments to the right of ``column`` belong to it; with ``level`` those at the column too, where no empty line
        comes before them.
        """
        found = at = self.following(offset)
        while at < len(self.text):
            begin = self.skip_blanks(at)
            if begin == self.end(at):
                level, at = False, self.after_blank(at)
            elif self.text[begin] != "#" or begin - at < column + (not level):
                break
            else:
                found = at = self.following(at)
        return found

    def after_blank(self, at: int) -> int:
        """The first line from ``at`` on that is not empty."""
        found = _end(self._empty, self.text, at)
        return max(at, self.start(found)) if found < len(self.text) else found


class _Patch(NamedTuple):
    start: int
    end: int
    text: str
    lines: bool


class PatchesOverlap(ValueError):
    """Two replacements mean the same characters."""


class Patches:
    """Replacements of parts of a text that do not overlap. Those at one place apply in the order they were made."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._patches: list[_Patch] = []

    def replace(self, start: int, end: int, text: str) -> None:
        """Put ``text`` in place of what stands from ``start`` to ``end``."""
        self._patches.append(_Patch(start, end, text, False))

    def put_lines(self, start: int, end: int, lines: Sequence[str]) -> None:
        """Put whole lines in place of the whole lines from ``start`` to ``end``."""
        self._patches.append(_Patch(start, end, "".join(line + self._lines.eol for line in lines), True))

    def result(self) -> str:
        """The text with all patches applied; lines put at its end have a break, whether the last one has or not.

        Raises PatchesOverlap.
        """
        text, parts, done = self._lines.text, [""], 0
        for patch in sorted(self._patches, key=lambda patch: patch[:2]):
            if patch.start < done:
                raise PatchesOverlap
            parts.append(text[done : patch.start])
            if patch.lines and patch.text and not self._ends_line(parts):
                parts.append(self._lines.eol)
            parts.append(patch.text)
            done = patch.end
        return "".join([*parts, text[done:]])

    def _ends_line(self, parts: list[str]) -> bool:
        last = next((part for part in reversed(parts) if part), "\n")
        return last[-1] in self._lines.breaks


def _end(pattern: re.Pattern[str], text: str, offset: int) -> int:
    found = pattern.match(text, offset)
    return found.end() if found else offset

"""Which lines of one text became which of another: Myers' shortest edit script in linear space, at a bounded cost.

"An O(ND) Difference Algorithm and Its Variations", section 4b. The script agrees with Git's wherever Git looks for a
shortest one too, changes lying as far down as the lines allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_MAX_STEPS = 1_000_000
"""How many diagonals are looked at; what is still open then counts as changed, line by line."""

_FAR = 1 << 60


class Hunk(NamedTuple):
    """Lines ``old_start`` to ``old_end`` became the lines ``new_start`` to ``new_end`` of the other text."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def diff_lines(old: Sequence[bytes], new: Sequence[bytes], steps: int = _MAX_STEPS) -> list[Hunk]:
    """What changed between two texts, in order; between two hunks at least one line is the same."""
    numbers: dict[bytes, int] = {}
    one, two = ([numbers.setdefault(line, len(numbers)) for line in side] for side in (old, new))
    script = _Script(one, two, steps)
    script.find()
    removed, added = _runs(script.removed), _runs(script.added)
    _settle(one, removed, added, steps)
    _settle(two, added, removed, steps)
    return list(_hunks(removed, added))


class _Script:
    """Which lines of ``old`` went, and which of ``new`` came. Both lists end with a line that stays."""

    def __init__(self, old: list[int], new: list[int], steps: int) -> None:
        self.removed = [True] * len(old) + [False]
        self.added = [True] * len(new) + [False]
        self._old, self._old_places = _among(old, set(new))
        self._new, self._new_places = _among(new, set(old))
        self._steps = steps

    def find(self) -> None:
        """Mark the lines that stay."""
        boxes = [(0, len(self._old), 0, len(self._new))]
        while boxes:
            left, right, top, bottom = self._trimmed(*boxes.pop())
            if left == right or top == bottom:
                continue
            middle = self._middle(left, right, top, bottom)
            if middle:
                x, y = middle
                boxes += [(left, x, top, y), (x, right, y, bottom)]

    def _trimmed(self, left: int, right: int, top: int, bottom: int) -> tuple[int, int, int, int]:
        old, new = self._old, self._new
        while left < right and top < bottom and old[left] == new[top]:
            self._keep(left, top)
            left, top = left + 1, top + 1
        while left < right and top < bottom and old[right - 1] == new[bottom - 1]:
            right, bottom = right - 1, bottom - 1
            self._keep(right, bottom)
        return left, right, top, bottom

    def _keep(self, x: int, y: int) -> None:
        self.removed[self._old_places[x]] = self.added[self._new_places[y]] = False

    def _middle(self, left: int, right: int, top: int, bottom: int) -> tuple[int, int] | None:
        """A point in the box on a shortest path from corner to corner; None once all steps are used up.

        A diagonal is ``x - y``; ``ahead`` and ``back`` hold how far each has been followed from either corner.
        """
        old, new = self._old, self._new
        first, last = left - top, right - bottom
        is_odd = (first - last) % 2 == 1
        ahead, back = {first: left}, {last: right}
        low = high = first
        lower = upper = last
        while self._steps > 0:
            low, high = _widened(low, high, left - bottom, right - top, ahead, -1)
            for diagonal in range(high, low - 1, -2):
                below, above = ahead[diagonal - 1], ahead[diagonal + 1]
                x = below + 1 if below >= above else above
                y = x - diagonal
                while x < right and y < bottom and old[x] == new[y]:
                    x, y = x + 1, y + 1
                self._steps -= x - max(below, above)
                ahead[diagonal] = x
                if is_odd and lower <= diagonal <= upper and back[diagonal] <= x:
                    return x, y
            lower, upper = _widened(lower, upper, left - bottom, right - top, back, _FAR)
            for diagonal in range(upper, lower - 1, -2):
                below, above = back[diagonal - 1], back[diagonal + 1]
                x = below if below < above else above - 1
                y = x - diagonal
                while x > left and y > top and old[x - 1] == new[y - 1]:
                    x, y = x - 1, y - 1
                self._steps -= min(below, above) - x
                back[diagonal] = x
                if not is_odd and low <= diagonal <= high and x <= ahead[diagonal]:
                    return x, y
            self._steps -= high - low + upper - lower + 2
        return None


def _widened(low: int, high: int, lowest: int, highest: int, reached: dict[int, int], edge: int) -> tuple[int, int]:
    """The diagonals of the next round: one more on each side, or one less where the box ends."""
    if low > lowest:
        low -= 1
        reached[low - 1] = edge
    else:
        low += 1
    if high < highest:
        high += 1
        reached[high + 1] = edge
    else:
        high -= 1
    return low, high


def _among(lines: list[int], other: set[int]) -> tuple[list[int], list[int]]:
    """The lines that the other text has too, and their places."""
    places = [place for place, line in enumerate(lines) if line in other]
    return [lines[place] for place in places], places


def _runs(changed: list[bool]) -> list[int]:
    """How many changed lines stand in front of each line that stays, the end being the last of those."""
    runs = [0]
    for one in changed:
        if one:
            runs[-1] += 1
        else:
            runs.append(0)
    return runs


def _hunks(removed: list[int], added: list[int]) -> Iterator[Hunk]:
    old = new = 0
    for gone, came in zip(removed, added, strict=True):
        if gone or came:
            yield Hunk(old, old + gone, new, new + came)
        old, new = old + gone + 1, new + came + 1


def _settle(lines: list[int], runs: list[int], other: list[int], steps: int) -> None:
    """Slide each run of changed lines as far down as equal lines allow, or to where the other text changed too."""
    slot = start = 0
    while slot < len(runs):
        if runs[slot]:
            run = _Run(lines, runs, slot, start, steps)
            run.settle(other)
            slot, start, steps = run.slot, run.start, run.steps
        start += runs[slot] + 1
        slot += 1


class _Run:
    """Changed lines, ``start`` being the first, in front of the line number ``slot`` of those that stay.

    A run that slides over a line leaves an equal one behind it; where it meets another run, they are one.
    """

    def __init__(self, lines: list[int], runs: list[int], slot: int, start: int, steps: int) -> None:
        self._lines = lines
        self._runs = runs
        self.slot = slot
        self.start = start
        self.steps = steps

    def settle(self, other: list[int]) -> None:
        """Go to the last place where the other text changed too, else to the last one of all."""
        size = 0
        beside = top = self.slot
        while size != self._runs[self.slot]:
            size = self._runs[self.slot]
            while self._up():
                pass
            top, beside = self.slot, self.slot if other[self.slot] else -1
            while self._down():
                beside = self.slot if other[self.slot] else beside
        while top <= beside < self.slot and self._up():
            pass

    def _up(self) -> bool:
        last = self.start + self._runs[self.slot] - 1
        if not self.slot or self.steps < 0 or self._lines[self.start - 1] != self._lines[last]:
            return False
        self._move(-1)
        self.start -= 1 + self._runs[self.slot] - (last - self.start + 1)
        return True

    def _down(self) -> bool:
        behind = self.start + self._runs[self.slot]
        if behind >= len(self._lines) or self.steps < 0 or self._lines[self.start] != self._lines[behind]:
            return False
        self._move(1)
        self.start += 1
        return True

    def _move(self, by: int) -> None:
        size, self._runs[self.slot] = self._runs[self.slot], 0
        self.slot += by
        self._runs[self.slot] += size
        self.steps -= 1

"""What lines are piped through: ``match``, ``except``, ``find``, ``last``, ``count``.

A pattern is no regular expression of Python's, whose time nobody can bound: it has ``|`` between alternatives, ``.``
for any letter, ``.*`` for any letters, ``^`` and ``$`` for the ends, and capitals do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

_MAX_PATTERN = 200


class Pattern:
    """A pattern that takes time in proportion to its length and the line's."""

    def __init__(self, text: str) -> None:
        self._alternatives = [_Alternative(one) for one in text[:_MAX_PATTERN].lower().split("|")]

    def matches(self, line: str) -> bool:
        """Whether the line holds it."""
        lowered = line.lower()
        return any(one.matches(lowered) for one in self._alternatives)


class _Alternative:
    def __init__(self, text: str) -> None:
        self._from_start = text.startswith("^")
        self._to_end = text.endswith("$")
        self._pieces = text.removeprefix("^").removesuffix("$").split(".*")

    def matches(self, line: str) -> bool:
        """Each piece is taken where it stands first: what is behind has the most room then."""
        at = 0
        for number, piece in enumerate(self._pieces):
            is_bound = self._to_end and number == len(self._pieces) - 1
            place = len(line) - len(piece) if is_bound else _find(piece, line, at)
            fits = place >= at and _fits(piece, line, place)
            if not fits or (number == 0 and self._from_start and not self._begins(piece, line)):
                return False
            at = (0 if number == 0 and self._from_start else place) + len(piece)
        return True

    def _begins(self, piece: str, line: str) -> bool:
        return _fits(piece, line, 0) and (len(self._pieces) > 1 or not self._to_end or len(piece) == len(line))


def _find(piece: str, line: str, at: int) -> int:
    """Where the piece stands first from ``at`` on, -1 where it does not."""
    if "." not in piece:
        return line.find(piece, at)
    return next((place for place in range(at, len(line) - len(piece) + 1) if _fits(piece, line, place)), -1)


def _fits(piece: str, line: str, place: int) -> bool:
    if place < 0 or place + len(piece) > len(line):
        return False
    if "." not in piece:
        return line.startswith(piece, place)
    return all(one in (".", letter) for one, letter in zip(piece, line[place : place + len(piece)], strict=True))


def found_on(lines: Sequence[str], pattern: Pattern) -> list[str]:
    """The first line that matches, and all behind it."""
    first = next((number for number, line in enumerate(lines) if pattern.matches(line)), len(lines))
    return list(lines[first:])


def counted(lines: Sequence[str]) -> list[str]:
    """How many lines there are, as Junos says it."""
    return [f"Count: {len(lines)} lines"]

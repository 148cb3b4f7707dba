"""Git's reflogs: what stock Git writes about the moves it makes, which is more than the values we happen to see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40}) ([^\t\n]*)(?:\t([^\n]*))?\n")
_IDENTITY = re.compile(rb"(.*?) ?<[^>]*> \d+ [+-]\d{4}\Z")
_NOTHING = b"0" * 40


@dataclass(frozen=True, slots=True)
class LoggedMove:
    """One line of a reflog, which ends at byte ``end``. None stands for no value."""

    old: bytes | None
    new: bytes | None
    actor: str
    message: str
    end: int


def moves_between(path: str, start: int, known: bytes | None, current: bytes | None) -> Sequence[LoggedMove]:
    """The chain of moves that leads from ``known`` to ``current``; empty where the log does not tell.

    The log was read up to byte ``start`` when the ref was known. Lines at the end may tell of moves that are not
    made yet, and gaps of moves that were not made by Git; logs may be cut at their beginning.
    """
    try:
        with Path(path).open("rb") as file:
            file.seek(start)
            chain = _chain(_parse(file.read(), start), known, current)
            if chain or known == current:
                return chain
            file.seek(0)
            return _last_chain(_parse(file.read(), 0), known, current)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ()


def size(path: str) -> int:
    """Up to where a log can be read now."""
    try:
        return Path(path).stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _chain(moves: Sequence[LoggedMove], known: bytes | None, current: bytes | None) -> Sequence[LoggedMove]:
    """From the first of ``moves`` on."""
    value, reached = known, 0
    for count, move in enumerate(moves, 1):
        if move.old != value:
            break
        value = move.new
        if value == current:
            reached = count
    return moves[:reached]


def _last_chain(moves: Sequence[LoggedMove], known: bytes | None, current: bytes | None) -> Sequence[LoggedMove]:
    """The shortest that ends in the last arrival at ``current``."""
    last = next((index for index in reversed(range(len(moves))) if moves[index].new == current), None)
    if last is None:
        return ()
    first = last
    while moves[first].old != known:
        if first == 0 or moves[first - 1].new != moves[first].old:
            return ()
        first -= 1
    return moves[first : last + 1]


def _parse(content: bytes, offset: int) -> list[LoggedMove]:
    moves = []
    for line in _LINE.finditer(content):
        identity = _IDENTITY.match(line[3])
        moves.append(
            LoggedMove(
                old=None if line[1] == _NOTHING else line[1],
                new=None if line[2] == _NOTHING else line[2],
                actor=(identity[1] if identity else line[3]).decode(errors="replace"),
                message=(line[4] or b"").decode(errors="replace"),
                end=offset + line.end(),
            )
        )
    return moves

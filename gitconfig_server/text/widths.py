"""Columns of a terminal: how many a text takes, and words and rows laid out in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

BETWEEN = "   "
"""What stands between the columns of a table."""

_INDENT = "    "


def width_of(text: str) -> int:
    """Columns that a text takes."""
    return len(text) if text.isascii() else sum(map(letter_width, text))


def letter_width(letter: str) -> int:
    """Columns of one letter: none for what combines with the one before it, two for wide ones."""
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def common_start(words: Sequence[str]) -> str:
    """What all words begin with."""
    if not words:
        return ""
    low, high = min(words), max(words)
    for index, letter in enumerate(low):
        if index >= len(high) or high[index] != letter:
            return low[:index]
    return low


def columns(words: Sequence[str], width: int) -> list[str]:
    """Words in columns, as many as fit."""
    size = max(map(width_of, words), default=0) + 2
    count = max(1, width // size)
    rows = [words[start : start + count] for start in range(0, len(words), count)]
    return ["".join(_padded(word, size) for word in row).rstrip() for row in rows]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells, each column as wide as its widest cell; the last one is not filled up."""
    sizes = [max(map(width_of, cells)) for cells in zip(*rows, strict=True)]
    return [BETWEEN.join(map(_padded, row, sizes)).rstrip() for row in rows]


def _padded(text: str, size: int) -> str:
    return text + " " * (size - width_of(text))


def flow(cells: Sequence[str], width: int) -> Iterator[list[str]]:
    """A row in lines no wider than ``width``, indented from the second on; only a cell that is wider goes past it."""
    line: list[str] = []
    for cell in cells:
        if line and sum(map(width_of, [*line, BETWEEN, cell])) > width:
            yield line
            line = [_INDENT]
        elif line:
            line.append(BETWEEN)
        line.append(cell)
    yield line

"""How answers look: tables for people, tab-separated lines for pipes, and one JSON document where that is asked for.

What a terminal would obey (control characters, directions of writing) is shown as escapes, wherever it comes from. In
a pipe nothing is cut or wrapped: one line a row, whose cells are separated by tabs.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitconfig_server.model.history import CommitSummary
from gitconfig_server.text.differences import COLORS
from gitconfig_server.text.widths import BETWEEN, flow
from gitconfig_server.wire.json import write_time

if TYPE_CHECKING:
    from rich.console import Console

_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_KEPT_IN_TEXT = "\n\t"

_FLOWING = ("value", "old", "new", "by", "message", "what it is about")
_FLOWING_WIDTH = 16
"""Columns of text, which may be broken, and how narrow they may become. Those of names never are: people copy them."""

SHORT = 12
"""Digits of an id that people are shown; every command takes it."""


def inert(text: str) -> str:
    """``text`` in one line that a terminal only shows."""
    return _OBEYED.sub(lambda found: _escape(found.group()), text)


def inert_text(text: str) -> str:
    """The same of text that may have several lines."""
    return _OBEYED.sub(lambda found: found.group() if found.group() in _KEPT_IN_TEXT else _escape(found.group()), text)


def say(text: str) -> None:
    """A remark for people, beside the answer, and behind what of it was said before."""
    sys.stdout.flush()
    print(inert_text(text), file=sys.stderr)


def put(text: str) -> None:
    """A line of the answer."""
    print(inert(text))


def put_text(text: str) -> None:
    """A text that is the whole answer: as it is in a pipe."""
    print(inert_text(text) if sys.stdout.isatty() else text)


def put_content(content: bytes) -> None:
    """Stored bytes: exactly, but for a terminal, which gets what it can show."""
    if sys.stdout.isatty():
        text = inert_text(content.decode(errors="replace"))
        sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    sys.stdout.flush()


def put_json(document: Any) -> None:
    """One JSON document."""
    ascii_only = (sys.stdout.encoding or "").lower() != "utf-8"
    print(json.dumps(document, ensure_ascii=ascii_only, indent=2, allow_nan=False, default=write_time))


def put_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows of cells: a table with ``columns`` above it in a terminal, bare lines elsewhere."""
    shown = [[inert(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in shown)
    elif shown:
        _put_rich(columns, shown)


def commit_text(commit: str | None) -> str:
    """An id: whole in a pipe, short for people."""
    found = commit or ""
    return found[:SHORT] if sys.stdout.isatty() else found


def short_id(commit: str | None) -> str:
    """An id as messages show it."""
    return (commit or "")[:SHORT]


def time_text(when: datetime | None) -> str:
    """A time to the second: local for people, as a clock there says it, and in UTC in a pipe."""
    if when is None:
        return ""
    if sys.stdout.isatty():
        with suppress(OverflowError):  # at the end of the calendar: then there is no such time here
            return when.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def authored_text(commit: CommitSummary) -> str:
    """When a commit says it was written: as ``time_text``, or in seconds where no calendar holds it."""
    return f"{commit.authored_as} (seconds since 1970)" if commit.authored_as else time_text(commit.authored_at)


def _put_rich(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console, narrow = Console(), _narrowest(columns, rows)
    if sum(narrow) + len(BETWEEN) * (len(columns) - 1) > console.width:
        _put_flowing(console, [columns, *rows])
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column, width in zip(columns, narrow, strict=True):
        table.add_column(column, overflow="fold", no_wrap=column not in _FLOWING, min_width=width)
    for row in rows:
        table.add_row(*(Text(cell, COLORS.get(cell, "")) for cell in row))
    console.print(table)


def _put_flowing(console: Console, rows: Iterable[Sequence[str]]) -> None:
    """What is too wide for a table: each row in as many lines as it takes, broken between cells alone."""
    from rich.text import Text

    for row in rows:
        for line in flow([cell for cell in row if cell], console.width):
            console.print(Text.assemble(*((part, COLORS.get(part, "")) for part in line)), soft_wrap=True)


def _narrowest(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """How wide columns must be so that ids, keys and names of files stay whole."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=True)]
    return [
        min(width, _FLOWING_WIDTH) if name in _FLOWING else width for name, width in zip(columns, widths, strict=True)
    ]


def _escape(character: str) -> str:
    code = ord(character)
    return _NAMES.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")

"""How differences look, in a table or a line each: ``+`` what is new, ``-`` what is gone, ``~`` what has changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from gitconfig_server.formats.values import scalar_text
from gitconfig_server.model.history import FileChange, KeyChange, Op, StoredValue

SIGNS = {Op.ADD: "+", Op.REMOVE: "-", Op.CHANGE: "~"}
COLORS = {"+": "green", "-": "red", "~": "yellow"}

_CODES = {"green": 32, "red": 31, "yellow": 33}
_LIKE_EMPTY = ("{}", "[]", "null")
_SIGNED = re.compile(r"([+~-]) ")


def value_text(value: StoredValue) -> str:
    """A value as it is read; ``{}``, ``[]`` and ``null``."""
    return json.dumps(value) if isinstance(value, dict | list) else scalar_text(value)


def values_apart(change: KeyChange) -> tuple[str, str]:
    """Old and new, so that one sees how they differ: ``8081`` and ``"8081"`` where one of them is text."""
    old = "" if change.op is Op.ADD else _quoted(change.old)
    new = "" if change.op is Op.REMOVE else _quoted(change.new)
    if change.op is Op.CHANGE and old == new:
        return json.dumps(change.old, ensure_ascii=False), json.dumps(change.new, ensure_ascii=False)
    return old, new


def _quoted(value: StoredValue) -> str:
    """As ``value_text``, but in quotes text that looks like ``{}``, ``[]`` or ``null``."""
    return json.dumps(value) if value in _LIKE_EMPTY else value_text(value)


def _difference_line(op: Op, place: str, old: str, new: str) -> str:
    """``~ db.pool: 20 -> 30``."""
    values = {Op.ADD: new, Op.REMOVE: old, Op.CHANGE: f"{old} -> {new}"}[op]
    return f"{SIGNS[op]} {place}: {values}"


def key_lines(changes: Iterable[KeyChange], files: Iterable[FileChange] = ()) -> Iterator[str]:
    """A line a key that differs, then one a file of which there are no keys to tell."""
    told = set()
    for one in changes:
        told.add(one.path)
        yield _difference_line(one.op, one.key, *values_apart(one))
    for file in files:
        if file.path not in told:
            yield f"{SIGNS[file.op]} {file.path}" + (f": {file.problem}" if file.problem else "")


def painted(line: str) -> str:
    """A line with the color of its sign, for terminals that have colors."""
    found = _SIGNED.match(line)
    return f"\x1b[{_CODES[COLORS[found[1]]]}m{line}\x1b[0m" if found else line

"""The outline of a JSON text: the lines of each entry of its objects that shares them with nothing else."""

from __future__ import annotations

import json
import re

from msgspec import Struct, field

from gitconfig_server.formats.merging.outlines.entries import OutlineEntry, TiedTogether, has_odd_returns
from gitconfig_server.formats.values import join_key

_PIECE = re.compile(rb'\}?(?:[^"{},]++|"(?:[^"\\]++|\\.)*+")*+[{,]?', re.DOTALL)
"""What a text on one line would have on a line of its own: up to a comma or an opening brace, or a closing one on."""

_MARK = re.compile(r'\n[ \t]*|"(?:[^"\\\n]|\\.)*+"|[{}\[\],"]')


def outline_json(text: str) -> list[list[OutlineEntry]]:
    """The entries of the one object. Raises TiedTogether where it is broken, or a key repeats.

    An entry runs from the line that its key begins to the one that the next key begins, or the brace behind it. What
    is no JSON for other reasons is not seen here: that is left to whoever reads the outcome.
    """
    if has_odd_returns(text):
        raise TiedTogether
    return [_Outline(text).root.entries]


def split_pieces(text: bytes) -> list[bytes]:
    """A text on one line in such pieces as would be lines; nothing where it has several, or is broken."""
    if b"\n" in text.rstrip():
        return []
    pieces = _PIECE.findall(text)[:-1]  # the last one is always empty
    return pieces if b"".join(pieces) == text else []


class _Level(Struct):
    """An object that is open. ``entry``: the last one in it, whose end is not known yet."""

    key: str
    entries: list[OutlineEntry] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    entry: OutlineEntry | None = None
    is_key_next: bool = True


class _Outline:
    def __init__(self, text: str) -> None:
        self.root = OutlineEntry("", 0, "")
        self._levels: list[_Level] = []
        self._line = 0
        self._lists = 0
        indent, edge = "", -1
        for found in _MARK.finditer(text):
            mark = found[0]
            if mark[0] == "\n":
                self._line += 1
                indent, edge = mark[1:], found.end()
            else:
                self._read(mark, indent if found.start() == edge else None)

    def _read(self, mark: str, indent: str | None) -> None:
        """``indent``: that of its line, if the mark begins it."""
        if mark == '"':
            raise TiedTogether
        if self._lists:
            self._lists += (mark in "[{") - (mark in "]}")
        elif mark == "{":
            self._open()
        elif not self._levels:
            raise TiedTogether
        elif mark == "[":
            self._lists = 1
        elif mark == "}":
            self._close(self._levels.pop(), indent)
        elif mark == ",":
            self._part(self._levels[-1])
        elif self._levels[-1].is_key_next:
            self._begin(self._levels[-1], mark, indent)

    def _open(self) -> None:
        entry = self._levels[-1].entry if self._levels else self.root
        if entry is None:
            raise TiedTogether
        self._levels.append(_Level(entry.key, entry.entries))

    def _begin(self, level: _Level, mark: str, indent: str | None) -> None:
        self._close(level, indent)
        name = json.loads(mark) if "\\" in mark else mark[1:-1]
        if name in level.seen or not name.strip():
            raise TiedTogether
        level.seen.add(name)
        start = -1 if indent is None else self._line
        level.entry = OutlineEntry(join_key(level.key, name), start, indent or "")
        level.is_key_next = False

    def _part(self, level: _Level) -> None:
        level.is_key_next = True
        if level.entry:
            level.entry.tail = ","

    def _close(self, level: _Level, indent: str | None) -> None:
        """Keep the last entry, if it has its lines for itself."""
        entry = level.entry
        if entry and entry.start >= 0 and indent is not None:
            entry.end = self._line
            level.entries.append(entry)

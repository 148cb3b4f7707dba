"""The YAML that most files are written in, ``key: value`` and ``key:`` one a line, read without an event for each part.

What is read here is read as libyaml's events would have it; whatever is more, or looks like a fault, is left to them.
"""

from __future__ import annotations

import re

from gitconfig_server.formats.reading.documents import FlatDocument, ReadLimits
from gitconfig_server.formats.reading.yaml_scalars import plain_scalar
from gitconfig_server.formats.values import join_key, key_segment, leaf_value

_FAR = r"\xa1-\u0fff"
"""Characters beyond ASCII that are letters to libyaml: breaks, blanks and byte order marks stand elsewhere."""

_WORD = rf"(?:[!-9;-~{_FAR}]|:(?=[!-~{_FAR}]))++"
_PLAIN = rf"(?=[\w./$(+~\\{_FAR}]|-[\w.]){_WORD}(?: ++(?!#){_WORD})*+"
_QUOTED = rf"\"[ !#-\[\]-~{_FAR}]*+\"|'[ -&(-~{_FAR}]*+'"
_COMMENT = rf"(?:(?<![^ \n])#[ -~{_FAR}]*+)?+"
_LINE = re.compile(
    rf"( *+)(?:([A-Za-z0-9_][\w./-]{{0,200}}+):(?:( ++)({_PLAIN}|{_QUOTED}))?+)?+ *+{_COMMENT}\n|([\s\S]+)", re.ASCII
)
"""Indentation, key, gap and value of one line; all that is left, from the first line that is not of this kind."""


def read_lines(text: str, limits: ReadLimits) -> list[FlatDocument] | None:
    """What ``read_yaml`` answers for ``text``; None where it takes more than this to tell."""
    lines = _LINE.findall(text if text.endswith("\n") else text + "\n")
    if lines[-1][4] or len(lines) > limits.keys:
        return None
    reader = _Lines(limits)
    for number, (indentation, key, gap, value, _) in enumerate(lines, 1):
        if key and not reader.take(number, len(indentation), key, len(gap), value):
            return None
    return reader.conclude()


class _Map:
    """One that is open: where its keys stand, what they are beneath, and those that it has."""

    __slots__ = ("column", "path", "segments")

    def __init__(self, path: str, column: int) -> None:
        self.path = path
        self.column = column
        self.segments: set[str] = set()


class _Lines:
    """Puts line after line into one document."""

    def __init__(self, limits: ReadLimits) -> None:
        self._document = FlatDocument()
        self._limits = limits
        self._open = [_Map("", 0)]
        self._parent: str | None = None  # the key of the line before, where it had no value
        self._characters = 0

    def take(self, number: int, column: int, key: str, gap: int, value: str) -> bool:
        """Whether the line fits what stands before it."""
        here = self._map_at(column)
        if here is None:
            return False
        try:
            segment = key_segment(plain_scalar(key))
            found = value[1:-1] if value[:1] in "\"'" else leaf_value(plain_scalar(value))
        except ValueError:
            return False
        if segment in here.segments:
            return False
        here.segments.add(segment)
        self._characters += len(here.path)
        path = join_key(here.path, segment)
        if value:
            self._document.put(path, found, (number, column + len(key) + gap + 2))
        else:
            self._parent = path
        return True

    def conclude(self) -> list[FlatDocument] | None:
        """The document, none where there was no key; None where more than its lines must be known."""
        if self._parent is not None or self._characters > self._limits.characters:
            return None
        return [self._document] if self._document.properties else []

    def _map_at(self, column: int) -> _Map | None:
        """The map that a key in this column belongs to."""
        top = self._open[-1]
        if self._parent is not None:
            if column <= top.column or len(self._open) >= self._limits.depth:
                return None  # a null, say
            top = _Map(self._parent, column)
            self._open.append(top)
            self._parent = None
            return top
        while column < top.column:
            self._open.pop()
            top = self._open[-1]
        return top if column == top.column else None

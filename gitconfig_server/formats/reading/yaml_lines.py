"""The YAML of plain settings, ``key: value`` and ``key:`` one a line, read without an event for each part.

What is read here is read as libyaml's events would have it; whatever is more, or looks like a fault, is left to them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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


_Line = tuple[str, str, str, str, str]


def read_lines(text: str, limits: ReadLimits) -> list[FlatDocument] | None:
    """What ``read_yaml`` answers for ``text``; None where it takes more than this to tell."""
    if text.count("\n") >= limits.keys:
        return None
    lines: list[_Line] = _LINE.findall(text if text.endswith("\n") else text + "\n")
    if lines[-1][4]:
        return None
    try:
        document = _read(lines, limits)
    except ValueError:
        return None  # a number that is too long
    if document is None:
        return None
    return [document] if document.properties else []


def _read(lines: Sequence[_Line], limits: ReadLimits) -> FlatDocument | None:
    """One loop without a call to spare: it runs over every line of all that is pushed, and of what that replaces."""
    document = FlatDocument()
    put = document.put
    path, column, segments = "", 0, set[str]()  # of the map that a line stands in
    around: list[tuple[str, int, set[str]]] = []
    parent, characters = None, 0
    for number, (indentation, key, gap, value, _) in enumerate(lines, 1):
        if not key:
            continue
        here = len(indentation)
        if parent is not None:
            if here <= column or len(around) + 1 >= limits.depth:
                return None  # a null, say
            around.append((path, column, segments))
            path, column, segments, parent = parent, here, set(), None
        while here < column:
            path, column, segments = around.pop()
        segment = key_segment(plain_scalar(key))
        if here > column or segment in segments:
            return None
        segments.add(segment)
        characters += len(path)
        name = join_key(path, segment)
        if not value:
            parent = name
        elif value[0] in "\"'":
            put(name, value[1:-1], (number, here + len(key) + len(gap) + 2))
        else:
            put(name, leaf_value(plain_scalar(value)), (number, here + len(key) + len(gap) + 2))
    return None if parent is not None or characters > limits.characters else document

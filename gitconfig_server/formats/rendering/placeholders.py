r"""Spring's placeholders: ``${key}``, ``${key:default}``, both nested and recursive; ``\${`` is a plain ``${``.

What a key means is asked of the sources of one environment, the strongest first, by exactly that key, before lists
are merged; nothing else is ever asked. What cannot be resolved stays as it is written.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gitconfig_server.errors import InvalidInput, TooLarge
from gitconfig_server.formats.values import scalar_text
from gitconfig_server.model.environments import Value

MAX_DEPTH = 100
"""Placeholders within placeholders, and values that lead to values, which count twice."""

_MAX_RESOLVED = 32 * 1024 * 1024
"""Characters that all placeholders of one answer may come to."""

_OPENS = "${"
_TOKEN = re.compile(r"\\{0,2}\$\{|[{}]")
_SEPARATOR = re.compile(r"(?<!\\):")


class Placeholders:
    """The placeholders of one environment. Blanks around a key belong to it.

    ``resolve`` raises InvalidInput for values that lead back to themselves, and TooLarge past MAX_DEPTH and
    _MAX_RESOLVED.
    """

    def __init__(self, sources: Sequence[Mapping[str, Value]]) -> None:
        self._sources = sources
        self._known: dict[str, str] = {}
        self._open: list[str] = []
        self._resolved = 0

    def resolve(self, text: str) -> str:
        """``text`` with every placeholder in it resolved."""
        return self._whole(text, 0)

    def _whole(self, text: str, depth: int) -> str:
        return self._stretch(_Text(text), 0, len(text), depth) if _OPENS in text else text

    def _stretch(self, text: _Text, start: int, end: int, depth: int) -> str:
        """A part of a text, its placeholders resolved and its escapes undone."""
        if depth > MAX_DEPTH:
            raise TooLarge(f"nesting of placeholders at {text.whole[start : start + 40]!r}", MAX_DEPTH)
        made: list[str] = []
        for mark in text.marks(start, end):
            made.append(text.whole[start : mark.start])
            if mark.close is None:
                made.append(_OPENS)
                start = mark.end
            else:
                made.append(self._counted(self._placeholder(text, mark.end, mark.close, depth + 1)))
                start = mark.close + 1
        made.append(text.whole[start:end])
        return "".join(made)

    def _placeholder(self, text: _Text, start: int, end: int, depth: int) -> str:
        """What stands between ``${`` and ``}``, resolved: the value of all of it, of what is before ``:``, or what
        follows that."""
        written = text.whole[start:end]
        separator = text.separator(start, end)
        key = self._stretch(text, start, end if separator is None else separator, depth).replace("\\:", ":")
        for name in (written, key) if _OPENS not in written else (key,):
            value = self._value(name, depth)
            if value is not None:
                return value
        return f"{_OPENS}{key}}}" if separator is None else self._stretch(text, separator + 1, end, depth)

    def _value(self, name: str, depth: int) -> str | None:
        """The value of a key with its own placeholders resolved, None where no source has it."""
        known = self._known.get(name)
        if known is None:
            stored = next((source[name] for source in self._sources if name in source), None)
            if stored is None:
                return None
            known = self._known[name] = self._opened(name, scalar_text(stored), depth + 1)
        return known

    def _opened(self, name: str, text: str, depth: int) -> str:
        if name in self._open:
            cycle = " -> ".join([*self._open[self._open.index(name) :], name])
            raise InvalidInput(f"placeholders lead back to where they began: {cycle[:500]}")
        self._open.append(name)
        resolved = self._whole(text, depth)
        self._open.pop()
        return resolved

    def _counted(self, text: str) -> str:
        self._resolved += len(text)
        if self._resolved > _MAX_RESOLVED:
            raise TooLarge("length of what placeholders come to", _MAX_RESOLVED)
        return text


class _Mark(NamedTuple):
    """``${`` in a text. ``close`` is the place of its ``}``; None where it is plain text: escaped, or never closed."""

    start: int
    end: int
    close: int | None


class _Text:
    """A text and the placeholders in it, found in one pass. Any ``{`` needs its ``}``, as in Spring."""

    def __init__(self, text: str) -> None:
        self.whole = text
        open_marks: list[int | None] = []
        marks: list[_Mark] = []
        for token in _TOKEN.finditer(text):
            if token[0] == "}":
                number = open_marks.pop() if open_marks else None
                if number is not None:
                    marks[number] = marks[number]._replace(close=token.start())
                continue
            open_marks.append(len(marks) if token[0] == _OPENS else None)
            if token[0] != "{":
                marks.append(_Mark(*token.span(), None))
        self._marks = marks
        self._starts = [mark.start for mark in marks]

    def marks(self, start: int, end: int) -> Iterator[_Mark]:
        """Those from ``start`` to ``end`` that are not inside another placeholder there."""
        number = bisect_left(self._starts, start)
        while number < len(self._marks) and self._starts[number] < end:
            mark = self._marks[number]
            yield mark
            number = bisect_left(self._starts, mark.end if mark.close is None else mark.close, number + 1)

    def separator(self, start: int, end: int) -> int | None:
        """Where the first ``:`` stands that belongs to no placeholder inside."""
        for mark in self.marks(start, end):
            if mark.close is not None:
                if found := _SEPARATOR.search(self.whole, start, mark.start):
                    return found.start()
                start = mark.close + 1
        found = _SEPARATOR.search(self.whole, start, end)
        return found.start() if found else None

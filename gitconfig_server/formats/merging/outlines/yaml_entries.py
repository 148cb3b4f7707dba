"""The outline of a YAML text: which lines each entry of its maps takes up, down to the maps that hold no others.

An entry runs from the line of its key to that of the next one, with the comments between them. What stands in a list,
in a flow, or beneath a key that shares its line with something else belongs to the entry around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from yaml import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from gitconfig_server.formats.merging.outlines.entries import OutlineEntry, TiedTogether, has_odd_returns
from gitconfig_server.formats.reading.yaml_events import open_events
from gitconfig_server.formats.reading.yaml_nodes import MERGE
from gitconfig_server.formats.reading.yaml_scalars import plain_scalar
from gitconfig_server.formats.values import join_key, key_segment

_ODD_BREAKS = ("\x85", "\u2028", "\u2029", "\ufeff")
"""What libyaml ends a line with where others see none, and a mark that moves columns."""


def outline_yaml(text: str) -> list[list[OutlineEntry]]:
    """The entries of each document. What has an anchor, an alias or a tag of a map, or stands beside ``<<``, is tied.

    Raises TiedTogether where a text cannot be taken apart so: it is broken, repeats keys, or has odd line breaks.
    """
    if has_odd_returns(text) or any(one in text for one in _ODD_BREAKS):
        raise TiedTogether
    try:
        return _Outline(text).documents()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise TiedTogether from error


class _Outline:
    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._next: Callable[[], Any] = open_events(text)

    def documents(self) -> list[list[OutlineEntry]]:
        self._next()
        found: list[list[OutlineEntry]] = []
        before: list[OutlineEntry] = []
        while not isinstance(start := self._next(), StreamEndEvent):
            self._check_start(start)
            _close(before, start.start_mark.line)
            before, _ = self._value("", self._next())
            found.append(before)
            end = self._next()
            if end.explicit:
                _close(before, end.start_mark.line)
        _close(before, len(self._lines))
        return found

    def _check_start(self, start: DocumentStartEvent) -> None:
        if start.version or start.tags:
            raise TiedTogether

    def _value(self, key: str, event: Any) -> tuple[list[OutlineEntry], bool]:
        """The entries of a value, and whether it is tied. Within what others may name, nothing is an entry."""
        if isinstance(event, MappingStartEvent) and not event.flow_style and not _ties(event):
            return self._map(key)
        return [], self._pass_over(event)

    def _map(self, above: str) -> tuple[list[OutlineEntry], bool]:
        """The entries of a map; those whose key does not begin its line are left out, and end the one before."""
        entries: list[OutlineEntry] = []
        seen: set[str] = set()
        is_tied = False
        while not isinstance(key := self._next(), MappingEndEvent):
            segment = _segment(key)
            if segment in seen:
                raise TiedTogether
            seen.add(segment)
            line, column = key.start_mark.line, key.start_mark.column
            indent = self._lines[line][:column]
            entry = OutlineEntry(join_key(above, segment), line, indent)
            if entries:
                _close(entries, line)
            entry.entries, is_tied_itself = self._value(entry.key, self._next())
            entry.is_tied = is_tied_itself or _ties(key)
            is_tied = is_tied or entry.is_tied
            if not indent.strip(" "):
                entries.append(entry)
        if MERGE in seen:  # what it brings depends on which keys stand beside it
            for entry in entries:
                entry.is_tied = True
        return entries, is_tied or MERGE in seen

    def _pass_over(self, event: Any) -> bool:
        """Go past a value; whether anything in it is tied."""
        depth = 0
        is_tied = _ties(event)
        while True:
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                depth += 1
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                depth -= 1
            if not depth:
                return is_tied
            event = self._next()
            is_tied = is_tied or _ties(event)


def _ties(event: Any) -> bool:
    """Whether it has a name, is one, or is a map of another kind."""
    return bool(getattr(event, "anchor", None) or (isinstance(event, MappingStartEvent) and event.tag))


def _segment(key: Any) -> str:
    if not isinstance(key, ScalarEvent):
        raise TiedTogether
    plain, quoted = key.implicit
    if not plain and not quoted:
        raise TiedTogether
    if plain and key.value == MERGE:
        return MERGE
    segment = key_segment(plain_scalar(key.value)) if plain else str(key.value)
    if segment == MERGE or not segment.strip():
        raise TiedTogether
    return segment


def _close(entries: list[OutlineEntry], line: int) -> None:
    """End the last entry, and the last one in it, and so on, in front of a line."""
    while entries and not entries[-1].end:
        entries[-1].end = line
        entries = entries[-1].entries

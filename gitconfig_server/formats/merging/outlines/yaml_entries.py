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
    """The entries of each document.

    Raises TiedTogether where a text cannot be taken apart so: it is broken, has anchors, tags of maps, ``<<`` or odd
    line breaks.
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
            event = self._next()
            before = self._map("", event) if _is_block(event) else self._pass_over(event)
            found.append(before)
            end = self._next()
            if end.explicit:
                _close(before, end.start_mark.line)
        _close(before, len(self._lines))
        return found

    def _check_start(self, start: DocumentStartEvent) -> None:
        if start.version or start.tags:
            raise TiedTogether

    def _map(self, above: str, event: MappingStartEvent) -> list[OutlineEntry]:
        """The entries of a map; those whose key does not begin its line are left out, and end the one before."""
        _check(event)
        entries: list[OutlineEntry] = []
        seen: set[str] = set()
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
            value = self._next()
            entry.entries = self._map(entry.key, value) if _is_block(value) else self._pass_over(value)
            if not indent.strip(" "):
                entries.append(entry)
        return entries

    def _pass_over(self, event: Any) -> list[OutlineEntry]:
        _check(event)
        depth = 0
        while True:
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                depth += 1
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                depth -= 1
            if not depth:
                return []
            event = self._next()
            _check(event)


def _check(event: Any) -> None:
    if getattr(event, "anchor", None) or (isinstance(event, MappingStartEvent) and event.tag):
        raise TiedTogether


def _is_block(event: Any) -> bool:
    return isinstance(event, MappingStartEvent) and not event.flow_style


def _segment(key: Any) -> str:
    _check(key)
    if not isinstance(key, ScalarEvent):
        raise TiedTogether
    plain, quoted = key.implicit
    if not plain and not quoted:
        raise TiedTogether
    segment = key_segment(plain_scalar(key.value)) if plain else str(key.value)
    if segment == MERGE or not segment.strip():
        raise TiedTogether
    return segment


def _close(entries: list[OutlineEntry], line: int) -> None:
    """End the last entry, and the last one in it, and so on, in front of a line."""
    while entries and not entries[-1].end:
        entries[-1].end = line
        entries = entries[-1].entries

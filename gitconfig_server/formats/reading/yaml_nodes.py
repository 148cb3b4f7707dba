"""Composing YAML: from libyaml's events to plain dicts, lists and leaves, with bounds on what they may cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from yaml import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    Token,
)

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import NOWHERE, Place, ReadLimits
from gitconfig_server.formats.reading.yaml_events import open_events
from gitconfig_server.formats.reading.yaml_scalars import plain_scalar, tagged_scalar
from gitconfig_server.formats.values import Scalar, key_segment, leaf_value
from gitconfig_server.model.environments import Value

_Leaf = tuple[Value, int, int]
"""A value and where its own token stands, line and column: behind an alias, at the anchor.

Flat, since a tuple of values is not looked through for garbage any more once it has been seen, and a tuple that holds
another one is.
"""

ReadNode = _Leaf | list["ReadNode"] | dict[str, "ReadNode"]
"""A leaf (an empty list is one too), a list of nodes, or nodes by the segments their keys add to a flat key."""

_TAG = "tag:yaml.org,2002:"
_MAP, SET = (None, "!", f"{_TAG}map"), f"{_TAG}set"
_LIST, OMAP = (None, "!", f"{_TAG}seq"), f"{_TAG}omap"
MERGE = "<<"


class Composer:
    """The documents of one YAML text, read event by event: a bound is noticed before libyaml gets slow."""

    def __init__(self, path: str, text: str, limits: ReadLimits) -> None:
        self._path = path
        self._text = text
        self._limits = limits
        self._next: Callable[[], Any] = open_events(text)
        self._anchors: dict[str, ReadNode | None] = {}
        self._depth = 0
        self._aliases = 0
        self._merged = 0
        self.has_aliases = False

    def documents(self) -> Iterator[ReadNode]:
        """The root of each document. Raises InvalidContent, and yaml.YAMLError where the syntax is wrong."""
        self._next()
        while not isinstance(self._next(), StreamEndEvent):
            self._anchors.clear()
            yield self._node(self._next())
            self._next()

    def _node(self, event: Any) -> ReadNode:
        if isinstance(event, AliasEvent):
            return self._aliased(event)
        node: ReadNode
        if isinstance(event, ScalarEvent):
            node = (leaf_value(self._scalar(event)), *_place(event))
        else:
            node = self._collection(event)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _scalar(self, event: ScalarEvent) -> Scalar:
        try:
            plain, quoted = event.implicit
            if plain:
                return plain_scalar(event.value)
            return event.value if quoted else tagged_scalar(event.value, event.tag or "")
        except ValueError as error:
            self._refuse(event, "yaml-scalar", str(error))
        except KeyError:
            self._refuse_tag(event, event.tag, "write the value as text, in quotes")

    def _collection(self, event: CollectionStartEvent) -> ReadNode:
        if self._depth == self._limits.depth:
            self._refuse(event, "too-deep", f"nested deeper than {self._limits.depth} levels")
        self._depth += 1
        if event.anchor:
            self._anchors[event.anchor] = None
        node = self._mapping(event) if isinstance(event, MappingStartEvent) else self._sequence(event)
        self._depth -= 1
        return node

    def _sequence(self, event: CollectionStartEvent) -> ReadNode:
        items: list[ReadNode] = []
        while not isinstance(one := self._next(), SequenceEndEvent):
            items.append(self._node(one))
        if event.tag == OMAP:
            return self._ordered(event, items)
        if event.tag not in _LIST:
            self._refuse_tag(event, event.tag, "a list has none")
        return items or ("", *_place(event))

    def _ordered(self, event: Event, items: list[ReadNode]) -> ReadNode:
        pairs: dict[str, ReadNode] = {}
        for item in items:
            if not isinstance(item, dict) or len(item) != 1:
                self._refuse(event, "unknown-tag", "an !!omap is a list of maps of one key each")
            pairs.update(item)
        return pairs

    def _mapping(self, event: CollectionStartEvent) -> ReadNode:
        if event.tag == SET:
            return self._set(event)
        if event.tag not in _MAP:
            self._refuse_tag(event, event.tag, "a map has none")
        nodes: dict[str, ReadNode] = {}
        merged: set[str] = set()
        while not isinstance(key := self._next(), MappingEndEvent):
            if isinstance(key, ScalarEvent) and key.value == MERGE and key.tag is None and key.implicit[0]:
                merged |= self._merge(nodes, key)
                continue
            segment = self._segment(key)
            if segment in nodes and segment not in merged:
                self._refuse(key, "duplicate-key", f"key {segment!r} occurs twice in one map")
            merged.discard(segment)
            value = self._next()
            nodes[segment] = self._node(value)
            if event.flow_style and isinstance(value, ScalarEvent) and not value.value:
                nodes[segment] = self._after_colon(key, value, nodes[segment])
        return nodes

    def _after_colon(self, key: Event, value: Event, node: ReadNode) -> ReadNode:
        """The leaf of a value that is not there, at SnakeYAML's place for it: right behind the colon."""
        (_, end), (start, after) = span(key), span(value)
        before, colon, _ = self._text[end:start].partition(":")
        if start < after or not colon or "\n" in before or not isinstance(node, tuple):
            return node
        mark = key.end_mark
        assert mark is not None, "libyaml marks everything"
        return node[0], mark.line + 1, mark.column + len(before) + 2

    def _merge(self, nodes: dict[str, ReadNode], key: Event) -> set[str]:
        """Take what ``<<`` brings and ``nodes`` does not have yet; the segments that came."""
        brought = self._node(self._next())
        came: set[str] = set()
        for one in brought if isinstance(brought, list) else [brought]:
            if not isinstance(one, dict):
                self._refuse(key, "yaml-merge", "<< takes a map or a list of maps")
            self._merged += len(one)
            if self._merged > self._limits.keys:
                self._refuse(key, "too-large", f"<< brings more than {self._limits.keys} keys")
            came.update(one.keys() - nodes.keys())
            for segment, node in one.items():
                nodes.setdefault(segment, node)
        return came

    def _set(self, event: Event) -> ReadNode:
        """A list of its keys, which Spring shows without places."""
        items: dict[str, ReadNode] = {}
        while not isinstance(key := self._next(), MappingEndEvent):
            item = self._node(key)
            segment = self._leaf_segment(key, item)
            if segment in items:
                self._refuse(key, "duplicate-key", f"{segment!r} occurs twice in one set")
            assert isinstance(item, tuple), "it is a key"
            items[segment] = (item[0], *NOWHERE)
            self._node(self._next())
        return list(items.values()) or ("", *_place(event))

    def _segment(self, event: Event) -> str:
        if isinstance(event, ScalarEvent):
            key = self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = (leaf_value(key), *_place(event))
            return key_segment(key)
        return self._leaf_segment(event, self._node(event))

    def _leaf_segment(self, event: Event, node: ReadNode) -> str:
        if not isinstance(node, tuple) or not isinstance(event, ScalarEvent | AliasEvent):
            self._refuse(event, "complex-key", "a key must be a single value")
        return key_segment(node[0])

    def _aliased(self, event: AliasEvent) -> ReadNode:
        if event.anchor not in self._anchors:
            self._refuse(event, "yaml-syntax", f"alias *{event.anchor} has no anchor before it")
        node = self._anchors[event.anchor]
        if node is None:
            self._refuse(event, "alias-cycle", f"alias *{event.anchor} stands inside its own anchor")
        self.has_aliases = True
        if not isinstance(node, tuple):
            self._aliases += 1
            if self._aliases > self._limits.aliases:
                self._refuse(event, "too-many-aliases", f"more than {self._limits.aliases} aliases of collections")
        return node

    def _refuse_tag(self, event: Event, tag: str | None, advice: str) -> NoReturn:
        """Refuse what SnakeYAML refuses too, as Spring sets it up: to it the whole file is broken."""
        name = (tag or "").replace(_TAG, "!!")
        self._refuse(event, "unknown-tag", f"tag {name} is not known here, nor to Spring: {advice}")

    def _refuse(self, event: Event, rule: str, detail: str) -> NoReturn:
        raise InvalidContent(self._path, rule, detail, *_place(event))


def span(event: Event | Token) -> tuple[int, int]:
    """Where an event or token begins and ends in the text."""
    start, end = event.start_mark, event.end_mark
    assert start is not None, "libyaml marks everything"
    assert end is not None, "libyaml marks everything"
    return start.index, end.index


def _place(event: Event) -> Place:
    mark = event.start_mark
    assert mark is not None, "libyaml marks everything"
    return mark.line + 1, mark.column + 1

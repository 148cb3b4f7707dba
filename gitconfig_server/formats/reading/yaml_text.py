"""Reading YAML as Spring does: several documents, each flattened, with the place of every value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

import yaml
from yaml import ScalarToken
from yaml.reader import ReaderError

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.decoding import decode_text, place_after
from gitconfig_server.formats.reading.documents import FlatDocument, Place, ReadLimits
from gitconfig_server.formats.reading.yaml_events import open_tokens
from gitconfig_server.formats.reading.yaml_lines import read_lines
from gitconfig_server.formats.reading.yaml_nodes import Composer, ReadNode, span
from gitconfig_server.formats.values import join_index, join_key

_COMMENT = re.compile(r"#[^\n\r]*")
_BLANKS = re.compile(r"[ \t]*")


def _find_tab(text: str) -> Place | None:
    """Where the first such tab stands in ``text``, which must have parsed; blanks that end a plain scalar may be tabs.

    A second pass over the tokens, for the few files that hold a tab at all.
    """
    next_token = open_tokens(text)
    end = 0
    while token := next_token():
        start, after = span(token)
        tab = _COMMENT.sub(_blank, text[end:start]).find("\t")
        if tab >= 0:
            return place_after(text[: end + tab])
        end = max(end, after)
        if isinstance(token, ScalarToken) and token.plain:
            end = _end_of_blanks(text, end)
    return None


def _end_of_blanks(text: str, start: int) -> int:
    found = _BLANKS.match(text, start)
    return found.end() if found else start


def _blank(comment: re.Match[str]) -> str:
    return " " * len(comment.group())


def read_yaml(path: str, content: bytes, limits: ReadLimits) -> list[FlatDocument]:
    """The documents that hold something; a scalar or list at the top stands at the key ``document``.

    Raises InvalidContent, also for what libyaml would let through and SnakeYAML refuses: duplicate keys (compared as
    values: ``true`` and ``on`` are one), unknown tags, tabs between tokens.
    """
    text = decode_text(path, content)
    read = read_lines(text, limits)
    return read_events(path, text, limits) if read is None else read


def read_events(path: str, text: str, limits: ReadLimits) -> list[FlatDocument]:
    """As ``read_yaml``, of any text, event by event."""
    composer = Composer(path, text, limits)
    try:
        documents = list(_documents(path, composer, limits))
        tab = _find_tab(text) if "\t" in text else None
    except yaml.YAMLError as error:
        _refuse_syntax(path, text, error)
    if tab:
        raise InvalidContent(path, "yaml-syntax", "a tab stands between tokens: use spaces", *tab)
    if composer.has_aliases:
        _bound_repeats(path, documents, limits)
    return documents


def _documents(path: str, composer: Composer, limits: ReadLimits) -> Iterator[FlatDocument]:
    flattener = _Flattener(path, limits)
    for number, root in enumerate(composer.documents()):
        if number == limits.documents:
            raise InvalidContent(path, "too-large", f"more than {limits.documents} documents")
        if isinstance(root, tuple) and root[0] == "":
            continue
        yield flattener.flatten(root if isinstance(root, dict) else {"document": root}, number)


class _Flattener:
    """Builds the flat forms of documents and bounds what aliases expand to, in all of them together."""

    def __init__(self, path: str, limits: ReadLimits) -> None:
        self._document = FlatDocument()
        self._path = path
        self._limits = limits
        self._keys = self._characters = 0

    def flatten(self, root: dict[str, ReadNode], index: int) -> FlatDocument:
        """The flat form of the document of that number."""
        self._document = FlatDocument(index=index)
        self._add("", root, 0)
        self._keys += len(self._document.properties)
        return self._document

    def _add(self, path: str, node: dict[str, ReadNode] | list[ReadNode], depth: int) -> None:
        """Put every leaf beneath ``node``, which stands at ``path``."""
        self._check(path, len(node), depth)
        put = self._document.put
        if isinstance(node, dict):
            children = ((join_key(path, segment), child) for segment, child in node.items())
        else:
            children = ((join_index(path, index), child) for index, child in enumerate(node))
        for key, child in children:
            if isinstance(child, tuple):
                put(key, child[0], child[1:])
            else:
                self._add(key, child, depth + 1)

    def _check(self, path: str, children: int, depth: int) -> None:
        self._characters += len(path) * children
        if depth > self._limits.depth:
            raise InvalidContent(self._path, "too-deep", f"aliases nest deeper than {self._limits.depth} levels")
        if self._keys + len(self._document.properties) + children > self._limits.keys:
            raise InvalidContent(self._path, "too-large", f"more than {self._limits.keys} keys")
        if self._characters > self._limits.characters:
            raise InvalidContent(self._path, "too-large", f"keys of more than {self._limits.characters} characters")


def _bound_repeats(path: str, documents: list[FlatDocument], limits: ReadLimits) -> None:
    values = (value for one in documents for value in one.properties.values())
    if sum(len(value) for value in values if isinstance(value, str)) > limits.characters:
        detail = f"aliases repeat text to more than {limits.characters} characters"
        raise InvalidContent(path, "too-large", detail)


def _refuse_syntax(path: str, text: str, error: yaml.YAMLError) -> NoReturn:
    detail, place, rule = str(error), (0, 0), "yaml-syntax"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        detail = ", ".join(part for part in (error.problem, error.context) if part)
        place = (mark.line + 1, mark.column + 1) if mark else place
        # libyaml from 0.2.6 on looks for itself, before it tells of the first bracket
        rule = "too-deep" if error.problem == "exceeded maximum nesting depth" else rule
    elif isinstance(error, ReaderError):
        detail, place = error.reason, place_after(text.encode()[: error.position].decode(errors="ignore"))
    raise InvalidContent(path, rule, detail, *place) from error

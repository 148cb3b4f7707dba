"""Reading ``.properties`` files as Spring Boot's ``OriginTrackedPropertiesLoader`` does."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from msgspec import Struct

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import FlatDocument, Place, ReadLimits

_LINE_END = re.compile(r"\r\n|\r|\n")
SEPARATOR = re.compile(r"[#!]---[ \t\f]*")
_KEY = re.compile(r"([^=: \t\f]*)[ \t\f]*[=:]?[ \t\f]*")
_ITEM = re.compile(r"[ \t\f]*([^,]*)(?:,|\Z)")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMED = {"t": "\t", "r": "\r", "n": "\n", "f": "\f"}
_BLANKS = " \t\f"
_OFFSET = attrgetter("offset")
TRIMMED = "".join(map(chr, range(33)))
"""What Java's ``String.trim`` takes off a key."""


def read_properties(path: str, content: bytes, limits: ReadLimits) -> list[FlatDocument]:
    """The documents that hold a key, split by ``#---`` or ``!---``; the bytes are ISO-8859-1.

    Spring's rules: a separator begins its line, only blanks follow it, and no comment of the same prefix stands right
    before it; a document that begins with a comment continues the last one that holds a key. Of equal keys the last
    wins and is remarked upon. Raises InvalidContent for a malformed ``\\\\u``.
    """
    documents: list[FlatDocument] = []
    document, last_prefix = FlatDocument(), ""
    lines = _Lines(path, _LINE_END.split(content.decode("iso-8859-1")), limits)
    for line in lines:
        prefix = line.lstrip(_BLANKS)[:1]
        if prefix not in ("#", "!"):
            last_prefix = ""
            if prefix:
                _put_entry(document, lines, line)
        elif last_prefix != prefix and SEPARATOR.fullmatch(line):
            lines.count_on(line)
            documents += [document] if document.properties else []
            document = FlatDocument(index=document.index + 1)
            if document.index > limits.documents:
                raise InvalidContent(path, "too-large", f"more than {limits.documents} documents")
        else:
            last_prefix = prefix
            if not document.properties and documents:
                document = documents.pop()
    return [*documents, document] if document.properties else documents


class _Start(NamedTuple):
    """Where a physical line begins in its entry's text, and where that is in the file."""

    offset: int
    line: int
    column: int


class _Entry(Struct, frozen=True):
    """A logical line. In ``shape`` every escaped character of ``text`` is an ``x``: it never separates anything."""

    path: str
    text: str
    shape: str
    starts: list[_Start]
    end: Place
    """Where Spring says an empty value is: behind the end of the line."""

    def place(self, offset: int) -> Place:
        """Where the character at ``offset`` stands; an escape counts as one column, as in Spring."""
        if offset == len(self.text):
            return self.end
        start = self.starts[bisect_right(self.starts, offset, key=_OFFSET) - 1]
        return start.line, start.column + offset - start.offset

    def piece(self, start: int, end: int) -> str:
        """A part of ``text``, its surrogate pairs joined."""
        text = self.text[start:end]
        if not _SURROGATE.search(text):
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError as error:
            place = self.place(start)
            raise InvalidContent(self.path, "properties-escape", "half of a surrogate pair", *place) from error


class _Lines:
    """The physical lines of a file, joined to entries on demand."""

    def __init__(self, path: str, lines: list[str], limits: ReadLimits) -> None:
        self._limits = limits
        self._path = path
        self._lines = lines
        self._number = self._keys = self._characters = 0
        self._counted = self._counted_next = 0

    def __iter__(self) -> Iterator[str]:
        while self._number < len(self._lines):
            self._number += 1
            self._counted, self._counted_next = self._counted_next, 0
            yield self._lines[self._number - 1]

    def count_on(self, separator: str) -> None:
        """The next line's columns go on from those of ``separator``: Spring reads past the end of a line that ends in
        blanks."""
        self._counted_next = len(separator) + 1 if separator[-1] in _BLANKS else 0

    def entry(self, line: str) -> _Entry:
        """The entry that begins with ``line``, the one just handed out, and the lines that continue it."""
        self.count(1)
        inner = line.lstrip(_BLANKS)
        starts = [_Start(0, self._number, self._counted + len(line) - len(inner) + 1)]
        if "\\" not in inner:
            return _Entry(self._path, inner, inner, starts, self._end(starts[0], len(inner)))
        texts, shapes = [], []
        while _continues(inner):
            self.count(1)
            texts.append(_ESCAPE.sub(self._unescape, inner[:-1]))
            shapes.append(_ESCAPE.sub("x", inner[:-1]))
            line = next(iter(self), "")
            inner = line.lstrip(_BLANKS)
            starts.append(_Start(starts[-1].offset + len(texts[-1]), self._number, len(line) - len(inner) + 1))
        text = "".join((*texts, _ESCAPE.sub(self._unescape, inner)))
        shape = "".join((*shapes, _ESCAPE.sub("x", inner)))
        return _Entry(self._path, text, shape, starts, self._end(starts[-1], len(text)))

    def count(self, keys: int, characters: int = 0) -> None:
        """Note what costs as much as so many keys, and characters of the keys of items.

        Raises InvalidContent once the file has more than it may.
        """
        self._keys += keys
        self._characters += characters
        if self._keys > self._limits.keys or self._characters > self._limits.characters:
            detail = f"more than {self._limits.keys} keys, items and continued lines, or too long ones"
            raise InvalidContent(self._path, "too-large", detail, self._number, 1)

    def _end(self, start: _Start, length: int) -> Place:
        if self._number < len(self._lines):
            return self._number + 1, 0
        return start.line, start.column + length - start.offset

    def _unescape(self, found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        if found[2] == "u":
            detail = "\\u needs four hexadecimal digits"
            raise InvalidContent(self._path, "properties-escape", detail, self._number, found.start() + 1)
        return _NAMED.get(found[2], found[2])


def _continues(line: str) -> bool:
    return line.endswith("\\") and (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _put_entry(document: FlatDocument, lines: _Lines, line: str) -> None:
    entry = lines.entry(line)
    found = _KEY.match(entry.shape)
    assert found is not None, "the pattern matches anything"
    key = entry.piece(0, found.end(1)).strip(TRIMMED)
    if key.endswith("[]"):
        _put_list(document, lines, entry, key[:-2], found.end())
    elif key:
        document.put(key, entry.piece(found.end(), len(entry.text)), entry.place(found.end()), "duplicate-key")


def _put_list(document: FlatDocument, lines: _Lines, entry: _Entry, key: str, start: int) -> None:
    """Spring's ``name[]=a,b``: one key for each item; a comma at the very end adds none."""
    items = entry.shape.count(",", start)
    lines.count(items, (items + 1) * len(key))
    for index, found in enumerate(_ITEM.finditer(entry.shape, start)):
        if index and found.start() == len(entry.shape):
            break
        document.put(f"{key}[{index}]", entry.piece(*found.span(1)), entry.place(found.start(1)), "duplicate-key")

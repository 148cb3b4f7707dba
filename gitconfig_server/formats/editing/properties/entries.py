"""The entries of a ``.properties`` text with where they stand, and how new ones are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from gitconfig_server.formats.editing.lines import Lines
from gitconfig_server.formats.reading.properties_text import SEPARATOR, TRIMMED
from gitconfig_server.formats.values import join_index

_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\\": "\\\\"}
_KEY = re.compile(r"[^\x21-\x7e]|[\\=:]|^[#!]")
_VALUE = re.compile(r"[^\x20-\x7e]|\\|^[ ]|[ ]$")


def _key_text(key: str) -> str:
    """A key; what would end it or make a comment of it is escaped."""
    return _KEY.sub(_escape, key)


def _value_text(value: str, separator: str = "=") -> str:
    """A value; the blanks at its ends are escaped, and what ``separator`` would take in."""
    text = _VALUE.sub(_escape, value)
    return "\\" + text if text[:1] in ("=", ":") and not set(separator) & set("=:") else text


def _item_text(value: str) -> str:
    """An item of ``name[]=a,b``."""
    return _value_text(value).replace(",", "\\,")


def _escape(found: re.Match[str]) -> str:
    sign = found.group()
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if " " <= sign <= "~":
        return "\\" + sign
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


_CONTINUED = r"\\(?:\r\n|\r|\n|\Z)[ \t\f]*"
_ENTRY = re.compile(
    rf"(?P<indent>[ \t\f]*)(?P<key>(?:{_CONTINUED}|\\[^\r\n]|[^=: \t\f\r\n\\])*)"
    rf"(?P<separator>(?:{_CONTINUED}|[ \t\f])*(?:[=:](?:{_CONTINUED}|[ \t\f])*)?)"
    rf"(?P<value>(?:{_CONTINUED}|\\[^\r\n]|[^\r\n\\]+)*)"
)
_ITEM = re.compile(rf"((?:{_CONTINUED}|\\[^\r\n]|[^,\\])*)(?:,|\Z)")
_NOTHING = re.compile(rf"(?:{_CONTINUED})*")
_ESCAPE = re.compile(rf"({_CONTINUED})|\\u([0-9a-fA-F]{{4}})|\\(.)", re.DOTALL)
_NAMED = {"t": "\t", "r": "\r", "n": "\n", "f": "\f"}
_BLANKS = " \t\f"


class PropertyEntry(Struct, eq=False):
    """A key and its value as they are written, from ``start`` to ``end`` if they stand; or ``name[]=`` and its items.

    ``followers`` are new entries to be written right behind this one. ``is_spread``: the name has a single value too,
    so that each item is a key of its own, as readers have it.
    """

    name: str
    value: str
    items: list[str] | None = None
    indent: str = ""
    separator: str = "="
    start: int = -1
    value_start: int = -1
    end: int = -1
    changed: bool = False
    renamed: bool = False
    removed: bool = False
    is_spread: bool = False
    leader: PropertyEntry | None = None
    followers: list[PropertyEntry] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its value as it is read."""
        return _unescape(self.value)

    @property
    def item_names(self) -> list[str]:
        """The keys of its items."""
        return [join_index(self.name, number) for number in range(len(self.items or ()))]

    @property
    def texts(self) -> list[str]:
        """Its items as they are read."""
        return [_unescape(item.lstrip(_BLANKS)) for item in self.items or ()]

    def set(self, text: str) -> None:
        """Give it another value."""
        self.changed = True
        self.value = _value_text(text, self.separator)

    def set_items(self, items: Sequence[tuple[int | None, str]]) -> None:
        """Give its list other items: those that it has by their numbers, as they are written, or new ones as text."""
        old = dict(enumerate(self.items or ()))
        self.items = [_item_text(text) if number not in old else old[number] for number, text in items]
        self.changed, self.removed = True, not self.items

    def rename(self, name: str) -> None:
        """Give it another key."""
        self.name = name
        self.changed = self.renamed = True

    def follow(self, like: PropertyEntry) -> None:
        """Stand behind a sibling, spaced as it is."""
        self.leader = like.leader or like
        self.leader.followers.append(self)
        self.indent = like.indent
        self.separator = like.separator if like.separator and "\\" not in like.separator else "="

    def text_in(self, lines: Lines) -> str:
        """The entry as it shall be written."""
        text = lines.text
        if self.start < 0:
            return self.indent + self._key_text() + self.separator + self.written()
        if not self.changed:
            return text[self.start : self.end]
        lead = _ESCAPE.sub(_without_dangling, text[self.start : self.value_start])
        if self.renamed:
            lead = self.indent + self._key_text() + self.separator
        return lead + ("" if self.separator else "=") + self.written()

    def _key_text(self) -> str:
        return _key_text(self.name) + ("[]" if self.items is not None else "")

    def written(self) -> str:
        """The value as it is written."""
        if self.items is None:
            return self.value
        closing = "," if len(self.items) > 1 and not _unescape(self.items[-1]).strip(_BLANKS) else ""
        return ",".join(self.items) + closing


class PropertyDocument(Struct, eq=False):
    """What stands between two separators. ``end``: where the next one begins, or the text ends."""

    entries: list[PropertyEntry] = field(default_factory=list)
    end: int = 0


def read_documents(lines: Lines) -> list[PropertyDocument]:
    """The documents of a text that is known to be readable, empty ones among them; the rules are those of its reader.

    A comment in front of the first key of a document cancels the separators before it, back to the last that has keys.
    """
    documents = [PropertyDocument()]
    last_prefix, has_keys = "", False
    for at, line, entry in _parts(lines):
        prefix = line.lstrip(_BLANKS)[:1]
        if prefix not in ("#", "!"):
            last_prefix = ""
            if entry and (entry.name or entry.items):
                documents[-1].entries.append(entry)
                has_keys = True
        elif last_prefix != prefix and SEPARATOR.fullmatch(line):
            documents[-1].end = at
            documents.append(PropertyDocument())
        else:
            last_prefix = prefix
            while has_keys and not documents[-1].entries:
                documents.pop()
    documents[-1].end = len(lines.text)
    for document in documents:
        single = {entry.name for entry in document.entries if entry.items is None}
        for entry in document.entries:
            entry.is_spread = entry.items is not None and entry.name in single
    return documents


def _parts(lines: Lines) -> Iterator[tuple[int, str, PropertyEntry | None]]:
    """Each line and where it begins, with its entry; the lines that continue one are left out."""
    at = 0
    while at < len(lines.text):
        line = lines.text[at : lines.end(at)]
        if line.lstrip(_BLANKS)[:1] in ("", "#", "!"):
            yield at, line, None
            at = lines.following(at)
        else:
            entry = _entry(lines.text, at)
            yield at, line, entry
            at = lines.following(entry.end)


def _entry(text: str, at: int) -> PropertyEntry:
    found = _ENTRY.match(text, at)
    assert found is not None, "the pattern matches anything"
    name, value = _unescape(found["key"]).strip(TRIMMED), found["value"]
    items = None
    if name.endswith("[]"):
        name, items = name[:-2], _items(value)
    separator = _ESCAPE.sub(_without_dangling, found["separator"])
    return PropertyEntry(name, value, items, found["indent"], separator, at, found.start("value"), found.end())


def _items(value: str) -> list[str]:
    """The items as they are written; a comma at the very end adds none, nor does one that nothing but lines follow."""
    items: list[str] = []
    for found in _ITEM.finditer(value):
        if items and _NOTHING.fullmatch(value, found.start()):
            break
        items.append(_ESCAPE.sub(_without_dangling, found[1]))
    return items


def _without_dangling(found: re.Match[str]) -> str:
    """All but a backslash at the text's end, which continues onto nothing: it would escape what is put behind it."""
    return "" if found[1] == "\\" else found[0]


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_unescaped, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16")


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        return ""
    return chr(int(found[2], 16)) if found[2] else _NAMED.get(found[3], found[3])

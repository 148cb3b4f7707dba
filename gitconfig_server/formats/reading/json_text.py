"""Reading JSON files, which only a tree that declares ``json: true`` has.

An own small parser over regular-expression tokens: the standard one recurses without bound, keeps the last of two equal
keys, and knows no places.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.decoding import LineIndex, decode_text
from gitconfig_server.formats.reading.documents import FlatDocument, ReadLimits
from gitconfig_server.formats.reading.yaml_scalars import MAX_NUMBER
from gitconfig_server.formats.values import Scalar, join_index, join_key, leaf_value

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![-+.\w])"
    r"|(?P<word>true|false|null)\b|(?P<mark>[{}\[\],:])|(?P<end>\Z)"
)
_BLANKS = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def read_json(path: str, content: bytes, limits: ReadLimits) -> list[FlatDocument]:
    """One document from a JSON object, flattened as YAML is.

    Raises InvalidContent where the text is no JSON object (NaN and Infinity are not JSON) or repeats a key.
    """
    reader = _Reader(path, decode_text(path, content), limits)
    reader.read()
    return [reader.document]


class _Reader:
    """Stands on one token: ``_kind`` and ``_token`` say what it is, ``_start`` where."""

    def __init__(self, path: str, text: str, limits: ReadLimits) -> None:
        self.document = FlatDocument()
        self._path = path
        self._text = text
        self._limits = limits
        self._lines = LineIndex(text)
        self._characters = 0
        self._end = 0
        self._step()

    def read(self) -> None:
        """Put every leaf of the one object into ``document``."""
        if self._token != "{":
            self._refuse("json-syntax", "an object must stand at the top: {...}")
        self._object("", 1)
        if self._kind != "end":
            self._refuse("json-syntax", "something follows the object")

    def _step(self) -> None:
        blanks = _BLANKS.match(self._text, self._end)
        self._start = blanks.end() if blanks else self._end
        found = _TOKEN.match(self._text, self._start)
        if found is None:
            self._refuse("json-syntax", "this is not JSON")
        self._kind, self._token, self._end = found.lastgroup, found.group(), found.end()

    def _accept(self, mark: str) -> bool:
        if self._token != mark:
            return False
        self._step()
        return True

    def _object(self, path: str, depth: int) -> None:
        self._enter(depth)
        seen: set[str] = set()
        while self._token != "}":
            if seen and not self._accept(","):
                self._refuse("json-syntax", "expected , or }")
            key = self._key()
            if key in seen:
                self._refuse("duplicate-key", f"key {key!r} occurs twice in one object")
            seen.add(key)
            self._step()
            if not self._accept(":"):
                self._refuse("json-syntax", "expected :")
            self._value(join_key(path, key), depth)
        self._step()

    def _array(self, path: str, depth: int) -> None:
        place = self._lines.place(self._start)
        self._enter(depth)
        count = 0
        while self._token != "]":
            if count and not self._accept(","):
                self._refuse("json-syntax", "expected , or ]")
            self._value(join_index(path, count), depth)
            count += 1
        self._step()
        if not count:
            self.document.put(path, "", place)

    def _value(self, path: str, depth: int) -> None:
        self._characters += len(path)
        if len(self.document.properties) > self._limits.keys or self._characters > self._limits.characters:
            self._refuse("too-large", f"more than {self._limits.keys} keys, or too long ones")
        if self._token == "{":
            self._object(path, depth + 1)
        elif self._token == "[":
            self._array(path, depth + 1)
        else:
            self.document.put(path, leaf_value(self._scalar()), self._lines.place(self._start))
            self._step()

    def _scalar(self) -> Scalar:
        if self._kind == "text":
            return self._string()
        if self._kind == "word":
            return _WORDS[self._token]
        if self._kind != "number":
            self._refuse("json-syntax", "expected a value")
        if len(self._token) > MAX_NUMBER:
            self._refuse("json-syntax", f"a number of more than {MAX_NUMBER} digits: put it in quotes")
        return float(self._token) if set(self._token) & set(".eE") else int(self._token)

    def _key(self) -> str:
        if self._kind != "text":
            self._refuse("json-syntax", "expected a key in double quotes")
        return self._string()

    def _string(self) -> str:
        text: str = json.loads(self._token)
        if _SURROGATE.search(text):
            self._refuse("encoding", "half of a surrogate pair")
        return text

    def _enter(self, depth: int) -> None:
        if depth > self._limits.depth:
            self._refuse("too-deep", f"nested deeper than {self._limits.depth} levels")
        self._step()

    def _refuse(self, rule: str, detail: str) -> NoReturn:
        raise InvalidContent(self._path, rule, detail, *self._lines.place(self._start))

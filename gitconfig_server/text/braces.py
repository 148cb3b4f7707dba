"""Reading what ``in_braces`` writes, and what a hand writes like it: ``server { port 7000; }``."""

from __future__ import annotations

import json
import re
from typing import Any

from gitconfig_server.errors import InvalidInput
from gitconfig_server.text.typed import read_typed

MAX_DEPTH = 100

_LONGEST_FLOAT = 30

_BLANKS = re.compile(r"(?:\s+|#[^\n]*|/\*.*?\*/)*", re.DOTALL)
_FLOAT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]{2,3})?")
_WORD = re.compile(r"[^\s\"{}\[\];#]+")


def read_braces(text: str) -> dict[str, Any]:
    """A configuration in braces. ``name;`` alone is an empty map, ``name [ a b ];`` a list, and JSON stands for itself.

    InvalidInput names the line.
    """
    reader = _Reader(text)
    found = reader.read_map(0)
    if not reader.is_done:
        raise reader.error("a brace too many")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._pass_blanks()

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._text)

    def error(self, reason: str) -> InvalidInput:
        """What is wrong where the reader stands."""
        return InvalidInput(f"line {self._text.count(chr(10), 0, self._at) + 1}: {reason}")

    def read_map(self, depth: int) -> dict[str, Any]:
        """Members up to a closing brace, or the end."""
        if depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep")
        found: dict[str, Any] = {}
        while not self.is_done and self._next() != "}":
            names = [self._name()]
            while self._next() not in "{};[" and not self._is_value(names):
                names.append(self._name())
            value = self._value(depth)
            inner = found
            for name in names[:-1]:
                inner = inner.setdefault(name, {})
                if not isinstance(inner, dict):
                    raise self.error(f"{name} is a value, and something stands beneath it")
            if names[-1] in inner and not (isinstance(value, dict) and isinstance(inner[names[-1]], dict)):
                raise self.error(f"{names[-1]} stands there twice")
            inner[names[-1]] = {**inner[names[-1]], **value} if names[-1] in inner else value
        return found

    def _is_value(self, names: list[str]) -> bool:
        """Whether the next word is what the names before it are set to: a semicolon follows it."""
        before = self._at
        try:
            self._scalar()
            return self._next() == ";"
        finally:
            self._at = before

    def _value(self, depth: int) -> Any:
        sign = self._next()
        if sign == "{":
            return self._map_or_json(depth)
        value = {} if sign == ";" else self._list() if sign == "[" else self._scalar()
        self._expect(";")
        return value

    def _map_or_json(self, depth: int) -> Any:
        try:
            value, end = json.JSONDecoder().raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            self._expect("{")
            value = self.read_map(depth + 1)
            self._expect("}")
            return value
        self._at = end
        self._pass_blanks()
        if self._next() == ";":
            self._expect(";")
        return value

    def _list(self) -> list[Any]:
        try:
            value, self._at = json.JSONDecoder().raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            self._expect("[")
            value = []
            while self._next() not in "]":
                value.append(self._scalar())
            self._expect("]")
        self._pass_blanks()
        assert isinstance(value, list)
        return value

    def _scalar(self) -> Any:
        if self._next() == '"':
            return self._quoted()
        word = self._bare()
        if word == "null":
            return None
        if len(word) < _LONGEST_FLOAT and _FLOAT.fullmatch(word) and repr(float(word)) == word:
            return float(word)  # as it is written here; 1.10 and 1e3, which hands write, are text
        return read_typed(word)

    def _name(self) -> str:
        return self._quoted() if self._next() == '"' else self._bare()

    def _bare(self) -> str:
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise self.error(f"a name or value is expected, not {self._next() or 'the end'!r}")
        self._at = found.end()
        self._pass_blanks()
        return found.group()

    def _quoted(self) -> str:
        try:
            value, self._at = json.JSONDecoder().raw_decode(self._text, self._at)
        except ValueError as error:
            raise self.error(f"a quote is left open: {error}") from error
        self._pass_blanks()
        return str(value)

    def _expect(self, sign: str) -> None:
        if self._next() != sign:
            raise self.error(f"{sign} is expected, not {self._next() or 'the end'!r}")
        self._at += 1
        self._pass_blanks()

    def _next(self) -> str:
        """The next sign, empty at the end."""
        return self._text[self._at : self._at + 1]

    def _pass_blanks(self) -> None:
        found = _BLANKS.match(self._text, self._at)
        assert found is not None
        self._at = found.end()

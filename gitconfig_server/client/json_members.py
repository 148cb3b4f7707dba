"""JSON that another server sent, read member by member: what is not as promised is no answer of ours."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NoReturn

from gitconfig_server.model.environments import Value


class Malformed(ValueError):
    """A member is missing or of another type; the message names it."""


class Members:
    """A JSON object. Every method raises Malformed where the member is not what the method's name says."""

    def __init__(self, content: object) -> None:
        if not isinstance(content, dict):
            raise Malformed("expected an object")
        self._content: dict[str, Any] = content

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._content.get(name) is not None

    def anything(self, name: str) -> Any:
        """The member, whatever it is; None where it is not there."""
        return self._content.get(name)

    def text(self, name: str) -> str:
        """A text."""
        found = self._content.get(name)
        return found if isinstance(found, str) else _refuse(name, "text")

    def optional_text(self, name: str) -> str | None:
        """A text, or None."""
        return self.text(name) if self.has(name) else None

    def number(self, name: str) -> int:
        """An integer."""
        found = self._content.get(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else _refuse(name, "a number")

    def optional_number(self, name: str) -> int | None:
        """An integer, or None."""
        return self.number(name) if self.has(name) else None

    def flag(self, name: str) -> bool:
        """A boolean."""
        found = self._content.get(name)
        return found if isinstance(found, bool) else _refuse(name, "true or false")

    def time(self, name: str) -> datetime:
        """A time with its zone."""
        try:
            found = datetime.fromisoformat(self.text(name))
        except ValueError:
            _refuse(name, "a time")
        return found if found.tzinfo else _refuse(name, "a time with a zone")

    def optional_time(self, name: str) -> datetime | None:
        """A time with its zone, or None."""
        return self.time(name) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self._list(name)
        return tuple(found) if all(isinstance(one, str) for one in found) else _refuse(name, "a list of texts")

    def objects(self, name: str) -> Iterator[Members]:
        """A list of objects."""
        return map(Members, self._list(name))

    def object(self, name: str) -> Members:
        """An object."""
        return Members(self._content.get(name))

    def value(self, name: str) -> Value | None:
        """A single value of configuration, or None."""
        found = self._content.get(name)
        return found if found is None or _is_value(found) else _refuse(name, "a single value")

    def values(self, name: str) -> dict[str, Value]:
        """A map of single values."""
        found = self.object(name)._content
        return found if all(map(_is_value, found.values())) else _refuse(name, "a map of single values")

    def items(self) -> Iterator[tuple[str, Any]]:
        """All members, whatever they are."""
        return iter(self._content.items())

    def _list(self, name: str) -> list[Any]:
        found = self._content.get(name)
        return found if isinstance(found, list) else _refuse(name, "a list")


def read_members(body: bytes) -> Members:
    """The object that ``body`` says; Malformed where it is no JSON. Integers of any size stay exact."""
    try:
        return Members(json.loads(body, parse_constant=_refuse_constant, parse_float=_finite))
    except RecursionError as error:
        raise Malformed("nested too deep") from error
    except ValueError as error:
        raise Malformed(str(error)) from error


def _is_value(found: object) -> bool:
    return isinstance(found, str | int | float)


def _refuse(name: str, expected: str) -> NoReturn:
    raise Malformed(f"member {name!r}: expected {expected}")


def _refuse_constant(word: str) -> NoReturn:
    raise Malformed(f"{word} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text[:40], "a number that can be held")

"""_Profile expressions: ``prod & !(eu | us)``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Protocol

from msgspec import Struct

from gitconfig_server.errors import InvalidInput

MAX_NESTING = 50

_TOKEN = re.compile(r"[()&|!]|[^()&|!]+")


class Expression(Protocol):
    """A parsed profile expression."""

    def matches(self, profiles: Collection[str]) -> bool:
        """Whether it holds while exactly ``profiles`` are active."""


class _Profile(Struct, frozen=True):
    """A name: holds while that profile is active. Case matters."""

    name: str

    def matches(self, profiles: Collection[str]) -> bool:
        """Whether the profile is active."""
        return self.name in profiles


class Not(Struct, frozen=True):
    """``!x``."""

    operand: Expression

    def matches(self, profiles: Collection[str]) -> bool:
        """Whether ``x`` does not hold."""
        return not self.operand.matches(profiles)


class Every(Struct, frozen=True):
    """``x & y``."""

    operands: tuple[Expression, ...]

    def matches(self, profiles: Collection[str]) -> bool:
        """Whether all operands hold."""
        return all(one.matches(profiles) for one in self.operands)


class Some(Struct, frozen=True):
    """``x | y``, and the items of a list or comma list."""

    operands: tuple[Expression, ...]

    def matches(self, profiles: Collection[str]) -> bool:
        """Whether any operand holds."""
        return any(one.matches(profiles) for one in self.operands)


def parse_expression(text: str) -> Expression:
    """Spring's ``ProfilesParser``: names, ``!``, ``&``, ``|``, parentheses; ``&`` and ``|`` mix only across these.

    As in Spring a missing ``)`` at the end and a missing operator (read as ``|``) are forgiven. Raises InvalidInput.
    """
    tokens = (token for match in _TOKEN.finditer(text) if (token := match.group().strip()))
    return _operands(tokens, 0)


def _operands(tokens: Iterator[str], depth: int) -> Expression:
    if depth > MAX_NESTING:
        raise InvalidInput(f"nested deeper than {MAX_NESTING}")
    found: list[Expression] = []
    operator = ""
    for token in tokens:
        if token in "&|":
            if operator not in ("", token):
                raise InvalidInput("& and | stand side by side: add parentheses")
            operator = token
        elif token == ")" and not depth:
            raise InvalidInput("a ) closes nothing")
        elif token == ")":
            return _merged(found, operator)
        else:
            found.append(_operand(token, tokens, depth))
    return _merged(found, operator)


def _operand(token: str, tokens: Iterator[str], depth: int) -> Expression:
    if token == "(":
        return _operands(tokens, depth + 1)
    if token != "!":
        return _Profile(token)
    following = next(tokens, ")")
    if following in "&|)":
        raise InvalidInput("nothing follows !")
    if depth > MAX_NESTING:
        raise InvalidInput(f"nested deeper than {MAX_NESTING}")
    return Not(_operand(following, tokens, depth + 1))


def _merged(found: list[Expression], operator: str) -> Expression:
    if not found:
        raise InvalidInput("a profile is missing")
    if len(found) == 1:
        return found[0]
    return Every(tuple(found)) if operator == "&" else Some(tuple(found))

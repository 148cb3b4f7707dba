"""JSON bytes and what they say. Reading is strict: every number exactly, no member twice, bounded in depth."""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from msgspec import Struct

from gitconfig_server.errors import InvalidChange, MalformedRequest
from gitconfig_server.wire.json_pointer import token

_MAX_DEPTH = 110
"""Nesting of a body: that of properties, and a little around them."""

_MAX_DIGITS = 4000


def render(content: object) -> bytes:
    """``content`` as JSON. Integers of any size and lone surrogates, which orjson refuses, come out exactly.

    What is no finite number is null: JSON has no word for it.
    """
    try:
        return orjson.dumps(content)
    except TypeError:
        finite = _with_nulls(content)
        return json.dumps(finite, allow_nan=False, separators=(",", ":"), default=write_time).encode("ascii")


def _with_nulls(content: object) -> object:
    """As orjson writes numbers that are not finite."""
    if isinstance(content, dict):
        return {key: _with_nulls(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_with_nulls(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def encode_json(content: object) -> bytes:
    """``content`` as JSON that says exactly that; InvalidChange for what JSON has no word for."""
    try:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidChange(f"{error}: send text, numbers, booleans, lists and maps") from error


def parse_json(body: bytes) -> Any:
    """What a body says. MalformedRequest where it is no JSON, InvalidChange where no configuration can hold it."""
    try:
        text = body.removeprefix(BOM_UTF8).decode()  # the codec utf-8-sig is written in Python
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"the body is not UTF-8 at byte {error.start}") from error
    try:
        content = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequest(f"the body is no JSON: {error.msg} at {place}") from error
    except RecursionError as error:
        raise InvalidChange(f"nested more than {_MAX_DEPTH} deep") from error
    _check(content)
    return content


def write_time(value: object) -> str:
    """A time as JSON has it; TypeError for anything else, as encoders expect it of such a function."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"JSON has no word for {type(value).__name__}")


class _Refused(Struct, frozen=True):
    """What no body may say, left where it stands: the reader of JSON does not know the place."""

    reason: str
    member: str | None = None


def _refuse_constant(word: str) -> _Refused:
    return _Refused(f"{word} is no JSON: send it as text")


def _exact(text: str) -> int | _Refused:
    return int(text) if len(text) <= _MAX_DIGITS else _Refused(f"more than {_MAX_DIGITS} digits: send it as text")


def _finite(text: str) -> float | _Refused:
    number = float(text)
    lost = number == 0 and text.lower().partition("e")[0].strip("-0.")
    if lost or not math.isfinite(number):
        return _Refused(f"{text[:40]} is beyond what a number can hold: send it as text")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Refused:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    counted = Counter(name for name, _ in pairs)
    return _Refused("the member comes twice", next(name for name, count in counted.items() if count > 1))


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_int=_exact, parse_float=_finite, object_pairs_hook=_without_doubles
)


def _check(content: Any) -> None:
    if not isinstance(content, dict | list | _Refused):
        return
    level = [content]
    for _ in range(_MAX_DEPTH + 1):
        if not level:
            return
        if any(isinstance(node, _Refused) for node in level):
            raise _first_refused(content)
        level = [child for node in level for _, child in _members(node)]
    raise InvalidChange(f"nested more than {_MAX_DEPTH} deep")


def _first_refused(content: Any) -> InvalidChange:
    level = [("", content)]
    while True:
        for pointer, node in level:
            if isinstance(node, _Refused):
                place = pointer if node.member is None else f"{pointer}/{token(node.member)}"
                return InvalidChange(node.reason, place)
        level = [(f"{pointer}/{token(str(name))}", child) for pointer, node in level for name, child in _members(node)]


def _members(node: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(node, dict):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()

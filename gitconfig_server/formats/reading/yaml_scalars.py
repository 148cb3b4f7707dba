"""The types of YAML scalars, as SnakeYAML reads YAML 1.1 with timestamps switched off."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from gitconfig_server.formats.values import Scalar

MAX_NUMBER = 1000
"""Digits of a number. Python refuses to print integers of more than 4300."""

_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("~", "null", "Null", "NULL", "", " "), None),
}
_NOT_A_NUMBER = {".nan": "nan", ".inf": "inf"}

_INT = re.compile(
    r"[-+]?(?:0b_*[01][01_]*|0_*[0-7][0-7_]*|0|[1-9][0-9_]*(?::[0-5]?[0-9])*|0x_*[0-9a-fA-F][0-9a-fA-F_]*)"
)
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)"
)
_DECIMAL = re.compile(r"[-+]?[0-9][0-9_]*")
_BASES = {"0b": 2, "0x": 16}
_NUMERIC = frozenset("+-.0123456789")
_TAG = "tag:yaml.org,2002:"
_N = TypeVar("_N", int, float)


def plain_scalar(text: str) -> Scalar:
    """The value of a scalar without quotes and tag. Raises ValueError for a number too long to handle."""
    if text[:1] not in _NUMERIC:
        return _WORDS.get(text, text)
    if _INT.fullmatch(text):
        return _int(text)
    return _float(text) if _FLOAT.fullmatch(text) else text


def tagged_scalar(text: str, tag: str) -> Scalar:
    """The value of a scalar that states its type. Raises ValueError where it is not of that type, KeyError for an
    unknown tag."""
    return _CONSTRUCTORS[tag](text)


def _int(text: str) -> int:
    digits = text.replace("_", "")
    _bound(digits)
    sign, digits = (-1, digits[1:]) if digits[0] == "-" else (1, digits.lstrip("+"))
    if ":" in digits:
        return sign * _sexagesimal(digits, int)
    if digits[:2] in _BASES:
        return sign * int(digits[2:], _BASES[digits[:2]])
    return sign * int(digits, 8 if digits[0] == "0" else 10)


def _float(text: str) -> float:
    digits = text.replace("_", "").lower()
    _bound(digits)
    if ":" not in digits:
        unsigned = digits.lstrip("+-")
        return float(digits.replace(unsigned, _NOT_A_NUMBER.get(unsigned, unsigned)))
    sign, digits = (-1, digits[1:]) if digits[0] == "-" else (1, digits.lstrip("+"))
    return sign * _sexagesimal(digits, float)


def _sexagesimal(digits: str, number: Callable[[str], _N]) -> _N:
    *heads, tail = digits.split(":")
    total = number("0")
    for head in heads:
        total = (total + number(head)) * 60
    return total + number(tail)


def _bound(digits: str) -> None:
    if len(digits) > MAX_NUMBER:
        raise ValueError(f"a number of more than {MAX_NUMBER} digits: put it in quotes")


def _tagged_int(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError("not an integer")
    return _int(text)


def _tagged_float(text: str) -> float:
    if not _FLOAT.fullmatch(text) and not _DECIMAL.fullmatch(text):
        raise ValueError("not a number")
    return _float(text)


def _tagged_bool(text: str) -> bool:
    value = _WORDS.get(text.lower())
    if not isinstance(value, bool):
        raise ValueError("not a boolean")
    return value


def _binary(text: str) -> str:
    """Binary stays text in base64, as it does in Spring's JSON."""
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise ValueError(f"not base64: {error}") from error
    return base64.b64encode(content).decode("ascii")


_CONSTRUCTORS: Mapping[str, Callable[[str], Scalar]] = {
    f"{_TAG}str": str,
    f"{_TAG}timestamp": str,
    f"{_TAG}int": _tagged_int,
    f"{_TAG}float": _tagged_float,
    f"{_TAG}bool": _tagged_bool,
    f"{_TAG}null": lambda text: None,
    f"{_TAG}binary": _binary,
}

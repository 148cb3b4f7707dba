"""Single values and keys: what they become in a flat map, and how Java prints them."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from gitconfig_server.model.environments import Value

_BRACKETED = re.compile(r"\[([^\[\].]+)\]")

Scalar = Value | None
"""A value before flattening: null is still there."""


class NonFinite(str):
    """The text of a double that JSON has no word for, as Java prints it: ``NaN``, ``Infinity``, ``-Infinity``."""

    __slots__ = ()


def float_text(number: float) -> str:
    """A double as Java prints it: plain where 1e-3 <= abs(x) < 1e7, else ``1.0E7``."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    shortest = "".join(map(str, digits))
    return f"{'-' if sign else ''}{shortest[0]}.{shortest[1:] or '0'}E{int(exponent) + len(digits) - 1}"


def scalar_text(value: Scalar) -> str:
    """A scalar as Java prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    return "null" if value is None else str(value)


def key_segment(key: Scalar) -> str:
    """A mapping's key as a part of a flat key: text stays, anything else is bracketed (``[1]``, ``[true]``)."""
    return key if isinstance(key, str) else f"[{scalar_text(key)}]"


def join_key(path: str, segment: str) -> str:
    """``segment`` beneath ``path``: a bracketed one follows directly; beneath a blank path it stands alone."""
    if not path or path.isspace():
        return segment
    return path + segment if segment.startswith("[") else f"{path}.{segment}"


def join_index(path: str, index: int) -> str:
    """The place of a list's item."""
    return f"[{index}]" if path.isspace() else f"{path}[{index}]"


def without_brackets(key: str) -> str:
    """``a[0][x].b`` as ``a.0.x.b``, which is the same name to Spring's binder; ``[x.y]`` is one part and stays."""
    return _BRACKETED.sub(r".\1", key).removeprefix(".") if "[" in key else key


def leaf_value(value: Scalar) -> Value:
    """A scalar as a client gets it: null is ``""``, a double that JSON has no word for is text."""
    if value is None:
        return ""
    return NonFinite(float_text(value)) if isinstance(value, float) and not math.isfinite(value) else value

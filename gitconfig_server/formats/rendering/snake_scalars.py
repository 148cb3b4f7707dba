"""Scalars of YAML text exactly as SnakeYAML 2 writes them: which style, where lines fold, what is escaped."""

from __future__ import annotations

import base64
import math
import re

from gitconfig_server.formats.reading.yaml_scalars import plain_scalar
from gitconfig_server.formats.values import NonFinite, Scalar, scalar_text

_WIDTH = 80
"""A line is folded at the first blank past this column."""

INDENT = 2
_MAX_KEY = 128
"""A key of this length, its tag counted, stands behind ``?``."""

_MAX_TYPED = 1024
"""Anything longer is text to SnakeYAML."""

_BREAKS = "\n\x85\u2028\u2029"
_BREAK = re.compile(f"[{_BREAKS}]")
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_INDICATOR = re.compile(r"(?:---|\.\.\.|[#,\[\]{}&*!|>'\"%@`]|[-?:](?: |$))|.*?(?::(?: |$)| #)")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]"
    r"|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9][0-9]:[0-9][0-9](?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?"
)
_NUMBER_LIKE = re.compile(r"0[0-9_]+|[-+]?\.[0-9_]+(?:[eE][-+]?[0-9]+)?")
"""What SnakeYAML quotes although neither it nor we read a number there."""

_BLANKS = re.compile("( +)")
_NOT_LITERAL = re.compile(f"[\t\r]| [{_BREAKS}]| \\Z")
_LITERAL_LINES = re.compile(f"[^{_BREAKS}]+|[{_BREAKS}]+")
_ESCAPES = dict(zip('\t\n\r"\\\x85\xa0\u2028\u2029', 'tnr"\\N_LP', strict=True))
_WORDS = {"nan": ".NaN", "inf": ".inf", "-inf": "-.inf"}
_NON_FINITE = {"NaN": ".NaN", "Infinity": ".inf", "-Infinity": "-.inf"}


class PlainText(str):
    """Text that stands without quotes, whatever it would read back as."""

    __slots__ = ()


def width(text: str) -> int:
    """The columns that SnakeYAML counts: Java's characters, of which some of Unicode's need two."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def value_text(value: Scalar, column: int, indent: int) -> str:
    """``value`` as it follows ``:`` or ``-``, line end included. ``column`` is where it begins, ``indent`` that of
    its further lines."""
    if not isinstance(value, str):
        return (_float_text(value) if isinstance(value, float) else scalar_text(value)) + "\n"
    if isinstance(value, PlainText):
        return value + "\n"
    if isinstance(value, NonFinite):
        return _NON_FINITE[value] + "\n"
    tag, text = _tagged(value)
    column += len(tag)
    if tag or _BREAK.search(text):
        if not _NOT_LITERAL.search(text):
            return tag + _literal(text, indent)
        return tag + _double_quoted(text, column, indent) + "\n"
    return _one_line(text, column, indent) + "\n"


def text_only(value: Scalar, indent: int) -> str:
    """``value`` at the root of a document whose type is said to be text: what would re-read as anything else gets
    quotes."""
    return value_text(value if isinstance(value, str) else scalar_text(value), 0, indent)


def simple_key(key: str) -> str | None:
    """``key`` as it stands in front of ``:``; None where it has to stand behind ``?``."""
    tag, text = _tagged(key)
    if not key or _BREAK.search(text) or width(text) + len(tag.rstrip() or "!!str") >= _MAX_KEY:
        return None
    return f'{tag}"{text}"' if tag else _one_line(text, 0, None)


def _tagged(text: str) -> tuple[str, str]:
    """Text that YAML cannot hold goes as binary."""
    if not _UNPRINTABLE.search(text):
        return "", text
    return "!!binary ", base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


def _float_text(number: float) -> str:
    return scalar_text(number) if math.isfinite(number) else _WORDS[str(number)]


def _one_line(text: str, column: int, indent: int | None) -> str:
    """Text without line breaks; it is not folded where ``indent`` is None."""
    if "\t" in text or "\r" in text:
        return _double_quoted(text, column, indent)
    if text and text[0] != " " and text[-1] != " " and not _INDICATOR.match(text) and _reads_as_text(text):
        return _folded(text, column, indent)
    return "'" + _folded(text.replace("'", "''"), column + 1, indent) + "'"


def _reads_as_text(text: str) -> bool:
    if len(text) > _MAX_TYPED:
        return True
    if text == "<<" or _NUMBER_LIKE.fullmatch(text) or _TIMESTAMP.fullmatch(text):
        return False
    try:
        return isinstance(plain_scalar(text), str)
    except ValueError:
        return False  # a number of more digits than we read


def _folded(text: str, column: int, indent: int | None) -> str:
    """A single blank past the width becomes a line end, but for one at either end of the text."""
    if indent is None or column + 2 * len(text) <= _WIDTH:
        return text
    parts = _BLANKS.split(text)
    first, last = (1 if parts[0] else 2), len(parts) - (2 if parts[-1] else 3)
    for number, part in enumerate(parts):
        if part == " " and number % 2 and column > _WIDTH and first <= number <= last:
            parts[number] = "\n" + " " * indent
            column = indent
        else:
            column += width(part)
    return "".join(parts)


def _double_quoted(text: str, column: int, indent: int | None) -> str:
    """Folded behind a backslash, at a blank or next to an escape; a blank that begins a line has one before it."""
    made = ['"']
    pending = ""  # plain characters since the last other one, not yet counted in column
    column += 1
    for place, sign in enumerate(text):
        plain = " " <= sign <= "~" and sign not in _ESCAPES
        if not plain:
            written = "\\" + _ESCAPES[sign] if sign in _ESCAPES else sign
            made.append(pending + written)
            column += len(pending) + width(written)
            pending = ""
        full = column + len(pending) > (_WIDTH if plain else _WIDTH + 1)
        if full and indent is not None and 0 < place < len(text) - 1 and (sign == " " or not pending):
            made.append(f"{pending}\\\n{' ' * indent}")
            pending = ""
            column = indent
            if (sign if plain else text[place + 1]) == " ":
                made.append("\\")
                column += 1
        if plain:
            pending += sign
    return "".join(made) + pending + '"'


def _literal(text: str, indent: int) -> str:
    first, last = text[0], text[-1]
    hints = str(INDENT) if first == " " or first in _BREAKS else ""
    if last not in _BREAKS:
        hints += "-"
    elif len(text) == 1 or text[-2] in _BREAKS:
        hints += "+"
    lines = (part if part[0] in _BREAKS else " " * indent + part for part in _LITERAL_LINES.findall(text))
    return f"|{hints}\n" + "".join(lines) + ("" if last in _BREAKS else "\n")

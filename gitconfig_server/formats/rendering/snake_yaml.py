"""YAML text exactly as SnakeYAML 2 writes maps, lists and scalars in block style, which is what Spring answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitconfig_server.formats.rendering.snake_scalars import INDENT, simple_key, text_only, value_text, width


def dump(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """Nested maps, lists and scalars (null is None) as one document, in the order they have."""
    out: list[str] = []
    if not content:
        return "{}\n" if isinstance(content, Mapping) else "[]\n"
    if isinstance(content, Mapping):
        _map(out, content, 0)
    else:
        _list(out, content, 0)
    return "".join(out)


def dump_as_text(content: Any) -> str:
    """What Spring makes of a document that is neither map nor list: text, quoted where it would re-read as anything
    else. A map comes out with a stray ``!!str`` in front, as it does there."""
    if isinstance(content, Mapping):
        return "!!str\n" + dump(content)
    return text_only(content, INDENT)


def _map(out: list[str], entries: Mapping[str, Any], indent: int) -> None:
    """Every line but the first is indented here."""
    margin = ""
    for key, value in entries.items():
        text = simple_key(key)
        if text is None:
            out += (margin, "? ", value_text(key, indent + INDENT, indent + INDENT), " " * indent, ":")
            _beside(out, value, indent)
        else:
            out += (margin, text, ":")
            _beneath(out, value, indent, indent + width(text) + 2)
        margin = " " * indent


def _list(out: list[str], items: Sequence[Any], indent: int) -> None:
    margin = ""
    for item in items:
        out += (margin, "-")
        _beside(out, item, indent)
        margin = " " * indent


def _beneath(out: list[str], value: Any, indent: int, column: int) -> None:
    """The value of a key: collections begin on the next line, lists no deeper than the key."""
    if isinstance(value, Mapping) and value:
        out += ("\n", " " * (indent + INDENT))
        _map(out, value, indent + INDENT)
    elif isinstance(value, list) and value:
        out += ("\n", " " * indent)
        _list(out, value, indent)
    else:
        _leaf(out, value, indent, column)


def _beside(out: list[str], value: Any, indent: int) -> None:
    """What follows ``-``, or the ``:`` of a key behind ``?``: collections begin on the same line."""
    if isinstance(value, Mapping) and value:
        out.append(" ")
        _map(out, value, indent + INDENT)
    elif isinstance(value, list) and value:
        out.append(" ")
        _list(out, value, indent + INDENT)
    else:
        _leaf(out, value, indent, indent + INDENT)


def _leaf(out: list[str], value: Any, indent: int, column: int) -> None:
    if isinstance(value, Mapping | list):
        out.append(" {}\n" if isinstance(value, Mapping) else " []\n")
    else:
        out += (" ", value_text(value, column, indent + INDENT))

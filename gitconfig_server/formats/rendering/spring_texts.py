"""An environment as one text: ``.properties``, ``.yml`` and ``.json``, byte for byte as Spring writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gitconfig_server.formats.nesting import unflatten
from gitconfig_server.formats.properties import merge
from gitconfig_server.formats.rendering.placeholders import Placeholders
from gitconfig_server.formats.rendering.snake_scalars import PlainText
from gitconfig_server.formats.rendering.snake_yaml import dump, dump_as_text
from gitconfig_server.formats.values import scalar_text
from gitconfig_server.model.environments import Value

Sources = Sequence[Mapping[str, Value]]
"""Flat properties, the strongest first."""

_DOCUMENT = "document"
"""The key under which a document stands that is no map."""

_TYPED = re.compile(r"[Tt]rue|TRUE|[Ff]alse|FALSE|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
"""Numbers and booleans that every reader of YAML takes for what they look like."""

_ESCAPED = re.compile(r'[\x00-\x1f"\\]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def render_properties(sources: Sources, *, resolve: bool = True) -> bytes:
    """``key: value``, a line each; nothing is escaped and the last line does not end.

    Placeholders are resolved over the whole text, so in keys too. Raises as ``Placeholders`` does.
    """
    lines = "\n".join(f"{key}: {scalar_text(value)}" for key, value in merge(sources).items())
    return _encoded(Placeholders(sources).resolve(lines) if resolve else lines)


def render_yaml(sources: Sources, *, resolve: bool = True, strip_document: bool = True) -> bytes:
    """Block style as SnakeYAML writes it. With ``strip_document``, what is no map stands without its key.

    Placeholders are resolved in keys and values, each by itself. Raises as ``Placeholders`` does, and InvalidName for a
    key that has no nested form.
    """
    nested = _nested(sources, resolve)
    if not strip_document or list(nested) != [_DOCUMENT]:
        return _encoded(dump(nested))
    document = nested[_DOCUMENT]
    return _encoded(dump(document) if isinstance(document, list) else dump_as_text(document))


def render_json(sources: Sources, *, resolve: bool = True) -> bytes:
    """Without blanks, in the order of the keys; numbers as Java writes them. Raises as ``render_yaml`` does."""
    out: list[str] = []
    _json(out.append, _nested(sources, resolve))
    return _encoded("".join(out))


RENDERINGS = {"properties": render_properties, "yml": render_yaml, "yaml": render_yaml, "json": render_json}
"""By the extension that asks for it."""


def _nested(sources: Sources, resolve: bool) -> dict[str, Any]:
    nested = unflatten(merge(sources))
    return _fill_map(nested, Placeholders(sources)) if resolve else nested


def _fill_map(nested: Mapping[str, Any], placeholders: Placeholders) -> dict[str, Any]:
    return {placeholders.resolve(key): _fill(below, placeholders) for key, below in nested.items()}


def _fill(node: Any, placeholders: Placeholders) -> Any:
    if isinstance(node, Mapping):
        return _fill_map(node, placeholders)
    if isinstance(node, list):
        return [_fill(below, placeholders) for below in node]
    return _fill_text(node, placeholders) if isinstance(node, str) else node


def _fill_text(text: str, placeholders: Placeholders) -> str:
    """``text`` filled in; a plain number or boolean then keeps its type in YAML, as where Spring fills the text in."""
    filled = placeholders.resolve(text)
    return PlainText(filled) if filled != text and _TYPED.fullmatch(filled) else filled


def _json(write: Callable[[str], None], node: Any) -> None:
    if isinstance(node, Mapping):
        comma = "{"
        for key, below in node.items():
            write(f"{comma}{_quoted(key)}:")
            _json(write, below)
            comma = ","
        write("}" if node else "{}")
    elif isinstance(node, list):
        comma = "["
        for below in node:
            write(comma)
            _json(write, below)
            comma = ","
        write("]" if node else "[]")
    else:
        write(_quoted(node) if isinstance(node, str) else scalar_text(node))


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04X}"


def _encoded(text: str) -> bytes:
    """UTF-8; half a character, which JSON can write down, becomes ``?`` as in Java."""
    return text.encode("utf-8", "replace")

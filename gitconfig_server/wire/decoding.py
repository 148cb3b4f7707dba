"""Strict decoding: what was sent as what was declared, or the place of the first fault."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from gitconfig_server.errors import InvalidChange
from gitconfig_server.wire.declarations import describe
from gitconfig_server.wire.json import parse_json
from gitconfig_server.wire.json_pointer import pointer

_T = TypeVar("_T")

_PLACE = re.compile(r" - at `(?:key` in `)?\$(.*)`$", re.DOTALL)
_PART = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*?)`", re.DOTALL)

_Place = tuple[str | int, ...]


def decode(body: bytes, kind: type[_T]) -> _T:
    """What a body says. MalformedRequest where it is no JSON, InvalidChange that points at what is not as declared."""
    return convert(parse_json(body), kind)


def convert(content: Any, kind: type[_T]) -> _T:
    """JSON that was read already, as ``kind``; numbers are never taken for text, nor text for numbers."""
    try:
        return msgspec.convert(content, kind, strict=True)
    except msgspec.ValidationError as error:
        raise _fault(str(error), content, kind) from error
    except UnicodeEncodeError as error:  # the library looks names up as UTF-8
        raise InvalidChange("a name with half of a surrogate pair, which is no text") from error


def _fault(message: str, content: Any, kind: type) -> InvalidChange:
    reason, place = _PLACE.sub("", message), _place(message, content, kind)
    if unknown := _UNKNOWN.match(reason):
        return InvalidChange(_suggest(unknown[1], _schema_at(kind, place)), pointer(*place, unknown[1]))
    if missing := _MISSING.match(reason):
        return InvalidChange("is needed", pointer(*place, missing[1]))
    if choices := _schema_at(kind, place).get("enum"):
        return InvalidChange(f"expected one of {', '.join(map(str, choices))}", pointer(*place))
    return InvalidChange(reason[:1].lower() + reason[1:].replace("`", ""), pointer(*place))


def _suggest(name: str, schema: Mapping[str, Any]) -> str:
    known = list(schema.get("properties", ()))
    near = difflib.get_close_matches(name, known, 1)
    return "unknown member, " + (f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}")


def _place(message: str, content: Any, kind: type) -> _Place:
    """Where the fault is. The library does not tell keys of maps, so these are looked for."""
    found = _PLACE.search(message)
    place: _Place = ()
    for member, number in _PART.findall(found[1] if found else ""):
        node = _at(content, place)
        part = member or (int(number) if number else _faulty_key(node, content, kind, message))
        place = (*place, part)
    return place


def _at(content: Any, place: _Place) -> Any:
    for part in place:
        content = content[part]
    return content


def _faulty_key(node: dict[str, Any], content: Any, kind: type, message: str) -> str:
    """The key of ``node``, which is in ``content``, whose value is at fault: half of what is left at a time."""
    whole, left = dict(node), list(node)
    while len(left) > 1:
        half = left[: len(left) // 2]
        node.clear()
        node.update({key: whole[key] for key in half})
        left = half if _message(content, kind) == message else left[len(half) :]
    node.clear()
    node.update(whole)
    return left[0]


def _message(content: Any, kind: type) -> str:
    try:
        msgspec.convert(content, kind, strict=True)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _schema_at(kind: type, place: _Place) -> dict[str, Any]:
    """What is declared of the node at ``place``."""
    schemas = describe([kind])
    schema: dict[str, Any] = schemas.get(kind.__name__, {})
    for part in place:
        known: dict[str, Any] = schema.get("items" if isinstance(part, int) else "properties", {})
        inner = known if isinstance(part, int) else known.get(str(part), schema.get("additionalProperties", {}))
        choices = [one for one in (inner, *inner.get("anyOf", ())) if "$ref" in one]
        schema = schemas[choices[0]["$ref"].rpartition("/")[2]] if choices else inner
    return schema

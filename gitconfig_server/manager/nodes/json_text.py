"""JSON: exact integers, no infinite numbers, no name twice."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson

from gitconfig_server.manager.errors import Misfit, Problem
from gitconfig_server.manager.nodes.values import Data


def json_bytes(data: Data) -> bytes:
    """``data`` as JSON; secrets must have been masked or revealed."""
    try:
        return orjson.dumps(data)
    except TypeError:  # integers of more than 64 bits
        return json.dumps(data, allow_nan=False, separators=(",", ":")).encode("ascii")


def parse_data(text: bytes | str) -> Data:
    """The plain data of a JSON text; Misfit says what is wrong with it."""
    try:
        return json.loads(text, object_pairs_hook=_members, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Misfit([Problem("", f"not JSON: {error}")]) from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")

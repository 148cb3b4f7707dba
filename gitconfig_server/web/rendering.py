"""JSON bytes."""

from __future__ import annotations

import json

import orjson


def render(content: object) -> bytes:
    """``content`` as JSON. Integers of any size and lone surrogates, which orjson refuses, come out exactly."""
    try:
        return orjson.dumps(content)
    except TypeError:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")

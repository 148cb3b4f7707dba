"""What a partial clone leaves out (git's ``list-objects-filter-options.c``; rev-list(1), ``--filter``)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from gitconfig_server.errors import MalformedRequest

_LIMIT = re.compile(rb"blob:limit=([0-9]{1,15})([kmg]?)", re.IGNORECASE)
_DEPTH = re.compile(rb"tree:([0-9]{1,9})")
_UNITS = {b"": 1, b"k": 1 << 10, b"m": 1 << 20, b"g": 1 << 30}
_MOST = 20
"""Parts of a combined filter."""


class ObjectFilter(Struct, frozen=True):
    """Files of at least ``blob_bytes`` are left out, and what stands ``tree_depth`` levels deep (the root on none).

    None: no bound. What was asked for by its own id is sent whatever it is.
    """

    blob_bytes: int | None = None
    tree_depth: int | None = None

    @property
    def lets_all_through(self) -> bool:
        """Whether nothing is left out."""
        return self.blob_bytes is None and self.tree_depth is None

    @property
    def blobs(self) -> bool:
        """Whether any file may be sent."""
        return self.blob_bytes != 0

    def joined(self, other: ObjectFilter) -> ObjectFilter:
        """What both let through."""
        return ObjectFilter(
            _least(self.blob_bytes, other.blob_bytes),
            _least(self.tree_depth, other.tree_depth),
        )


ALL = ObjectFilter()


def parse_filter(spec: bytes, *, nested: bool = True) -> ObjectFilter:
    """The filter that a client asks for; MalformedRequest for those not served (``sparse:oid``, ``object:type``)."""
    if spec == b"blob:none":
        return ObjectFilter(blob_bytes=0)
    if limit := _LIMIT.fullmatch(spec):
        return ObjectFilter(blob_bytes=int(limit[1]) * _UNITS[limit[2].lower()])
    if depth := _DEPTH.fullmatch(spec):
        return ObjectFilter(tree_depth=int(depth[1]))
    if spec.startswith(b"combine:") and nested:
        found = ALL
        for part in spec.removeprefix(b"combine:").split(b"+", _MOST):
            found = found.joined(parse_filter(unquote_to_bytes(part), nested=False))
        return found
    shown = spec[:60].decode(errors="replace")
    raise MalformedRequest(f"filter {shown!r} is not supported: use blob:none, blob:limit=<n>, tree:<n>, or combine:")


def _least(one: int | None, two: int | None) -> int | None:
    return min((bound for bound in (one, two) if bound is not None), default=None)

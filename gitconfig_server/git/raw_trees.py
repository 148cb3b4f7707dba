"""Trees as Git stores them: entries as tuples of bytes, nothing converted."""

from __future__ import annotations

import re

Entry = tuple[bytes, bytes, bytes]
"""Mode in octal digits, name, and id as 20 bytes."""

_SHAPE = re.compile(rb"(?:[0-7]{1,7}+ [^\0]++\0.{20}+)*+", re.DOTALL)
_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_WHOLE_ENTRY = re.compile(rb"[0-7]+ [^\0]+\0.{20}", re.DOTALL)


def parse_tree(raw: bytes) -> list[Entry]:
    """The entries in the order they are stored; ValueError where the bytes are not a tree's."""
    _check_shape(raw)
    return _ENTRY.findall(raw)


def split_tree(raw: bytes) -> list[bytes]:
    """As ``parse_tree``, each entry as it stands: quicker where most of them are not looked at."""
    _check_shape(raw)
    return _WHOLE_ENTRY.findall(raw)


def is_folder(mode: bytes) -> bool:
    """Whether the mode is a tree's; old tools padded it with a zero."""
    return mode in (b"40000", b"040000")


def _check_shape(raw: bytes) -> None:
    if not _SHAPE.fullmatch(raw):  # possessive, so linear: findall alone could be made to take quadratic time
        raise ValueError("malformed tree")

"""From bytes to text, and from an offset in a text to its line and column."""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import Place

_BOM = "\ufeff"


def decode_utf8(path: str, content: bytes) -> str:
    """The text, without a byte order mark; InvalidContent with the place of the first byte that is not UTF-8."""
    try:
        return content.decode().removeprefix(_BOM)
    except UnicodeDecodeError as error:
        place = place_after(content[: error.start].decode())
        raise InvalidContent(path, "encoding", "not UTF-8: save the file in that encoding", *place) from error


def decode_text(path: str, content: bytes) -> str:
    """The text of a file that is read, not edited: UTF-16 with a byte order mark too (YAML 1.1, section 5.2)."""
    if not is_utf16(content):
        return decode_utf8(path, content)
    try:
        return content.decode("utf-16")
    except UnicodeDecodeError as error:
        place = place_after(content[: error.start & ~1].decode("utf-16", "ignore"))
        raise InvalidContent(
            path, "encoding", "not UTF-16, as its mark says: save the file in UTF-8", *place
        ) from error


def is_utf16(content: bytes) -> bool:
    """Whether it begins with a byte order mark of UTF-16."""
    return content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))


def place_after(text: str) -> Place:
    """Line and column, from 1, of what follows ``text``."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


class LineIndex:
    """Lines and columns of many offsets in one text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, offset: int) -> Place:
        """Line and column, from 1, of the character at ``offset``."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

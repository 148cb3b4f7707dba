"""The outline of ``.properties``: the lines of each key, with the comments and empty lines behind it."""

from __future__ import annotations

import re

from gitconfig_server.formats.merging.outlines.entries import OutlineEntry, TiedTogether, has_odd_returns

_KEY = re.compile(r"([ \t\f]*)([^\\\x00- =:#!][^\\\x00- =:]*)(?=[ \t\f=:\r]|\Z)")
_SEPARATOR = re.compile(r"[ \t\f]*[#!]---")
_COMMENT = re.compile(r"[ \t\f]*(?:[#!\r]|\Z)")
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\\r?\Z")


def outline_properties(text: str) -> list[list[OutlineEntry]]:
    """The entries of each document, or of what looks like one. Raises TiedTogether: a key repeats, or has escapes.

    Comments right in front of what may part documents are of no entry: whether it does hangs on them.
    """
    if has_odd_returns(text):
        raise TiedTogether
    documents: list[list[OutlineEntry]] = [[]]
    seen: set[str] = set()
    is_continued = False
    for number, line in enumerate(text.split("\n")):
        entries = documents[-1]
        if is_continued:
            entries[-1].end = number + 1
            is_continued = _CONTINUED.search(line) is not None
        elif _SEPARATOR.match(line):
            documents.append([])
            seen = set()
        elif not _COMMENT.match(line):
            if entries:
                entries[-1].end = number
            entries.append(_entry(line, number, seen))
            is_continued = _CONTINUED.search(line) is not None
    return documents


def _entry(line: str, number: int, seen: set[str]) -> OutlineEntry:
    found = _KEY.match(line)
    key = found[2].removesuffix("[]") if found else ""
    if not found or not key or key in seen:
        raise TiedTogether
    seen.add(key)
    return OutlineEntry(key, number, found[1], number + 1)

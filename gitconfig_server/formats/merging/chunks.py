"""A text taken apart into its documents, so that some may go and others come."""

from __future__ import annotations

from collections.abc import Sequence

from yaml import DocumentStartEvent

from gitconfig_server.formats.merging.lines import split_lines
from gitconfig_server.formats.reading.properties_text import SEPARATOR
from gitconfig_server.formats.reading.yaml_events import open_events

_MARK = b"---"
_PROPERTIES_MARK = b"#---"


def split_documents(text: bytes, *, is_yaml: bool) -> list[bytes]:
    """The text of each document that has been read; all but the first begin with the mark that parts them."""
    lines = split_lines(text)
    return _chunks(lines, _yaml_starts(text) if is_yaml else _properties_starts(lines))


def _chunks(lines: Sequence[bytes], starts: Sequence[int]) -> list[bytes]:
    ends = [*starts[1:], len(lines)]
    return [b"".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]


def _properties_starts(lines: Sequence[bytes]) -> list[int]:
    """Where each begins. What looks like a mark and is none, or parts nothing, gives too many: the outcome tells."""
    starts = [0]
    for number, line in enumerate(lines):
        before = lines[number - 1].lstrip()[:1] if number else b""
        if before != line[:1] and SEPARATOR.fullmatch(line.rstrip(b"\r\n").decode("iso-8859-1")):
            starts.append(number)
    return starts


def _yaml_starts(text: bytes) -> list[int]:
    give = open_events(text.decode())
    starts: list[int] = []
    while event := give():
        if isinstance(event, DocumentStartEvent):
            mark = event.start_mark
            starts.append(mark.line if starts and mark else 0)
    return starts


def join_documents(chunks: Sequence[bytes], *, is_yaml: bool) -> bytes:
    """The text of documents in this order, whatever their order was."""
    mark = _MARK if is_yaml else _PROPERTIES_MARK
    parts: list[bytes] = []
    for chunk in chunks:
        first, _, rest = chunk.partition(b"\n")
        is_marked = chunk.split(None, 1)[:1] == [mark] and chunk.startswith(mark)
        if not parts:
            parts.append(rest if is_marked and first.rstrip() == mark else chunk)
            continue
        if parts[-1] and not parts[-1].endswith(b"\n"):
            parts.append(b"\n")
        if not is_marked:
            parts.append(mark + b"\n")
        parts.append(chunk)
    return b"".join(parts)

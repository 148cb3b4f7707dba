"""A YAML text taken apart into its documents, so that some may go and others come."""

from __future__ import annotations

from collections.abc import Sequence

from yaml import DocumentStartEvent

from gitconfig_server.formats.merging.lines import split_lines
from gitconfig_server.formats.reading.yaml_events import open_events

_MARK = b"---"


def split_documents(text: bytes) -> list[bytes]:
    """The text of each document of YAML that has been read; all but the first begin with ``---``."""
    lines = split_lines(text)
    give = open_events(text.decode())
    starts: list[int] = []
    while event := give():
        if isinstance(event, DocumentStartEvent):
            mark = event.start_mark
            starts.append(mark.line if starts and mark else 0)
    ends = [*starts[1:], len(lines)]
    return [b"".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]


def join_documents(chunks: Sequence[bytes]) -> bytes:
    """The text of documents in this order, whatever their order was."""
    parts: list[bytes] = []
    for chunk in chunks:
        is_marked = chunk.startswith(_MARK) and chunk[3:4] in (b" ", b"\t", b"\r", b"\n", b"")
        if not parts:
            first, _, rest = chunk.partition(b"\n")
            parts.append(rest if is_marked and first.rstrip() == _MARK else chunk)
            continue
        if parts[-1] and not parts[-1].endswith(b"\n"):
            parts.append(b"\n")
        if not is_marked:
            parts.append(_MARK + b"\n")
        parts.append(chunk)
    return b"".join(parts)

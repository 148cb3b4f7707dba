"""The lines of a journal file.

A line is the length of its body and the body's CRC-32, eight hex digits each, the body (JSON without newlines),
and a newline: a line that a crash cut short is known as such. The first line names the format and the epoch.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any

from msgspec import Struct, field

from gitconfig_server.storage.base import JournalRecord, RefUpdate

_HEADER_BYTES = 18

LAYOUT = 1
"""Stands in a journal's first line; who knows only lower numbers does not write to it."""
_SEQ = re.compile(rb'\{"seq":(\d+),')
_REFS = re.compile(rb',"refs":(\[.*?\]),"actor":')  # no string holds this: quotes in strings are escaped


class JournalEntry(Struct, frozen=True):
    """A record, and up to which byte the reflogs of the refs it moved have been read."""

    record: JournalRecord
    logs: Mapping[bytes, int] = field(default_factory=dict)


class JournalLine(Struct, frozen=True):
    """One sound line: where it stands in its file, and what is in it."""

    start: int
    end: int
    body: bytes


def new_journal() -> tuple[str, bytes]:
    """A new epoch, and the line with which its journal begins."""
    epoch = token_hex(8)
    return epoch, new_header(epoch)


def new_header(epoch: str) -> bytes:
    """The line with which a journal of ``epoch`` begins."""
    return frame({"journal": LAYOUT, "epoch": epoch})


def frame(content: Mapping[str, Any]) -> bytes:
    """A line with this content."""
    body = json.dumps(content, separators=(",", ":")).encode("ascii")
    return b"%08x %08x %s\n" % (len(body), zlib.crc32(body), body)


def lines(content: bytes, offset: int = 0) -> Iterator[JournalLine]:
    """The sound lines at the beginning of ``content``, which stands at ``offset`` of its file."""
    position = 0
    while (end := _line_end(content, position)) is not None:
        yield JournalLine(offset + position, offset + end, content[position + _HEADER_BYTES : end - 1])
        position = end


def is_cut_short(content: bytes) -> bool:
    """Whether the unsound ``content`` is what a crash leaves at the end of a file: nothing sound follows in it."""
    position = content.find(b"\n")
    while position >= 0:
        if _line_end(content, position + 1) is not None:
            return False
        position = content.find(b"\n", position + 1)
    return True


def seq_of(body: bytes) -> int:
    """The seq of the record in a line's body; 0 where that is no record."""
    found = _SEQ.match(body)
    return int(found[1]) if found else 0


def refs_of(body: bytes) -> list[bytes]:
    """The refs that the record in a line's body moved, without reading the rest of it."""
    found = _REFS.search(body)
    return [_bytes(ref) for ref, _old, _new in json.loads(found[1])] if found else []


def encode(entry: JournalEntry) -> bytes:
    """The line of a stamped record."""
    record = entry.record
    assert record.received_at is not None, "only stamped records are stored"
    content: dict[str, Any] = {
        "seq": record.seq,
        "at": record.received_at.isoformat(timespec="microseconds"),
        "reason": record.reason,
        "refs": [[_text(update.ref), _id_text(update.old), _id_text(update.new)] for update in record.updates],
        "actor": record.actor,
        "message": record.message,
        "details": dict(record.details),
    }
    if entry.logs:
        content["logs"] = encode_logs(entry.logs)
    return frame(content)


def decode(body: bytes, epoch: str) -> JournalEntry:
    """The entry in a line's body."""
    content = json.loads(body)
    updates = tuple(
        RefUpdate(_bytes(ref), old and old.encode(), new and new.encode()) for ref, old, new in content["refs"]
    )
    record = JournalRecord(
        updates=updates,
        reason=content["reason"],
        actor=content["actor"],
        message=content["message"],
        details=content["details"],
        seq=content["seq"],
        epoch=epoch,
        received_at=datetime.fromisoformat(content["at"]),
    )
    return JournalEntry(record, decode_logs(content.get("logs", {})))


def encode_refs(refs: Mapping[bytes, bytes]) -> dict[str, str]:
    """Refs as JSON holds them."""
    return {_text(ref): value.decode("ascii") for ref, value in refs.items()}


def decode_refs(refs: Mapping[str, str]) -> dict[bytes, bytes]:
    """Refs from what JSON holds."""
    return {_bytes(ref): value.encode("ascii") for ref, value in refs.items()}


def encode_logs(logs: Mapping[bytes, int]) -> dict[str, int]:
    """Reflog sizes as JSON holds them."""
    return {_text(ref): size for ref, size in logs.items()}


def decode_logs(logs: Mapping[str, int]) -> dict[bytes, int]:
    """Reflog sizes from what JSON holds."""
    return {_bytes(ref): size for ref, size in logs.items()}


def _line_end(content: bytes, start: int) -> int | None:
    header = content[start : start + _HEADER_BYTES]
    try:
        length, checksum = int(header[:8], 16), int(header[9:17], 16)
    except ValueError:
        return None
    end = start + _HEADER_BYTES + length
    if content[end : end + 1] != b"\n" or zlib.crc32(content[start + _HEADER_BYTES : end]) != checksum:
        return None
    return end + 1


def _text(ref: bytes) -> str:
    return ref.decode("utf-8", "surrogateescape")


def _bytes(ref: str) -> bytes:
    return ref.encode("utf-8", "surrogateescape")


def _id_text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("ascii")

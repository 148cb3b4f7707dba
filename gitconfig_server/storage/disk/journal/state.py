"""What a journal says after its last record, and which records moved which ref: derived, cheap to keep current."""

from __future__ import annotations

import json
from array import array
from collections import deque
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field

from gitconfig_server.storage.base import JournalRecord
from gitconfig_server.storage.disk.journal.format import (
    JournalEntry,
    JournalLine,
    decode,
    decode_logs,
    decode_refs,
    encode_logs,
    encode_refs,
    frame,
    lines,
    refs_of,
    seq_of,
)
from gitconfig_server.storage.ref_rules import move_refs

_RECENT = 64


class JournalState(Struct):
    """The result of reading a journal up to byte ``end``."""

    epoch: str = ""
    end: int = 0
    seq: int = 0
    received_at: datetime | None = None
    refs: dict[bytes, bytes] = field(default_factory=dict)
    logs: dict[bytes, int] = field(default_factory=dict)
    last: JournalRecord | None = None
    last_start: int = 0
    starts: deque[int] = field(default_factory=lambda: deque(maxlen=_RECENT))
    """Where the last records begin, that of ``seq`` at the end: who follows them is here again for each."""
    moved: set[bytes] = field(default_factory=set)
    """Refs that records have moved since somebody last took them out of here."""

    def read(self, line: JournalLine) -> None:
        """Take the next line into account."""
        if self.epoch:
            self.add(decode(line.body, self.epoch), line.start, line.end)
        else:
            self.epoch = json.loads(line.body)["epoch"]
            self.end = line.end

    def add(self, entry: JournalEntry, start: int, end: int) -> None:
        """Take the next record, which stands from ``start`` to ``end``, into account."""
        if entry.record.seq != self.seq + 1:
            self.starts.clear()
        self.starts.append(start)
        self.last, self.last_start, self.end = entry.record, start, end
        self.seq, self.received_at = entry.record.seq, entry.record.received_at
        self.logs.update(entry.logs)
        move_refs(self.refs, entry.record.updates)
        for update in entry.record.updates:
            self.moved.add(update.ref)
            if update.new is None:
                self.logs.pop(update.ref, None)

    def start_of(self, seq: int) -> int | None:
        """Where a record begins that is one of the last; None where it is not."""
        back = self.seq - seq
        return self.starts[-1 - back] if 0 <= back < len(self.starts) else None

    def checkpoint(self) -> bytes:
        """This state for a file beside the journal: derived, and checked when it is read."""
        content = {
            "epoch": self.epoch,
            "seq": self.seq,
            "start": self.last_start,
            "refs": encode_refs(self.refs),
            "logs": encode_logs(self.logs),
        }
        return frame(content)


def from_checkpoint(stored: bytes, epoch: str) -> JournalState | None:
    """The state before the record that a checkpoint names, which is at ``end``; None where it is of no use.

    That record is part of ``refs`` and ``logs`` already: to read it again changes nothing.
    """
    line = next(lines(stored), None)
    content = json.loads(line.body) if line else {}
    if content.get("epoch") != epoch:
        return None
    return JournalState(
        epoch=epoch,
        end=content["start"],
        seq=content["seq"] - 1,
        refs=decode_refs(content["refs"]),
        logs=decode_logs(content["logs"]),
    )


_NONE = array("Q")


class JournalIndex:
    """Offsets of records, of all and by ref, up to byte ``end`` of the journal: eight bytes each."""

    def __init__(self) -> None:
        self.end = 0
        self.every = array("Q")
        """Where each record begins: the one numbered n stands at n - 1."""
        self._offsets: dict[bytes, array[int]] = {}

    def extend(self, lines: Iterable[JournalLine]) -> None:
        """Take more lines in; they begin at ``end``."""
        for line in lines:
            if seq_of(line.body):
                self.every.append(line.start)
            for ref in refs_of(line.body):
                self._offsets.setdefault(ref, array("Q")).append(line.start)
            self.end = line.end

    def moved(self, ref: bytes) -> array[int]:
        """Where the records begin that moved ``ref``, oldest first."""
        return self._offsets.get(ref, _NONE)

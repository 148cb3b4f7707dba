"""The journal of a repository on disk: one append-only file, read by everybody, written under the repository's lock."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from secrets import token_hex
from threading import RLock

from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import Clock, JournalRecord
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.journal.format import (
    JournalEntry,
    decode,
    encode,
    is_cut_short,
    lines,
    new_header,
    new_journal,
    seq_of,
)
from gitconfig_server.storage.disk.journal.reader import JournalReader
from gitconfig_server.storage.disk.journal.state import JournalIndex, JournalState, from_checkpoint

_CHECKPOINT_EVERY = 1000
"""Records after which a checkpoint is written: whoever opens the journal reads about as many."""


class Journal:
    """Any thread may read; ``settle`` and ``append`` are for the holder of the repository's lock.

    The state after the last record is kept in memory and brought up to date by reading what others appended. A
    checkpoint beside the file spares the next process from reading all of it.
    """

    def __init__(self, path: str, files: DiskFiles, clock: Clock) -> None:
        self._path = path
        self._reader = JournalReader(path)
        self._files = files
        self._clock = clock
        self._lock = RLock()
        self._state = JournalState()
        self._inode = 0
        self._size = 0
        self._checkpoint_seq = 0
        self._looked = (0, 0, 0)
        self._damage: int | None = None
        self._index = JournalIndex()
        self._asked: JournalState | None = None

    @property
    def state(self) -> JournalState:
        """As of the last time the file was read."""
        return self._state

    @property
    def exists(self) -> bool:
        """Whether there was a journal the last time."""
        return self._inode != 0

    def catch_up(self) -> bool:
        """Read what was appended; False where there is no journal."""
        with self._lock:
            try:
                status = os.stat(self._path)  # noqa: PTH116 - a hot path
            except FileNotFoundError:
                self._state, self._inode = JournalState(), 0
                return False
            self._size = status.st_size
            # another file since a repair, a shorter one since a writer took back what it could not finish
            if status.st_ino != self._inode or status.st_size < self._state.end:
                self._load()
                self._inode = status.st_ino
            elif status.st_size > self._state.end:
                self._read_on()
            return True

    def take_moved(self) -> set[bytes] | None:
        """Refs that records have moved since this was last asked; None where the state was read anew meanwhile."""
        with self._lock:
            known, self._asked = self._asked, self._state
            moved, self._state.moved = self._state.moved, set()
            return moved if known is self._state else None

    def damage(self) -> int | None:
        """At which byte it cannot be read; None where it can. Reads all of it, but not more often than it changes."""
        with self._lock:
            if not self.catch_up():
                return None
            status = os.stat(self._path)  # noqa: PTH116 - as above
            looked = (status.st_ino, status.st_size, status.st_mtime_ns)
            if self._looked != looked:
                end = self._reader.sound_to(status.st_size)
                self._damage, self._looked = (None if end >= status.st_size else end), looked
            return self._damage

    def settle(self) -> None:
        """Remove what a crash left half written after the last record; the lock is held."""
        with self._lock:
            if not self.catch_up() or self._size == self._state.end:
                return
            self._load()
            rest = self._reader.read(self._state.end)
            # a crash tears the end alone: sound lines behind it would be lost by a cut
            if rest and not is_cut_short(rest):
                raise self._reader.damaged(self._state.end)
            self._cut()

    def create(self, entries: Sequence[JournalEntry]) -> None:
        """A new journal that begins with ``entries``; all of it appears at once. The caller syncs the folder."""
        with self._lock:
            epoch, header = new_journal()
            stamped = self._stamped(entries, JournalState(epoch=epoch))
            body = b"".join(encode(entry) for entry in stamped)
            self._replace(self._path, header + body, durable=True)
            self._state, self._inode = JournalState(), 0
            self.catch_up()

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """Let the file hold these records, as they are, in place of all it holds. The caller syncs the folder."""
        with self._lock:
            header = new_header(records[-1].epoch)
            self._files.unlink(self._checkpoint_path)
            self._replace(
                self._path, header + b"".join(encode(JournalEntry(record)) for record in records), durable=True
            )
            self._state, self._inode = JournalState(), 0
            self.catch_up()

    def append(self, entries: Sequence[JournalEntry]) -> JournalRecord:
        """Store them, numbered and dated; durable when it returns: the last record. The lock is held."""
        with self._lock:
            stamped = self._stamped(entries, self._state)
            encoded = [encode(entry) for entry in stamped]
            try:
                self._files.append(self._path, b"".join(encoded))
                self._files.sync_file(self._path)
            except OSError:
                self._cut()  # a full disk may have taken half of it, and the next record must begin where this one did
                raise
            for entry, line in zip(stamped, encoded, strict=True):
                self._state.add(entry, self._state.end, self._state.end + len(line))
            if self._state.seq - self._checkpoint_seq >= _CHECKPOINT_EVERY:
                self._write_checkpoint()
            return stamped[-1].record

    def records(
        self, after: int = 0, before: int | None = None, ref: bytes | None = None, *, newest_first: bool = False
    ) -> Iterator[JournalRecord]:
        """Those there are now with ``after`` < ``seq`` < ``before``; with ``ref`` only those that moved it."""
        with self._lock:
            after = max(after, 0)
            if not self.catch_up() or after >= self._state.seq:
                return iter(())
            epoch, last = self._state.epoch, self._state.seq if before is None else min(before - 1, self._state.seq)
            if ref is None and not newest_first:
                start = self._state.start_of(after + 1)
                if start is None:
                    start = self._reader.place_of(after, self._state.end)
                found = self._reader.between(start, self._state.end)
                wanted = takewhile(lambda line: seq_of(line.body) <= last, found)
                return (decode(line.body, epoch).record for line in wanted if seq_of(line.body) > after)
            newest = self._state.last
            if ref is None and newest and last == newest.seq == after + 1:
                return iter((newest,))
            offsets = self._offsets(ref, after, last)
            found = self._reader.at(offsets[::-1] if newest_first else offsets, self._state.end)
        return (decode(line.body, epoch).record for line in found)

    def record_at(self, ref: bytes, time: datetime) -> JournalRecord | None:
        """The last record that moved ``ref`` and was received at ``time`` or before: halves those there are."""
        with self._lock:
            if not self.catch_up():
                return None
            epoch, end = self._state.epoch, self._state.end
            offsets = self._offsets(ref, 0, self._state.seq)

        def record(offset: int) -> JournalRecord:
            return decode(next(self._reader.at([offset], end)).body, epoch).record

        def is_later(offset: int) -> bool:
            received_at = record(offset).received_at
            return received_at is not None and received_at > time

        later = bisect_left(offsets, True, key=is_later)
        return record(offsets[later - 1]) if later else None

    def _load(self) -> None:
        header = self._reader.header()
        self._index = JournalIndex()
        self._state = JournalState()
        self._state.read(header)
        if not self._load_checkpoint():
            self._read_on()

    def _load_checkpoint(self) -> bool:
        try:
            stored = Path(self._checkpoint_path).read_bytes()
        except FileNotFoundError:
            return False
        state = from_checkpoint(stored, self._state.epoch)
        if state is None:
            return False
        seq = state.seq
        found = list(lines(self._reader.read(state.end), state.end))
        if not found or seq_of(found[0].body) != seq + 1:
            return False
        for line in found:
            state.read(line)
        self._state, self._checkpoint_seq = state, seq + 1
        return True

    def _read_on(self) -> None:
        for line in lines(self._reader.read(self._state.end), self._state.end):
            self._state.read(line)

    def _stamped(self, entries: Sequence[JournalEntry], state: JournalState) -> list[JournalEntry]:
        now = self._clock()
        # times never run backwards, even where the clock is set back: whoever asks for a time halves the records
        at = now if state.received_at is None else max(now, state.received_at)
        numbered = enumerate(entries, state.seq + 1)
        return [
            JournalEntry(replace(entry.record, seq=seq, epoch=state.epoch, received_at=at), entry.logs)
            for seq, entry in numbered
        ]

    def _cut(self) -> None:
        self._files.truncate(self._path, self._state.end)
        self._files.sync_file(self._path)

    def _write_checkpoint(self) -> None:
        self._checkpoint_seq = self._state.seq
        with suppress(OSError):  # the journal itself is written: this only spares time
            self._replace(self._checkpoint_path, self._state.checkpoint(), durable=False)

    def _replace(self, path: str, content: bytes, *, durable: bool) -> None:
        temporary = f"{path}.{token_hex(4)}.tmp"
        try:
            self._files.create(temporary, content)
            if durable:
                self._files.sync_file(temporary)
            self._files.rename(temporary, path)
        except OSError:
            self._files.unlink(temporary)
            raise

    @property
    def _checkpoint_path(self) -> str:
        return f"{self._path}-checkpoint"

    def _offsets(self, ref: bytes | None, after: int, last: int) -> Sequence[int]:
        """Where those of the records ``after`` + 1 to ``last`` begin that moved ``ref`` (None: all of them)."""
        self._index.extend(self._reader.between(self._index.end, self._state.end))
        every = self._index.every
        if ref is None:
            return every[after:last]
        if after >= last:
            return ()
        moved = self._index.moved(ref)
        return moved[bisect_left(moved, every[after]) : bisect_right(moved, every[last - 1])]

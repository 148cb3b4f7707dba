"""A damaged journal made readable again: the records that can be read are kept, what they lack is journalled anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

from msgspec import Struct

from gitconfig_server.model.replace import replace
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.journal.format import (
    JournalEntry,
    JournalLine,
    decode,
    encode,
    lines,
    new_journal,
    seq_of,
)
from gitconfig_server.storage.disk.layout import PRIVATE
from gitconfig_server.storage.disk.lock import FolderLock

_LOCK_SECONDS = 30.0


class _Repaired(Struct, frozen=True):
    """``kept`` records of a journal, beside which ``lost`` bytes could not be read; ``before`` is the damaged file."""

    kept: int
    lost: int
    before: Path


def repair_journal(root: str) -> _Repaired | None:
    """Rewrite the journal of the repository at ``root`` where it cannot be read whole; None where it can.

    The records get new numbers, and the journal a new epoch: whoever holds a cursor is told that it is lost. Whoever
    opens the repository next journals, as moves by others, what leads from the last record to where the refs are.
    """
    path = Path(root, PRIVATE, "journal")
    with FolderLock(f"{root}/{PRIVATE}/lock").held(_LOCK_SECONDS):
        content = path.read_bytes()
        found = list(_readable(content))
        lost = len(content) - sum(line.end - line.start for line in found)
        if not lost and found:
            return None
        before = path.with_name(f"journal.damaged-{int(time.time())}-{token_hex(2)}")
        _write(path, before, content, _renumbered(found))
        return _Repaired(sum(seq_of(line.body) > 0 for line in found), lost, before)


def _readable(content: bytes) -> Iterator[JournalLine]:
    """The sound lines, wherever they stand."""
    place = 0
    while place < len(content):
        end = place
        for line in lines(content[place:], place):
            yield line
            end = line.end
        following = content.find(b"\n", end)
        if following < 0:
            return
        place = following + 1


def _renumbered(found: list[JournalLine]) -> bytes:
    epoch, header = new_journal()
    records = [decode(line.body, epoch) for line in found if seq_of(line.body)]
    entries = (JournalEntry(replace(one.record, seq=seq), one.logs) for seq, one in enumerate(records, 1))
    return header + b"".join(encode(entry) for entry in entries)


def _write(path: Path, before: Path, damaged: bytes, content: bytes) -> None:
    files, aside = DiskFiles(), path.with_name(f"journal.{token_hex(4)}.tmp")
    files.create(str(before), damaged)
    files.create(str(aside), content)
    for one in (before, aside):
        files.sync_file(str(one))
    files.unlink(f"{path}-checkpoint")
    files.rename(str(aside), str(path))
    files.sync_folder(str(path.parent))

"""How what was pending came to an end: the journal knows, and where nobody has written it there yet, the clock."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gitconfig_server.config.pending.keeping import VOID
from gitconfig_server.config.running.clocks import Moment
from gitconfig_server.config.running.records import decode_pending, pending_ref, read_pending, read_record
from gitconfig_server.config.running.running import TIMEOUT
from gitconfig_server.errors import PendingNotFound
from gitconfig_server.git import ref_names
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.base import JournalRecord

CONFIRM, CANCEL = "confirm", "cancel"
_DONE = {CONFIRM: CONFIRM, CANCEL: CANCEL, "restore": CANCEL, "revert": CANCEL}
_MAX_RECORDS = 10_000
"""How far back an id is looked for."""


class PendingEnd(Struct, frozen=True):
    """``how``: confirm, cancel, timeout or void. ``by``: whoever did it, empty for a time that was over."""

    how: str
    at: datetime
    by: str = ""


def find_ending(git: GitRepository, label_ref: bytes, pending: str, now: Moment) -> PendingEnd:
    """How the pending of this id ended for a label. PendingNotFound where there never was one."""
    refs, ref = git.snapshot(), pending_ref(label_ref)
    record = read_pending(git.objects, refs, label_ref)
    if record and record.id == pending:
        if record.stands_on(refs.get(label_ref)):
            return PendingEnd(TIMEOUT, min(record.deadline.wall, now.wall))
        return PendingEnd(VOID, now.wall)
    for entry in git.moves(ref, newest_first=True, limit=_MAX_RECORDS):
        if _is_end_of(git, entry, ref, pending):
            return _read_end(entry, _deadline_of(git, entry, ref))
    raise PendingNotFound(ref_names.label_of(label_ref) or "", pending)


def _is_end_of(git: GitRepository, entry: JournalRecord, ref: bytes, pending: str) -> bool:
    update = entry.moved(ref)
    if update is None or update.old is None:
        return False
    old, new = (
        read_record(git.objects, value, decode_pending) if value else None for value in (update.old, update.new)
    )
    return old is not None and old.id == pending and (new is None or new.id != pending)


def _deadline_of(git: GitRepository, entry: JournalRecord, ref: bytes) -> datetime:
    update = entry.moved(ref)
    record = read_record(git.objects, update.old, decode_pending) if update and update.old else None
    assert record is not None
    return record.deadline.wall


def _read_end(entry: JournalRecord, deadline: datetime) -> PendingEnd:
    at = entry.received_at
    assert at is not None
    if entry.reason == VOID or entry.reason.startswith(("upstream", "external")):
        return PendingEnd(VOID, at, entry.actor)
    if entry.reason in _DONE:
        return PendingEnd(_DONE[entry.reason], at, entry.actor)
    if entry.reason != TIMEOUT and at < deadline:
        return PendingEnd(VOID, at, entry.actor)  # the label had been moved from under it
    return PendingEnd(TIMEOUT, min(at, deadline))

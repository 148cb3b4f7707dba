"""The one answer to what readers of a label get: ``(label, now, view) -> commit, valid until``."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gitconfig_server.config.running.clocks import Grant, Moment
from gitconfig_server.config.running.records import (
    PendingRecord,
    PinRecord,
    decode_pending,
    decode_pin,
    pending_ref,
    pin_ref,
    read_pending,
    read_pin,
    read_record,
)
from gitconfig_server.errors import BeforeJournal
from gitconfig_server.git import ref_names
from gitconfig_server.git.lookup import tip_at
from gitconfig_server.git.objects.commits import peel
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.reads import View

TIMEOUT = "timeout"
"""The journal's reason where a record was removed because its time was over."""


class Running(Struct, frozen=True):
    """What readers of a label get. ``saved`` is where the label is; ``commit`` differs while a pin or pending holds.

    ``until``: when that changes by itself, None for never; an expiry moves no ref, so whatever is kept of this must
    ask ``until``. ``pending``: what is pending now, whether readers get it or a pin is stronger.
    """

    commit: bytes
    saved: bytes
    until: Grant | None = None
    pending: PendingRecord | None = None
    pin: PinRecord | None = None

    def holds(self, now: Moment) -> bool:
        """Whether this is still right, as long as no ref has moved."""
        return self.until is None or not self.until.has_passed(now)


def what_runs(git: GitRepository, ref: bytes, now: Moment, view: View = View.RUNNING) -> Running | None:
    """What readers of the label at ``ref`` get now; None where the ref leads to no commit.

    A pin goes before a pending that is live and stands on the label's head, and that before what is saved.
    """
    refs = git.snapshot()
    value = refs.get(ref)
    saved = peel(git.objects, value) if value else None
    if saved is None:
        return None
    if view is View.SAVED:
        return Running(saved, saved)
    # Both are asked, though a pin wins: who looks is told of what is pending beneath it.
    pin = live_pin(git, ref, now)
    pending = live_pending(git, ref, now)
    if pin:
        return Running(pin.commit, saved, pin.deadline, pending, pin)
    if pending:
        return Running(pending.commit, saved, pending.deadline, pending)
    return Running(saved, saved)


def live_pending(git: GitRepository, ref: bytes, now: Moment) -> PendingRecord | None:
    """What is pending for a label, unless its time is over or the label has moved from under it."""
    refs = git.snapshot()
    found = read_pending(git.objects, refs, ref) if ref.startswith(ref_names.BRANCHES) else None
    return found if found and found.stands_on(refs.get(ref)) and not found.deadline.has_passed(now) else None


def live_pin(git: GitRepository, ref: bytes, now: Moment) -> PinRecord | None:
    """A label's pin, unless its time is over."""
    found = read_pin(git.objects, git.snapshot(), ref)
    return found if found and not (found.deadline and found.deadline.has_passed(now)) else None


def what_ran(git: GitRepository, ref: bytes, when: datetime) -> bytes | None:
    """What readers of a label got at ``when``, None where it did not exist. BeforeJournal where that is unknown.

    A pending or a pin ended with its record in the journal, or when its time was over: what came first.
    """
    saved = tip_at(git, ref, when)
    if saved is None:
        return None
    pin = _record_at(git, pin_ref(ref), when)
    held = read_record(git.objects, pin, decode_pin) if pin else None
    if held and (held.deadline is None or when < held.deadline.wall):
        return held.commit
    value = _record_at(git, pending_ref(ref), when) if ref.startswith(ref_names.BRANCHES) else None
    pending = read_record(git.objects, value, decode_pending) if value else None
    if pending and pending.stands_on(saved) and when < pending.deadline.wall:
        return pending.commit
    return saved


def last_change(git: GitRepository, ref: bytes, now: Moment) -> datetime | None:
    """When a pin or a pending of the label last began or ended to hold; None where there never was one.

    What was read before is not right any more, though the label stands where it stood.
    """
    changes = [_last_change(git, one, now) for one in (pending_ref(ref), pin_ref(ref))]
    return max((one for one in changes if one), default=None)


def _last_change(git: GitRepository, ref: bytes, now: Moment) -> datetime | None:
    last = git.last_move(ref)
    update = last.moved(ref) if last else None
    if last is None or update is None or last.received_at is None:
        return None
    deadline = _deadline_of(git, update.new or update.old)
    over = deadline is not None and (last.reason == TIMEOUT if update.new is None else deadline.has_passed(now))
    if deadline is None or not over:
        return last.received_at
    return max(min(deadline.wall, now.wall), deadline.started.wall)


def _deadline_of(git: GitRepository, value: bytes | None) -> Grant | None:
    pending = read_record(git.objects, value, decode_pending) if value else None
    pin = read_record(git.objects, value, decode_pin) if value and not pending else None
    return pending.deadline if pending else pin.deadline if pin else None


def _record_at(git: GitRepository, ref: bytes, when: datetime) -> bytes | None:
    try:
        return tip_at(git, ref, when)
    except BeforeJournal:
        return None

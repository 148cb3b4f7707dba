"""Pins and freezes: a label's readers, or its writers, are held where they are for a while."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from msgspec import Struct

from gitconfig_server.config.branches import Head
from gitconfig_server.config.labels import label_ref, locate
from gitconfig_server.config.running.clocks import Grant, Moment, Moments
from gitconfig_server.config.running.records import (
    FreezeRecord,
    PinRecord,
    encode_freeze,
    encode_pin,
    freeze_ref,
    make_record,
    pin_ref,
    read_freeze,
    read_pin,
)
from gitconfig_server.config.running.running import live_pin, what_runs
from gitconfig_server.config.writing.heads import Precondition
from gitconfig_server.config.writing.writer import LabelMove, Writer
from gitconfig_server.errors import BrakeNotFound, Conflict, FollowedLabel, InvalidChange, InvalidName, LabelNotFound
from gitconfig_server.git import ref_names
from gitconfig_server.git.objects.commits import peel
from gitconfig_server.git.objects.trees import EMPTY_TREE
from gitconfig_server.model.pending import Brake, Freeze, Pin
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import WriteRequest, WriteResult
from gitconfig_server.storage.base import RefUpdate

_PIN, _UNPIN, _FREEZE, _UNFREEZE = "pin", "unpin", "freeze", "unfreeze"
"""The journal's reasons."""
_MAX_REASON = 1000


class _Place(Struct, frozen=True):
    """A label, and what its readers get now."""

    label: str
    ref: bytes
    saved: bytes
    commit: bytes


def pin_label(writer: Writer, moments: Moments, request: WriteRequest, brake: Brake) -> WriteResult:
    """Let readers of a label get what ``brake.revision`` names now (None: what they get now), whatever it holds.

    No ref of the label moves, and writes go on beneath it. Raises as ``locate``, LabelNotFound, InvalidChange for a
    time that has passed, PreconditionFailed.
    """
    _check(brake, moments())
    return writer.move(partial(_pin, writer, moments, request, brake), replace(request, reason=_PIN))


def unpin_label(writer: Writer, moments: Moments, request: WriteRequest) -> WriteResult:
    """Let readers get again what the label holds. BrakeNotFound where it is not pinned."""
    return writer.move(partial(_unpin, writer, moments, request), replace(request, reason=_UNPIN))


def freeze_label(writer: Writer, moments: Moments, request: WriteRequest, brake: Brake) -> WriteResult:
    """Refuse every save, push and apply to a label; what was in force may come back, and a pending be confirmed.

    Conflict for a label that follows upstream, which nobody here can keep from moving: a pin holds its readers.
    """
    _check(brake, moments())
    return writer.move(partial(_freeze, writer, moments, request, brake), replace(request, reason=_FREEZE))


def unfreeze_label(writer: Writer, moments: Moments, request: WriteRequest) -> WriteResult:
    """Let the label be written again. BrakeNotFound where it is not frozen."""
    return writer.move(partial(_unfreeze, writer, moments, request), replace(request, reason=_UNFREEZE))


def show_pin(writer: Writer, label: str | None, now: Moment) -> Pin | None:
    """The label's pin, None where it has none that holds."""
    found = live_pin(writer.git, label_ref(writer.git, label), now)
    if found is None:
        return None
    return Pin(
        label=found.label,
        revision=found.revision,
        commit=found.commit.decode(),
        reason=found.why,
        since=found.since,
        until=_end(found.deadline),
        actor=found.actor,
    )


def show_freeze(writer: Writer, label: str | None, now: Moment) -> Freeze | None:
    """The label's freeze, None where it has none that holds."""
    found = _live_freeze(writer, label_ref(writer.git, label), now)
    return (
        Freeze(label=found.label, reason=found.why, since=found.since, until=_end(found.deadline), actor=found.actor)
        if found
        else None
    )


def _pin(writer: Writer, moments: Moments, request: WriteRequest, brake: Brake) -> LabelMove:
    now, place = moments(), _place(writer, request, moments())
    commit = place.commit
    if brake.revision is not None:
        commit = locate(writer.git, Reading(brake.revision), master_fallback=False).commit
    revision = brake.revision or commit.decode()[:12]
    deadline = _deadline(brake, now)
    record = PinRecord(place.label, revision, brake.reason, now.wall, request.who.actor, deadline)
    objects = make_record(encode_pin(record), (commit,), writer.now())
    own = RefUpdate(pin_ref(place.ref), writer.git.snapshot().get(pin_ref(place.ref)), objects[-1].id)
    result = WriteResult(label=place.label, commit=commit.decode(), previous=place.commit.decode(), changed=True)
    return LabelMove(result, objects=objects, message=brake.reason, details={"revision": revision}, own=(own,))


def _unpin(writer: Writer, moments: Moments, request: WriteRequest) -> LabelMove:
    now, place = moments(), _place(writer, request, moments())
    if live_pin(writer.git, place.ref, now) is None:
        raise BrakeNotFound(place.label, "pinned")
    pin = read_pin(writer.git.objects, writer.git.snapshot(), place.ref)
    assert pin is not None
    left = place.saved
    result = WriteResult(label=place.label, commit=left.decode(), previous=place.commit.decode(), changed=True)
    own = RefUpdate(pin_ref(place.ref), pin.value, None)
    return LabelMove(result, message=request.options.message, own=(own,))


def _freeze(writer: Writer, moments: Moments, request: WriteRequest, brake: Brake) -> LabelMove:
    now, place = moments(), _place(writer, request, moments())
    (judged,) = writer.git.judge([RefUpdate(place.ref, place.saved, place.saved)])
    if isinstance(judged.refusal, FollowedLabel):
        raise Conflict(f"{place.label} follows the upstream repository, which goes on: pin it to hold its readers")
    record = FreezeRecord(place.label, brake.reason, now.wall, request.who.actor, _deadline(brake, now))
    objects = make_record(encode_freeze(record), (), writer.now())
    own = RefUpdate(freeze_ref(place.ref), writer.git.snapshot().get(freeze_ref(place.ref)), objects[-1].id)
    result = WriteResult(label=place.label, commit=place.saved.decode(), previous=place.saved.decode(), changed=True)
    return LabelMove(result, objects=objects, message=brake.reason, own=(own,))


def _unfreeze(writer: Writer, moments: Moments, request: WriteRequest) -> LabelMove:
    place = _place(writer, request, moments())
    freeze = _live_freeze(writer, place.ref, moments())
    if freeze is None:
        raise BrakeNotFound(place.label, "frozen")
    own = RefUpdate(freeze_ref(place.ref), freeze.value, None)
    result = WriteResult(label=place.label, commit=place.saved.decode(), previous=place.saved.decode(), changed=True)
    return LabelMove(result, message=request.options.message, own=(own,))


def _place(writer: Writer, request: WriteRequest, now: Moment) -> _Place:
    git = writer.git
    ref = label_ref(git, request.label)
    label = ref_names.label_of(ref) or ""
    if ref_names.is_staged(ref):
        raise InvalidName("label", label, "is a staged branch: name the label it belongs to")
    running = what_runs(git, ref, now)
    if running is None or peel(git.objects, git.snapshot()[ref]) is None:
        raise LabelNotFound(label)
    Precondition(request.options, Head(label, ref, running.saved, running.saved, EMPTY_TREE)).settle()
    return _Place(label, ref, running.saved, running.commit)


def _live_freeze(writer: Writer, ref: bytes, now: Moment) -> FreezeRecord | None:
    found = read_freeze(writer.git.objects, writer.git.snapshot(), ref)
    return found if found and not (found.deadline and found.deadline.has_passed(now)) else None


def _deadline(brake: Brake, now: Moment) -> Grant | None:
    return Grant(now, (brake.until - now.wall).total_seconds()) if brake.until else None


def _end(deadline: Grant | None) -> datetime | None:
    return deadline.wall if deadline else None


def _check(brake: Brake, now: Moment) -> None:
    if brake.until is not None and brake.until <= now.wall:
        raise InvalidChange("has passed already", "/until")
    if len(brake.reason) > _MAX_REASON:
        raise InvalidChange(f"has more than {_MAX_REASON} characters", "/reason")

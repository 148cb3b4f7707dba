"""Applying with a deadline: readers get what is applied at once, and the label gets it when somebody confirms."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

from gitconfig_server.config.branches import head_for
from gitconfig_server.config.labels import label_ref
from gitconfig_server.config.pending.brakes import show_freeze, show_pin
from gitconfig_server.config.pending.endings import CANCEL, CONFIRM, find_ending
from gitconfig_server.config.running.clocks import Grant, Moment, Moments
from gitconfig_server.config.running.records import (
    PendingRecord,
    StagedMove,
    encode_pending,
    make_record,
    pending_ref,
)
from gitconfig_server.config.running.running import TIMEOUT, live_pending, live_pin
from gitconfig_server.config.writing.heads import Precondition
from gitconfig_server.config.writing.writer import LabelMove, Writer
from gitconfig_server.errors import InvalidChange, LabelPinned, PendingApply, PendingEnded
from gitconfig_server.git.graph import Lineage, is_ancestor
from gitconfig_server.git.objects.commits import read_commit, tree_of
from gitconfig_server.git.objects.trees import TreeView, changed_files
from gitconfig_server.model.pending import LONGEST, SHORTEST, Hanging, Pending
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import WriteRequest, WriteResult
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.objects import RawObject

PENDING, DEADLINE = "pending", "deadline"
"""The journal's reasons, beside those of an end."""
_SEEN_WITHIN = 1.0
"""Seconds within which every server on one database sees a write."""


def begin_pending(
    writer: Writer, moments: Moments, request: WriteRequest, plan: Callable[[], LabelMove], seconds: int
) -> WriteResult:
    """Let readers get what ``plan`` would put in force, for so many seconds. The label stays where it is.

    PendingApply where something is pending already, LabelPinned, and as ``plan`` and ``Writer.move`` raise.
    """
    _check_seconds(seconds)
    done = writer.move(partial(_begin, writer, moments, request, plan, seconds), replace(request, reason=PENDING))
    if done.dry_run:
        return replace(done, pending=None)
    if done.pending:
        _require_live(writer, moments, request.label, done.pending)  # the answer to a request that came again
    return done


def confirm_pending(writer: Writer, moments: Moments, request: WriteRequest, pending: str) -> WriteResult:
    """Let the label have what is pending; the staged branch follows, as it would have at an apply.

    What is confirmed already is so again, and nothing changes. PendingNotFound; PendingEnded for what ended otherwise.
    """
    return writer.move(partial(_confirm, writer, moments, request, pending), replace(request, reason=CONFIRM))


def cancel_pending(writer: Writer, moments: Moments, request: WriteRequest, pending: str) -> WriteResult:
    """Let readers get again what is saved. PendingNotFound, PendingEnded."""
    return writer.move(partial(_cancel, writer, moments, request, pending), replace(request, reason=CANCEL))


def extend_pending(writer: Writer, moments: Moments, request: WriteRequest, pending: str, seconds: int) -> WriteResult:
    """A new deadline, so many seconds from now. PendingNotFound, PendingEnded."""
    _check_seconds(seconds)
    plan = partial(_extend, writer, moments, request, pending, seconds)
    return writer.move(plan, replace(request, reason=DEADLINE))


def _show_pending(writer: Writer, record: PendingRecord) -> Pending:
    """What is pending, for people."""
    objects = writer.git.objects
    views = (TreeView(objects, tree_of(objects, one)) for one in (record.head.encode(), record.commit))
    paths = tuple(sorted(path.decode(errors="replace") for path, _, _ in changed_files(*views)))
    deadline = record.deadline
    return Pending(
        id=record.id,
        label=record.label,
        commit=record.commit.decode(),
        saved=record.head,
        started=deadline.started.wall,
        deadline=deadline.wall,
        actor=record.actor,
        message=record.message,
        paths=paths,
    )


def _begin(
    writer: Writer, moments: Moments, request: WriteRequest, plan: Callable[[], LabelMove], seconds: int
) -> LabelMove:
    ref, now = head_for(writer.git, request.label).ref, moments()
    # Judged within the plan, which runs again where a race was lost: who came first is seen then.
    standing = live_pending(writer.git, ref, now)
    if standing:
        raise PendingApply(ref, standing.id, standing.deadline.wall)
    pin = live_pin(writer.git, ref, now)
    if pin:
        raise LabelPinned(pin.label, pin.revision, pin.actor, pin.deadline.wall if pin.deadline else None)
    move = plan()
    if not move.result.changed or not move.result.commit:
        return move
    # The plan is that of an apply; held, its moves of label and staged are remembered instead of made.
    label, *others = move.updates
    staged = next((StagedMove(*_texts(one)) for one in others if one.old and one.new), None)
    record = PendingRecord(
        id=secrets.token_hex(4),
        label=move.result.label,
        head=(label.old or b"").decode(),
        stood=(label.old or b"").decode(),
        deadline=Grant(now, seconds),
        actor=request.who.actor,
        message=move.message,
        staged=staged,
        commit=label.new or b"",
    )
    objects = _store(writer, record)
    over = writer.git.snapshot().get(pending_ref(ref))  # its time was over, and nobody has removed it yet
    own = (RefUpdate(pending_ref(ref), over, objects[-1].id),)
    result = replace(move.result, pending=record.id)
    details = {**move.details, "pending": record.id, "seconds": str(seconds)}
    return replace(move, result=result, objects=(*move.objects, *objects), own=own, held=True, details=details)


def _confirm(writer: Writer, moments: Moments, request: WriteRequest, pending: str) -> LabelMove:
    head = head_for(writer.git, request.label)
    Precondition(request.options, head).settle()
    now = moments()
    record = live_pending(writer.git, head.ref, now)
    if record and record.id == pending and record.deadline.left(now) <= _margin(writer):
        raise PendingEnded(pending, TIMEOUT, record.deadline.wall)
    if record is None or record.id != pending:
        ended = find_ending(writer.git, head.ref, pending, now)
        if ended.how != CONFIRM:
            raise PendingEnded(pending, ended.how, ended.at, ended.by)
        return LabelMove(WriteResult(label=head.label, commit=head.commit, previous=head.commit, changed=False))
    staged, objects = _follow(writer, request, record)
    paths = _show_pending(writer, record).paths
    return LabelMove(
        WriteResult(label=head.label, commit=record.commit.decode(), previous=head.commit, changed=True, paths=paths),
        (RefUpdate(head.ref, head.tip, record.commit), *staged),
        objects,
        record.message,
        {"pending": pending},
        former=record.commit,
        own=(RefUpdate(pending_ref(head.ref), record.value, None),),
    )


def _margin(writer: Writer) -> float:
    """Seconds before the deadline that a confirmation must come, so that no other server has judged otherwise."""
    stored = writer.git.stored
    return _SEEN_WITHIN if stored.folder is None and stored.shared_folder is not None else 0.0


def _follow(
    writer: Writer, request: WriteRequest, record: PendingRecord
) -> tuple[tuple[RefUpdate, ...], tuple[RawObject, ...]]:
    """What becomes of the staged branch: what the apply meant where it stands as it stood then.

    Where more was staged meanwhile, the part that was applied becomes its base there too.
    """
    move = record.staged
    refs = writer.git.snapshot()
    tip = refs.get(move.ref.encode()) if move else None
    if move is None or tip is None:
        return (), ()
    if tip == move.old.encode():
        return (RefUpdate(move.ref.encode(), tip, move.new.encode()),), ()
    objects = writer.git.objects
    part = (read_commit(objects, record.commit).parents[1:] or (record.commit,))[0]
    # A branch that was dropped and begun anew does not hold the part: with that as its base it would undo it.
    if part == move.old.encode() or not is_ancestor(Lineage(objects), move.old.encode(), tip):
        return (), ()
    commit = writer.commit(request, tree_of(objects, tip), (tip, part), record.message)
    return (RefUpdate(move.ref.encode(), tip, commit.id),), (commit,)


def _cancel(writer: Writer, moments: Moments, request: WriteRequest, pending: str) -> LabelMove:
    record = _require_live(writer, moments, request.label, pending)
    head = head_for(writer.git, request.label)
    Precondition(request.options, head).settle()
    return LabelMove(
        WriteResult(
            label=head.label,
            commit=head.commit,
            previous=head.commit,
            changed=True,
            paths=_show_pending(writer, record).paths,
        ),
        message=record.message,
        details={"pending": pending},
        own=(RefUpdate(pending_ref(head.ref), record.value, None),),
    )


def _extend(writer: Writer, moments: Moments, request: WriteRequest, pending: str, seconds: int) -> LabelMove:
    record = _require_live(writer, moments, request.label, pending)
    head = head_for(writer.git, request.label)
    Precondition(request.options, head).settle()
    objects = _store(writer, replace(record, deadline=Grant(moments(), seconds)))
    return LabelMove(
        WriteResult(
            label=head.label, commit=record.commit.decode(), previous=head.commit, changed=True, pending=record.id
        ),
        objects=objects,
        message=record.message,
        details={"pending": pending, "seconds": str(seconds)},
        own=(RefUpdate(pending_ref(head.ref), record.value, objects[-1].id),),
    )


def _require_live(writer: Writer, moments: Moments, label: str | None, pending: str) -> PendingRecord:
    ref = head_for(writer.git, label).ref
    record = live_pending(writer.git, ref, moments())
    if record is None or record.id != pending:
        ended = find_ending(writer.git, ref, pending, moments())
        raise PendingEnded(pending, ended.how, ended.at, ended.by)
    return record


def _store(writer: Writer, record: PendingRecord) -> tuple[RawObject, ...]:
    """The objects of a record, which keeps alive what it names."""
    staged = record.staged.new.encode() if record.staged else record.commit
    kept = (record.commit,) if staged == record.commit else (record.commit, staged)
    return make_record(encode_pending(record), kept, writer.now())


def _texts(update: RefUpdate) -> tuple[str, str, str]:
    return update.ref.decode(), (update.old or b"").decode(), (update.new or b"").decode()


def _check_seconds(seconds: int) -> None:
    if not SHORTEST <= seconds <= LONGEST:
        raise InvalidChange(f"is between {SHORTEST} and {LONGEST} seconds", "/confirm_within")


def show_hanging(writer: Writer, label: str | None, now: Moment) -> Hanging:
    """All that hangs on a label now. LabelNotFound."""
    record = live_pending(writer.git, label_ref(writer.git, label), now)
    pending = _show_pending(writer, record) if record else None
    return Hanging(pending, show_pin(writer, label, now), show_freeze(writer, label, now))

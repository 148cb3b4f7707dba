"""Records of the journal as databases keep them: columns for what is asked for, JSON for the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from gitconfig_server.storage.base import KEPT_FOR, REQUEST_KEY, JournalRecord, RefUpdate

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

KEPT_MICROSECONDS = KEPT_FOR // _MICROSECOND


def micros(time: datetime) -> int:
    """Microseconds since 1970; a time without a zone is taken as UTC."""
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _START) // _MICROSECOND


def from_micros(at: int) -> datetime:
    """The time that ``micros`` gave ``at`` for."""
    return _START + at * _MICROSECOND


def request_key(record: JournalRecord) -> str | None:
    """The key of the request that the record answers."""
    return record.details.get(REQUEST_KEY)


def write_line(record: JournalRecord) -> str:
    """A whole record as one line of JSON."""
    at = record.received_at.isoformat(timespec="microseconds") if record.received_at else None
    return json.dumps({"seq": record.seq, "epoch": record.epoch, "received_at": at, **json.loads(encode_body(record))})


def encode_body(record: JournalRecord) -> str:
    """What no column holds."""
    refs = [[_text(one.ref), _id(one.old), _id(one.new)] for one in record.updates]
    content = {
        "reason": record.reason,
        "refs": refs,
        "actor": record.actor,
        "message": record.message,
        "details": dict(record.details),
    }
    return json.dumps(content, separators=(",", ":"))


def decode_record(seq: int, epoch: str, at: int, body: str) -> JournalRecord:
    """The record of these columns."""
    content = json.loads(body)
    updates = tuple(
        RefUpdate(_bytes(ref), old and old.encode(), new and new.encode()) for ref, old, new in content["refs"]
    )
    return JournalRecord(
        updates=updates,
        reason=content["reason"],
        actor=content["actor"],
        message=content["message"],
        details=content["details"],
        seq=seq,
        epoch=epoch,
        received_at=from_micros(at),
    )


def _text(ref: bytes) -> str:
    return ref.decode("utf-8", "surrogateescape")


def _bytes(ref: str) -> bytes:
    return ref.encode("utf-8", "surrogateescape")


def _id(value: bytes | None) -> str | None:
    return None if value is None else value.decode("ascii")

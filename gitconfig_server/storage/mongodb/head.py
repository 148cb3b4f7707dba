"""The one document of a repository that every write replaces: refs, and the newest records of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bson.binary import Binary

from gitconfig_server.errors import UpdateRefused
from gitconfig_server.storage.base import JournalRecord
from gitconfig_server.storage.records import decode_record, encode_body, micros, request_key
from gitconfig_server.storage.rows.database import Look, Point
from gitconfig_server.storage.rows.sql import request_name

HeadDocument = dict[str, Any]

_MOST_REFS = 5000
"""A write costs what the document weighs."""
TAIL = 32
"""Records that the document holds; the writer who would add one more moves them to the journal first."""
_RECORD_BYTES = 256 * 1024
"""As many as let a whole tail lie in one document of 16 MiB, beside the refs."""


def tail_record(record: JournalRecord, token: str) -> HeadDocument:
    """A record as the tail holds it. UpdateRefused where it is too large for that."""
    stored = stored_record(record, token)
    if len(stored["body"]) > _RECORD_BYTES:
        told = f"{len(stored['body']):,} bytes of what {len(record.updates):,} refs move to, message and details"
        way = "move fewer refs at once, or say less"
        raise UpdateRefused(b"", "too-much-at-once", f"{told}: MongoDB takes {_RECORD_BYTES:,} a write: {way}")
    return stored


def stored_record(record: JournalRecord, token: str) -> HeadDocument:
    """A record as the tail and the journal hold it."""
    body = encode_body(record)
    asked = request_key(record)
    return {
        "seq": record.seq,
        "epoch": record.epoch,
        "at": micros(record.received_at) if record.received_at else 0,
        "token": token,
        "body": body,
        "refs": [Binary(update.ref) for update in record.updates],
        "name": None if asked is None else Binary(request_name(record.actor, asked)),
    }


def read_record(stored: Mapping[str, Any]) -> JournalRecord:
    """The record that was stored."""
    return decode_record(stored["seq"], stored["epoch"], stored["at"], stored["body"])


def read_refs(document: Mapping[str, Any]) -> dict[bytes, bytes]:
    """The refs that a whole document holds."""
    return {bytes(ref): bytes(value).hex().encode() for ref, value in document["refs"]}


def stored_refs(refs: Mapping[bytes, bytes]) -> list[list[Binary]]:
    """Refs as the document holds them: their names may hold what no name of a field may."""
    if len(refs) > _MOST_REFS:
        way = "delete some labels, or migrate to another storage"
        told = f"{len(refs):,} refs: MongoDB holds {_MOST_REFS:,} a repository: {way}"
        raise UpdateRefused(b"", "too-many-refs", told)
    return [[Binary(ref), Binary(bytes.fromhex(value.decode()))] for ref, value in sorted(refs.items())]


def read_look(document: Mapping[str, Any], since: Point) -> Look:
    """What a document says beyond ``since``; without refs and tail nothing has changed since then."""
    point = Point(document["era"], document["changes"], document["seq"], document["token"])
    common = (document["epoch"], bytes(document["head"]), document["last_at"], document["now"], document["packs"])
    if "refs" not in document:
        return Look(point, *common)
    tail: Sequence[Mapping[str, Any]] = document["tail"]
    lost = since.changes >= 0 and _is_lost(point, tail, since)
    first = tail[0]["seq"] if tail else point.seq + 1
    if lost or since.changes < 0 or since.seq + 1 < first:
        return Look(point, *common, refs=read_refs(document), lost=lost)
    return Look(point, *common, records=[read_record(one) for one in tail if one["seq"] > since.seq])


def _is_lost(point: Point, tail: Iterable[Mapping[str, Any]], since: Point) -> bool:
    if point.era != since.era or point.changes < since.changes or point.seq < since.seq:
        return True
    token = next((one["token"] for one in tail if one["seq"] == since.seq), since.token)
    return since.seq > 0 and token != since.token

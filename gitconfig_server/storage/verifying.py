"""Whether a repository is sound: what its refs and journal name is there, and is what its name says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from gitconfig_server.storage.base import JournalRecord, Snapshot, StoredRepository
from gitconfig_server.storage.moving import refs_after
from gitconfig_server.storage.object_store import object_id
from gitconfig_server.storage.objects import COMMIT, TAG, TREE
from gitconfig_server.storage.ref_rules import move_refs
from gitconfig_server.storage.walking import entries_in

_BATCH = 500
_MOST = 100
"""Faults that are told."""


def verify(stored: StoredRepository) -> list[str]:
    """What is wrong with it, in a line each; nothing is changed."""
    return list(islice(_faults(stored), _MOST))


def _faults(stored: StoredRepository) -> Iterator[str]:
    last = next(stored.journal(newest_first=True, limit=1), None)
    refs = stored.snapshot(fresh=True)
    records = list(stored.journal())
    for expected, record in enumerate(records, 1):
        if record.seq != expected:
            yield f"journal: record {expected} is missing, {record.seq} stands in its place"
            break
    if records and not _leads_to(records, refs, last.seq if last else 0):
        yield "journal: it does not lead to where the refs are"
    yield from find_unsound(stored, set(refs.values()))


def _leads_to(records: Sequence[JournalRecord], refs: Snapshot, since: int) -> bool:
    """Whether the refs stood so after record ``since`` or a later one: others may write while we look."""
    found = refs_after(record for record in records if record.seq <= since)
    if found == refs:
        return True
    for record in records:
        if record.seq > since:
            move_refs(found, record.updates)
            if found == refs:
                return True
    return False


def find_unsound(stored: StoredRepository, level: set[bytes]) -> Iterator[str]:
    """Everything that is reached from ``level``, a level of names at a time."""
    seen = set(level)
    while level:
        found: set[bytes] = set()
        for batch in _batches(level):
            there = stored.objects.contains_many(batch)
            yield from (f"object {name.decode()} is missing" for name in batch if name not in there)
            for name, kind, raw in stored.objects.get_many_raw([one for one in batch if one in there]):
                if object_id(kind, raw) != name:
                    yield f"object {name.decode()} is damaged"
                else:
                    found.update(_named_in(kind, raw))
        level = found - seen
        seen |= level


def _named_in(kind: int, raw: bytes) -> Iterator[bytes]:
    if kind == COMMIT:
        for line in raw.partition(b"\n\n")[0].split(b"\n"):
            if line.startswith((b"tree ", b"parent ")):
                yield line.partition(b" ")[2]
    elif kind == TAG:
        yield raw[7:47]
    elif kind == TREE:
        yield from entries_in(raw)


def _batches(names: set[bytes]) -> Iterator[list[bytes]]:
    remaining = iter(sorted(names))
    while batch := list(islice(remaining, _BATCH)):
        yield batch

"""Moves of refs that others made, as records for the journal: each move of stock Git once, as its reflog tells."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from gitconfig_server.storage import reflog
from gitconfig_server.storage.ancestry import is_ancestor
from gitconfig_server.storage.base import JournalRecord, Objects, RefUpdate
from gitconfig_server.storage.journal_format import Entry
from gitconfig_server.storage.journal_state import JournalState


def first_sight(root: str, values: Mapping[bytes, bytes]) -> list[Entry]:
    """The record with which the journal of a repository begins that has lived without one."""
    if not values:
        return []
    updates = tuple(RefUpdate(ref, None, value) for ref, value in sorted(values.items()))
    logs = {ref: size for ref in values if (size := reflog.size(_log(root, ref)))}
    return [Entry(JournalRecord(updates, "init"), logs)]


def moves_by_others(
    root: str, objects: Objects, state: JournalState, values: Mapping[bytes, bytes], touched: set[bytes]
) -> list[Entry]:
    """What leads from the journal's state to ``values``, and the moves there and back of refs that were ``touched``."""
    changed = set()
    if values != state.refs:
        changed = {ref for ref in values if state.refs.get(ref) != values[ref]}
        changed |= state.refs.keys() - values.keys()
    entries: list[Entry] = []
    for ref in sorted(changed | touched):
        entries += _moves(root, objects, state, ref, values.get(ref))
    return entries


def _moves(root: str, objects: Objects, state: JournalState, ref: bytes, current: bytes | None) -> Iterator[Entry]:
    known, read = state.refs.get(ref), state.logs.get(ref, 0)
    path = _log(root, ref)
    if known == current and reflog.size(path) <= read:
        return
    logged = reflog.moves_between(path, read, known, current)
    for move in logged:
        update = RefUpdate(ref, move.old, move.new)
        yield _entry(objects, update, {ref: move.end}, move.actor, move.message)
    if not logged and known != current:
        # nobody wrote down how it got there
        yield _entry(objects, RefUpdate(ref, known, current), {ref: reflog.size(path)})


def _entry(objects: Objects, update: RefUpdate, logs: Mapping[bytes, int], actor: str = "", message: str = "") -> Entry:
    forward = update.old is None or (update.new is not None and is_ancestor(objects, update.old, update.new))
    reason = "external" if forward else "external-forced"
    return Entry(JournalRecord((update,), reason, actor, message), logs)


def _log(root: str, ref: bytes) -> str:
    return f"{root}/logs/{os.fsdecode(ref)}"

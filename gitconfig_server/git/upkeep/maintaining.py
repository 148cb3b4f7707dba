"""Maintenance: by one process at a time, beside readers and writers."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from gitconfig_server.git.serving.pack_copy import write_pack
from gitconfig_server.git.upkeep.reachable import ReachableObjects
from gitconfig_server.storage.base import Lease, StoredRepository
from gitconfig_server.storage.upkeep import LEASE, Due, Upkeep

CONDEMNED_FOR = timedelta(hours=1)
"""How long garbage is kept at least once it is known to be some; never less than twice what a write may take."""


class Report(Struct, frozen=True):
    """What was done, in objects but for ``refs``; not ``held``: another process does it now."""

    held: bool = True
    folded: int = 0
    condemned: int = 0
    removed: int = 0
    refs: int = 0


def maintain(stored: StoredRepository, *, whole: bool, condemned_for: timedelta = CONDEMNED_FOR) -> Report:
    """Fold what is stored one by one into a pack, and see to garbage; with ``whole`` make one pack of all.

    CorruptRepository where something that refs lead to is missing: then nothing is touched.
    """
    upkeep = stored.upkeep
    if upkeep is None or not stored.writable:
        return Report()
    with stored.lease(LEASE) as lease:
        if lease is None:
            return Report(held=False)
        refs = upkeep.pack_refs()
        reachable = ReachableObjects(stored).refresh()
        folded = _fold(stored, upkeep, reachable, lease, Due.ALL if whole else upkeep.due())
        if not lease.is_held():
            return Report(folded=folded, refs=refs)
        if folded:
            _note_heads(stored, reachable)
        removed = upkeep.sweep(reachable.refresh, condemned_for)
        return Report(folded=folded, condemned=upkeep.condemn(reachable), removed=removed, refs=refs)


def _note_heads(stored: StoredRepository, reachable: ReachableObjects) -> None:
    """Where one pack holds all and nothing else: the next whole clone need not walk through all of it to know."""
    everything, heads = set(reachable), reachable.heads
    whole = stored.objects.whole_pack(everything) if heads else None
    if whole and whole.count == len(everything):
        stored.note_heads(whole, heads, reachable.tags)


def _fold(stored: StoredRepository, upkeep: Upkeep, reachable: ReachableObjects, lease: Lease, due: Due) -> int:
    if due is Due.NOTHING:
        return 0
    found = upkeep.foldable(due)
    ids = [name for name in reachable if name in found.singles or name in found.packed]
    if len(found.packs) < 2 and not any(name not in found.packed for name in ids):
        return 0  # they lie in one pack already
    with stored.scratch() as folder:
        pack = write_pack(folder, stored.objects, ids)
        if lease.is_held():
            upkeep.fold(pack, found.packs)
    return len(ids)

"""How the storage is: for ``/ready``, ``/metrics`` and ``doctor``."""

from __future__ import annotations

from collections.abc import Iterator

from gitconfig_server.model.reads import Readiness
from gitconfig_server.storage.base import FRESH_SECONDS, StoredRepository
from gitconfig_server.storage.verifying import verify

_TOLERATED = 5.0
"""Seconds that clocks of different machines may differ by without anybody being told."""


def clock_ahead(stored: StoredRepository) -> float:
    """Seconds by which the journal's last record lies in the future: a clock ran ahead once, and all later records
    bear that time until it is over. 0 where none does.
    """
    last = next(stored.journal(newest_first=True, limit=1), None)
    if last is None or last.received_at is None:
        return 0.0
    return max(0.0, (last.received_at - stored.now()).total_seconds())


def stale_age(stored: StoredRepository) -> str | None:
    """Whole seconds since what is shown was known to be all there is; None while that is no older than it may be."""
    age = stored.age()
    return str(int(age)) if age > FRESH_SECONDS else None


def storage_readiness(stored: StoredRepository) -> Readiness:
    """Not ready where the journal is damaged: writes go on, but the next start would not."""
    details: dict[str, object] = {}
    damage = stored.damage()
    if damage:
        reason = f"{damage}: run gitconfig-server doctor --repair"
        return Readiness(False, reason, {"journal": {"damage": damage}})
    age = stored.age()
    if age:
        details["storage"] = {"seen": round(age, 3)}
    if age > FRESH_SECONDS:  # what is known is shown, and the journal cannot be asked now
        return Readiness(True, "", details)
    ahead = clock_ahead(stored)
    if ahead > _TOLERATED:
        details["journal"] = {"clock_ahead": round(ahead)}
    return Readiness(True, "", details)


def diagnose(stored: StoredRepository) -> Iterator[str]:
    """What is wrong with a repository and its storage, each with the way out."""
    damage = stored.damage()
    if damage:
        yield f"{damage}: run gitconfig-server doctor --repair, which keeps the records that can be read"
        return
    ahead = clock_ahead(stored)
    if ahead > _TOLERATED:
        yield f"the journal's time is {round(ahead)} s in the future: set the clock that ran ahead; it ends by itself"
    if not stored.writable:
        yield f"{stored.name} cannot be written: check its owner, mode and mount"
    yield from stored.notices()
    yield from verify(stored)

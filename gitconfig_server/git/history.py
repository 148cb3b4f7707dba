"""What was in force: the tips a ref had, by the journal; before its first record, first parents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from msgspec import Struct

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.graph import first_parents, new_commits
from gitconfig_server.git.objects.commits import peel
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.base import JournalRecord


class Tip(Struct, frozen=True):
    """A commit a ref pointed at. ``record`` is None for what came before the journal; ``previous`` is the tip before.

    A deletion of the ref shows only as a gap: the tip after it has no ``previous``.
    """

    commit: bytes
    record: JournalRecord | None
    previous: bytes | None


def tips(repository: GitRepository, ref: bytes, after: int | bytes | None = None) -> Iterator[Tip]:
    """The tips of a ref, newest first. A ref's journal begins with ``init`` where it is older than the journal.

    ``after``: go on after the tip of this record, or, of what came before the journal, of this commit. What is newer is
    not looked at.
    """
    if isinstance(after, bytes):
        yield from _first_parents(repository, after, 1)
        return
    first = None
    records = repository.moves(ref, newest_first=True, before=after)
    for record in chain(records, repository.moves(ref, limit=1)):
        if record.seq == (first and first.seq):
            break
        first, update = record, next(one for one in record.updates if one.ref == ref)
        if after is not None and record.seq >= after:
            continue  # the oldest one was the last that is known
        commit = peel(repository.objects, update.new) if update.new else None
        if commit is None and update.new and update.new == repository.snapshot().get(ref):
            _check_stored(repository, ref, update.new)
        if commit:
            yield Tip(commit, record, _commit(repository, update.old) or _earlier(repository, record, commit))
    if first is None:  # nobody could begin a journal: the folder is read-only
        yield from _first_parents(repository, repository.snapshot().get(ref), 0)
    elif first.reason == "init":
        yield from _first_parents(repository, next(one.new for one in first.updates if one.ref == ref), 1)


def arrivals(repository: GitRepository, ref: bytes, tip: Tip, limit: int) -> tuple[list[bytes], bool]:
    """The commits that came in beneath a tip, newest first, and whether there were more than ``limit``."""
    if tip.record is None or tip.record.reason == "init":
        return [], False
    known = [tip.previous] if tip.previous else _tips_before(repository, tip.record.seq)
    came = [one for one in new_commits(repository.objects, [tip.commit], known) if one != tip.commit]
    return came[:limit], len(came) > limit


def _first_parents(repository: GitRepository, value: bytes | None, skip: int) -> Iterator[Tip]:
    start = _commit(repository, value)
    if start is None:
        return
    older = islice(first_parents(repository.objects, start), skip, None)
    current = next(older, None)
    while current:
        parent = next(older, None)
        yield Tip(current, None, parent)
        current = parent


def _earlier(repository: GitRepository, record: JournalRecord, commit: bytes) -> bytes | None:
    """The tip before an ``init`` record: its first parent."""
    if record.reason != "init":
        return None
    return next(islice(first_parents(repository.objects, commit), 1, None), None)


def _tips_before(repository: GitRepository, seq: int) -> list[bytes]:
    """What every ref held just before ``seq``."""
    held: dict[bytes, bytes | None] = {}
    for record in repository.stored.journal(before=seq):
        held.update((update.ref, update.new) for update in record.updates)
    return [commit for value in held.values() if (commit := _commit(repository, value))]


def _check_stored(repository: GitRepository, ref: bytes, tip: bytes) -> None:
    """CorruptRepository where a present tip is missing; older ones somebody may have pruned."""
    if not repository.objects.contains_many([tip]):
        raise CorruptRepository(f"{ref.decode(errors='replace')} is at {tip.decode()}, which is missing: run git fsck")


def _commit(repository: GitRepository, value: bytes | None) -> bytes | None:
    return peel(repository.objects, value) if value else None

"""A repository copied from one storage to another: objects, journal with its times and epochs, refs, HEAD."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from gitconfig_server.errors import NotARepository, RepositoryExists, StorageError
from gitconfig_server.storage.base import JournalRecord, Storage, StoredRepository
from gitconfig_server.storage.moving import refs_after
from gitconfig_server.storage.objects import RawObject
from gitconfig_server.storage.verifying import find_unsound

_BATCH = 500

_Progress = Callable[[int, int], None]
"""Told how many objects are done, of how many."""


def copy_repository(source: StoredRepository, storage: Storage, name: str, progress: _Progress) -> StoredRepository:
    """Copy ``source`` into a new repository of ``storage``; it may be served and written to meanwhile.

    What is written after the journal has been read is not part of the copy. A copy that was broken off is gone on
    with; it is no repository before all that its refs lead to has been read there. RepositoryExists where the target
    holds anything of its own.
    """
    records = list(source.journal())  # before the objects: whatever it names is there
    refs = refs_after(records)
    if not records:  # a folder that nobody could write a journal into
        raise StorageError(f"{source.name} has no journal: serve it once where it can be written")
    head = (source.head() or b"refs/heads/main").removeprefix(b"refs/heads/").decode()
    target = _target(storage, name, head, records)
    _copy_objects(source, target, progress)
    fault = next(find_unsound(target, set(refs.values())), None)
    if fault:
        raise StorageError(f"{fault} in the copy, and refs lead to it: run fsck on {source.name}")
    target.adopt(records)
    if target.snapshot(fresh=True) != refs:
        raise StorageError(f"the refs of {target.name} are not those of {source.name}: the copy is not sound")
    return target


def _target(storage: Storage, name: str, head: str, records: Sequence[JournalRecord]) -> StoredRepository:
    try:
        target = storage.open(name)
    except NotARepository:
        return storage.create(name, head)
    held = list(target.journal())
    if held and held == records[: len(held)]:
        told = f"{len(held)} of {len(records)} records, and all that they lead to"
        raise RepositoryExists(f"{name} is not empty: a copy is there already, with {told}")
    if held or target.snapshot(fresh=True):
        raise RepositoryExists(f"{name} is not empty: copy into a new one")
    return target


def _copy_objects(source: StoredRepository, target: StoredRepository, progress: _Progress) -> None:
    ids = sorted(source.objects)
    done = 0
    for batch in _batches(ids):
        there = target.objects.contains_many(batch)
        new = [one for one in batch if one not in there]
        target.objects.put(RawObject(*found) for found in source.objects.get_many_raw(new))
        done += len(batch)
        progress(done, len(ids))


def _batches(ids: Iterable[bytes]) -> Iterator[list[bytes]]:
    remaining = iter(ids)
    while batch := list(islice(remaining, _BATCH)):
        yield batch

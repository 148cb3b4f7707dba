"""What every storage must do for two who opened the same repository independently, as two servers do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import pairwise
from threading import Thread
from typing import TypeVar

from gitconfig_server.errors import AlreadyRecorded, RefChanged, StorageError, StorageStale, UpdateRefused
from gitconfig_server.storage.base import REQUEST_KEY, JournalRecord, RefUpdate, StoredRepository
from gitconfig_server.storage.conformance.objects import ABSENT, MAIN, Make, commit, refused
from gitconfig_server.storage.conformance.repositories import OTHER, move, save
from gitconfig_server.storage.verifying import verify

_Found = TypeVar("_Found")

SOON = 60.0
"""Seconds within which whatever happens by itself must have happened."""


@contextmanager
def two(make: Make) -> Iterator[tuple[StoredRepository, StoredRepository]]:
    """Two ways to one new repository."""
    storage = make()
    first = storage.create("one")
    beside = make.again(storage)
    try:
        yield first, beside.open("one")
    finally:
        beside.close()


def _at_once(*actions: Callable[[], _Found]) -> list[_Found | Exception]:
    """What the actions, each in a thread of its own, return or raise."""
    with ThreadPoolExecutor(len(actions)) as pool:
        running = [pool.submit(action) for action in actions]
        return [one.exception() or one.result() for one in running]  # type: ignore[misc]


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something that happens by itself has happened."""
    deadline = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def generation(repository: StoredRepository) -> int:
    """The generation; where it may be old, the storage is asked first, as a reader would."""
    with suppress(StorageStale):
        return repository.generation()
    repository.snapshot(fresh=True)
    return repository.generation()


def check_others_see_what_was_written(make: Make) -> None:
    """Refs, objects, HEAD and the journal, at once where asked afresh."""
    with two(make) as (one, other):
        assert dict(other.snapshot()) == {}
        name = save(one, MAIN, 1)
        assert dict(other.snapshot(fresh=True)) == {MAIN: name}
        assert other.objects.contains_many([name]) == {name}
        assert [entry.seq for entry in other.journal()] == [1]
        one.set_head(OTHER)
        other.snapshot(fresh=True)
        assert other.head() == OTHER
        second = save(other, MAIN, 2, name)
        assert dict(one.snapshot(fresh=True)) == {MAIN: second}


def check_others_notice_by_themselves(make: Make) -> None:
    """The generation of one who only reads differs soon, and who waits is woken."""
    with two(make) as (one, other):
        before = generation(other)
        name = save(one, MAIN, 1)
        eventually(lambda: generation(other) != before)
        eventually(lambda: dict(other.snapshot()) == {MAIN: name})
        before = generation(other)
        mover = Thread(target=save, args=(one, MAIN, 2, name))
        mover.start()
        assert other.wait(before, SOON) != before
        mover.join()


def check_one_creates_a_ref(make: Make) -> None:
    """Of several who create one ref, one does."""
    with two(make) as pair:
        done = _at_once(*(partial(save, pair[number % 2], MAIN, number + 1) for number in range(8)))
        names = [one for one in done if isinstance(one, bytes)]
        assert len(names) == 1
        assert all(isinstance(one, RefChanged) for one in done if one not in names)
        assert [dict(one.snapshot(fresh=True)) for one in pair] == [{MAIN: names[0]}] * 2


def check_one_name_stands_in_the_others_way(make: Make) -> None:
    """Of ``a`` and ``a/b``, made at once, one is made."""
    with two(make) as pair:
        name = save(pair[0], MAIN, 1)
        for number in range(4):
            flat = b"refs/heads/a%d" % number
            done = _at_once(
                partial(move, pair[0], RefUpdate(flat, None, name)),
                partial(move, pair[1], RefUpdate(flat + b"/b", None, name)),
            )
            assert sum(isinstance(one, JournalRecord) for one in done) == 1
            assert sum(isinstance(one, UpdateRefused) for one in done) == 1


def check_writers_on_both_sides(make: Make) -> None:
    """Nothing is lost, the journal is one chain without gaps, and its time never runs backwards."""
    with two(make) as pair:
        each = 6

        def add(worker: int) -> None:
            repository = pair[worker % 2]
            for count in range(each):
                with repository.turn() as turn:
                    while True:
                        number = worker * each + count + 1
                        name, objects = commit(number, repository.snapshot().get(MAIN))
                        updates = (RefUpdate(MAIN, repository.snapshot().get(MAIN), name),)
                        with suppress(RefChanged):
                            turn.update_refs(updates, objects=objects, record=JournalRecord(updates, "save"))
                            break

        assert _at_once(*(partial(add, worker) for worker in range(6))) == [None] * 6
        records = list(pair[0].journal())
        assert [record.seq for record in records] == list(range(1, 6 * each + 1))
        assert all(after.updates[0].old == before.updates[0].new for before, after in pairwise(records))
        times = [record.received_at for record in records if record.received_at]
        assert times == sorted(times)


def check_a_request_is_carried_out_once(make: Make) -> None:
    """Whoever comes with a key that its actor used is told the record, on both sides, and nothing moves."""
    with two(make) as (one, other):
        name, objects = commit(1)
        updates = (RefUpdate(MAIN, None, name),)
        record = JournalRecord(updates, "save", "ann", details={REQUEST_KEY: "key"})
        assert one.recorded("ann", "key") is None
        one.update_refs(updates, objects=objects, record=record)
        again = JournalRecord((), "save", "ann", details={REQUEST_KEY: "key"})
        for repository in (other, one):
            assert refused(AlreadyRecorded, lambda: repository.update_refs((), record=again)).seq == 1  # noqa: B023
            found = repository.recorded("ann", "key")
            assert found
            assert (found.seq, found.updates) == (1, updates)
            assert repository.recorded("bob", "key") is None
        assert [entry.seq for entry in other.journal()] == [1]
        stamped = other.update_refs((), record=JournalRecord((), "save", "bob", details={REQUEST_KEY: "key"}))
        assert (stamped.seq, dict(one.snapshot(fresh=True))) == (2, {MAIN: name})


def check_a_request_that_comes_twice_at_once(make: Make) -> None:
    """One of several with the same key is carried out, the others are told."""
    with two(make) as pair:
        record = JournalRecord((), "save", "ann", details={REQUEST_KEY: "key"})
        done = _at_once(*(partial(pair[number % 2].update_refs, (), record=record) for number in range(6)))
        assert sum(isinstance(one, JournalRecord) for one in done) == 1
        assert sum(isinstance(one, AlreadyRecorded) for one in done) == 5


def check_iterators_left_half_way(make: Make) -> None:
    """Whoever reads journal, commits or objects and goes away disturbs nobody, not even who closes."""
    with two(make) as (one, other):
        name = save(one, MAIN, 1)
        for number in range(2, 7):
            name = save(one, MAIN, number, name)
        reading: list[Iterator[object]] = []
        for repository in (one, other):
            reading += [iter(repository.journal()) for _ in range(50)]
            reading += [iter(repository.journal(newest_first=True, ref=MAIN)) for _ in range(5)]
            reading += [
                iter(repository.commits([name])),
                iter(repository.objects),
                repository.objects.iter_prefix(name[:4]),
            ]
            reading += [
                iter(repository.objects.get_many_raw([name, name])),
                iter(repository.objects.get_many_z([name])),
            ]
        assert all(next(journal) for journal in reading)
        save(other, OTHER, 9)
        one.set_head(OTHER)
        assert len(list(one.journal())) == 7
        del reading[::2]
        save(one, OTHER, 10, other.snapshot()[OTHER])
        assert len(list(other.journal())) == 8


def check_times_in_the_journal(make: Make) -> None:
    """What a ref was last moved by at a time; the storage's clock is that of its journal."""
    with two(make) as (one, other):
        name = save(one, MAIN, 1)
        save(one, OTHER, 2)
        save(one, MAIN, 3, name)
        first, _, third = one.journal()
        assert first.received_at
        assert third.received_at
        assert other.journal_at(MAIN, first.received_at - timedelta(microseconds=1)) is None
        for at in (third.received_at, third.received_at + timedelta(days=1)):
            found = other.journal_at(MAIN, at)
            assert found
            assert found.seq == 3
        if first.received_at < third.received_at:
            found = other.journal_at(MAIN, third.received_at - timedelta(microseconds=1))
            assert found
            assert found.seq == 1
        assert abs(one.now() - third.received_at) < timedelta(minutes=5)


def check_commits(make: Make) -> None:
    """A walk gives each commit once, stops where it is told to, and knows trees, parents and times."""
    with two(make) as (one, other):
        names: list[bytes] = []
        for number in range(1, 8):
            names.append(save(one, MAIN, number, names[-1] if names else None))
        found = list(other.commits([names[-1]]))
        assert [facts.id for facts in found] == names[::-1]
        assert [facts.parents for facts in found] == [(name,) for name in names[-2::-1]] + [()]
        assert found[0].time == 1_700_000_007
        assert other.objects.get_raw(found[0].tree)[0] == 2
        assert [facts.id for facts in one.commits([names[-1], names[4]], [names[2]])] == [
            names[6],
            names[4],
            names[5],
            names[3],
        ]
        assert [facts.id for facts in one.commits([names[-1]], limit=2)] == [names[6], names[5]]
        assert list(one.commits([names[0]], [names[0]])) == []
        refused(KeyError, lambda: list(one.commits([ABSENT])))
        refused(KeyError, lambda: list(one.commits([found[0].tree])))


def check_leases(make: Make) -> None:
    """One holder at a time, on whichever side; free again when the holder leaves."""
    with two(make) as (one, other):
        for first, second in ((one, other), (other, one)):
            with first.lease("task") as held:
                assert held
                assert held.is_held()
                with second.lease("task") as too, first.lease("task") as again, second.lease("else") as another:
                    assert too is None
                    assert again is None
                    assert another


def check_adopting(make: Make) -> None:
    """A journal goes over with its times; into an empty one alone; and is gone on with."""
    with two(make) as (one, other):
        name = save(one, MAIN, 1)
        save(one, OTHER, 2)
        record = JournalRecord((), "save", "ann", details={REQUEST_KEY: "key"})
        one.update_refs((), record=record)
        target = make().create("copy")
        target.objects.put(commit(1)[1] + commit(2)[1])
        target.adopt(list(other.journal()))
        assert dict(target.snapshot()) == dict(one.snapshot())
        assert list(target.journal()) == list(one.journal())
        found = target.recorded("ann", "key")
        assert found
        assert found.seq == 3
        save(target, MAIN, 3, name)
        assert [entry.seq for entry in target.journal(ref=MAIN)] == [1, 4]
        refused(StorageError, target.adopt, list(other.journal()))
        assert verify(target) == []


HANDLE_CHECKS: tuple[Callable[[Make], None], ...] = (
    check_others_see_what_was_written,
    check_others_notice_by_themselves,
    check_one_creates_a_ref,
    check_one_name_stands_in_the_others_way,
    check_writers_on_both_sides,
    check_a_request_is_carried_out_once,
    check_a_request_that_comes_twice_at_once,
    check_iterators_left_half_way,
    check_times_in_the_journal,
    check_commits,
    check_leases,
    check_adopting,
)

"""What every storage must pass: ``CHECKS`` are functions of a factory of empty storages.

A new storage of ours adds itself to ``KINDS`` of ``tests/support/storages.py``, and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from gitconfig_server.errors import InvalidName, NotARepository, RefChanged, RepositoryExists, UpdateRefused
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import JournalRecord, RefUpdate, StoredRepository, Turn
from gitconfig_server.storage.conformance.objects import ABSENT, MAIN, Make, commit, record, refused

OTHER = b"refs/heads/other"


def save(repository: Turn, ref: bytes, number: int, old: bytes | None = None) -> bytes:
    """One commit on ``ref``: its id."""
    name, objects = commit(number, old)
    updates = [RefUpdate(ref, old, name)]
    repository.update_refs(updates, objects=objects, record=record(updates))
    return name


def move(repository: StoredRepository, *updates: RefUpdate) -> JournalRecord:
    """Move refs."""
    return repository.update_refs(updates, record=record(updates))


def check_create_open_drop(make: Make) -> None:
    """Names, and the errors where they are taken, unknown or no names."""
    storage = make()
    refused(NotARepository, storage.open, "one")
    repository = storage.create("one", default_branch="trunk")
    assert (repository.name, repository.writable, repository.head()) == ("one", True, b"refs/heads/trunk")
    assert (dict(repository.snapshot()), list(repository.journal())) == ({}, [])
    refused(RepositoryExists, storage.create, "one")
    refused(InvalidName, storage.create, "../two")
    refused(InvalidName, storage.create, "two", "a..b")
    refused(InvalidName, repository.set_head, b"refs/heads/a..b")
    storage.create("two")
    assert storage.names() == ["one", "two"]
    storage.drop("one")
    assert storage.names() == ["two"]
    refused(NotARepository, storage.open, "one")


def check_reopening(make: Make) -> None:
    """What was written is there for who opens later."""
    storage = make()
    first = storage.create("one")
    name = save(first, MAIN, 1)
    first.close()
    second = storage.open("one")
    assert dict(second.snapshot()) == {MAIN: name}
    assert [entry.reason for entry in second.journal()] == ["save"]


def check_compare_and_swap(make: Make) -> None:
    """A wrong old value names the ref, what was expected and what is there; nothing moved."""
    repository = make().create("one")
    first = save(repository, MAIN, 1)
    error = refused(RefChanged, save, repository, MAIN, 2)
    assert (error.ref, error.expected, error.actual) == (MAIN, None, first)
    refused(RefChanged, move, repository, RefUpdate(MAIN, ABSENT, first))
    refused(RefChanged, move, repository, RefUpdate(OTHER, first, None))
    assert dict(repository.snapshot()) == {MAIN: first}
    move(repository, RefUpdate(MAIN, first, None))
    assert dict(repository.snapshot()) == {}


def check_all_or_nothing(make: Make) -> None:
    """One wrong value among several moves none, whatever its place."""
    repository = make().create("one")
    first = save(repository, MAIN, 1)
    good = RefUpdate(OTHER, None, first)
    bad = RefUpdate(MAIN, None, first)
    refused(RefChanged, move, repository, good, bad)
    refused(RefChanged, move, repository, bad, good)
    assert dict(repository.snapshot()) == {MAIN: first}
    second = save(repository, b"refs/heads/gone", 2)
    move(repository, RefUpdate(MAIN, first, second), good, RefUpdate(b"refs/heads/gone", second, None))
    assert dict(repository.snapshot()) == {MAIN: second, OTHER: first}


def check_snapshots_do_not_change(make: Make) -> None:
    """A snapshot stays what it was."""
    repository = make().create("one")
    before = repository.snapshot()
    save(repository, MAIN, 1)
    assert dict(before) == {}


def check_names_in_each_others_way(make: Make) -> None:
    """``a`` and ``a/b`` cannot both be; a branch that goes makes room for one in the same transaction."""
    repository = make().create("one")
    deep, flat = b"refs/heads/a/b", b"refs/heads/a"
    name = save(repository, deep, 1)
    for updates in (
        [RefUpdate(flat, None, name)],
        [RefUpdate(b"refs/heads/a/b/c", None, name)],
        [RefUpdate(b"refs/heads/x", None, name), RefUpdate(b"refs/heads/x/y", None, name)],
    ):
        assert refused(UpdateRefused, move, repository, *updates).rule == "name-conflict"
    move(repository, RefUpdate(deep, name, None))
    move(repository, RefUpdate(flat, None, name))
    move(repository, RefUpdate(flat, name, None))
    move(repository, RefUpdate(deep, None, name))
    assert dict(repository.snapshot()) == {deep: name}
    for _ in range(2):
        move(repository, RefUpdate(deep, name, None), RefUpdate(flat, None, name))
        assert dict(repository.snapshot(fresh=True)) == {flat: name}
        move(repository, RefUpdate(b"refs/heads/a/x/y", None, name), RefUpdate(flat, name, None))
        move(repository, RefUpdate(b"refs/heads/a/x/y", name, None), RefUpdate(deep, None, name))
        assert dict(repository.snapshot(fresh=True)) == {deep: name}


def check_ref_names(make: Make) -> None:
    """What Git would not take, or what lies outside ``refs/``, is no name."""
    repository = make().create("one")
    name = save(repository, MAIN, 1)
    for bad in (b"HEAD", b"refs/../x", b"refs/heads/a.lock", b"refs/heads/a b", b"refs/heads/", b"refs/bisect/a"):
        refused(InvalidName, move, repository, RefUpdate(bad, None, name))
    strange = "refs/heads/grün/\N{SNOWMAN}".encode() + b"\xff"
    move(repository, RefUpdate(strange, None, name))
    assert repository.snapshot()[strange] == name
    assert [entry.seq for entry in repository.journal(ref=strange)] == [2]


def check_journal(make: Make) -> None:
    """Numbered without gaps, dated, one epoch; filtered by seq and by ref."""
    repository = make().create("one")
    for number in range(1, 9):
        ref = MAIN if number % 2 else OTHER
        save(repository, ref, number, repository.snapshot().get(ref))
    records = list(repository.journal())
    assert [entry.seq for entry in records] == list(range(1, 9))
    assert len({entry.epoch for entry in records}) == 1
    times = [entry.received_at for entry in records if entry.received_at is not None]
    assert times == sorted(times)
    assert len(times) == 8
    assert [entry.seq for entry in repository.journal(after=5)] == [6, 7, 8]
    assert [entry.seq for entry in repository.journal(after=3, ref=OTHER)] == [4, 6, 8]
    assert list(repository.journal(after=8)) == []
    assert [entry.seq for entry in repository.journal(before=4)] == [1, 2, 3]
    assert [entry.seq for entry in repository.journal(newest_first=True, limit=3)] == [8, 7, 6]
    assert [entry.seq for entry in repository.journal(newest_first=True, before=6, after=2)] == [5, 4, 3]
    assert [entry.seq for entry in repository.journal(ref=MAIN, newest_first=True, before=7)] == [5, 3, 1]
    assert [entry.seq for entry in repository.journal(ref=MAIN, limit=2)] == [1, 3]
    assert list(repository.journal(ref=b"refs/heads/unknown")) == []
    assert list(repository.journal(before=1)) == []


def check_records_come_back(make: Make) -> None:
    """Everything a caller wrote into a record is read from it."""
    repository = make().create("one")
    name, objects = commit(1)
    updates = (RefUpdate(MAIN, None, name), RefUpdate(OTHER, None, name))
    written = JournalRecord(updates, "push", "Zoë", "line\nline", {"key": "välue", "empty": ""})
    stamped = repository.update_refs(updates, objects=objects, record=written)
    (found,) = repository.journal()
    assert replace(found, details=dict(found.details)) == replace(stamped, details=dict(stamped.details))
    assert (found.seq, bool(found.epoch), found.received_at is None) == (1, True, False)
    assert replace(found, details=dict(found.details), seq=0, epoch="", received_at=None) == written


def check_generation(make: Make) -> None:
    """Differs after each move, and only then need a reader look again."""
    repository = make().create("one")
    seen = {repository.generation()}
    first = save(repository, MAIN, 1)
    seen.add(repository.generation())
    move(repository, RefUpdate(OTHER, None, first))
    seen.add(repository.generation())
    move(repository, RefUpdate(OTHER, first, None))
    seen.add(repository.generation())
    assert len(seen) == 4
    repository.set_head(OTHER)
    assert repository.head() == OTHER


def check_waiting(make: Make) -> None:
    """Returns at once where refs moved already, when they move, and when the time has passed."""
    repository = make().create("one")
    before = repository.generation()
    assert repository.wait(before, 0.01) == before
    mover = threading.Timer(0.02, save, (repository, MAIN, 1))
    mover.start()
    after = repository.wait(before, 10.0)
    mover.join()
    assert after != before
    assert repository.wait(before, 10.0) != before


def check_threads(make: Make) -> None:
    """Eight threads add to one ref and try again when they lose: nothing is lost, the journal is one chain."""
    repository = make().create("one")
    each = 5

    def add(worker: int) -> None:
        for count in range(each):
            while True:
                with suppress(RefChanged):
                    save(repository, MAIN, worker * each + count + 1, repository.snapshot().get(MAIN))
                    break

    workers = [threading.Thread(target=add, args=(worker,)) for worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    chain = [entry.updates[0] for entry in repository.journal()]
    assert len(chain) == 8 * each
    assert [update.old for update in chain] == [None, *(update.new for update in chain[:-1])]
    times = [entry.received_at for entry in repository.journal() if entry.received_at]
    assert times == sorted(times)
    assert repository.snapshot()[MAIN] == chain[-1].new


def check_turns(make: Make) -> None:
    """Who takes a turn and then looks loses to nobody who takes one too."""
    repository = make().create("one")
    each = 5

    def add(worker: int) -> None:
        for count in range(each):
            with repository.turn() as turn:
                save(turn, MAIN, worker * each + count + 1, repository.snapshot().get(MAIN))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(add, worker) for worker in range(4)]:
            done.result()
    assert len(list(repository.journal(ref=MAIN))) == 4 * each


REF_CHECKS: tuple[Callable[[Make], None], ...] = (
    check_create_open_drop,
    check_reopening,
    check_compare_and_swap,
    check_all_or_nothing,
    check_snapshots_do_not_change,
    check_names_in_each_others_way,
    check_ref_names,
    check_journal,
    check_records_come_back,
    check_generation,
    check_waiting,
    check_threads,
    check_turns,
)

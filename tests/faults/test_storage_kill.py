"""kill -9 before every single step of a write: what is found afterwards is the old state or the new one."""

import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from faults.storage_faults import (
    DEEP,
    GONE,
    MAIN,
    PENDING,
    STAGED,
    KillBefore,
    assert_fsck_clean,
    folded,
    folder_in_memory,
    git,
    locks_in,
    run_and_die,
    save,
    seeded,
)

from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import commit, record, write_pack_in
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.repository import DiskRepository
from gitconfig_server.storage.disk.storage import DiskStorage

Refs = dict[bytes, bytes]
Transaction = Callable[[DiskRepository, Refs], None]

NEXT, NEXT_OBJECTS = commit(10)

BENEATH = GONE + b"/x"


@pytest.fixture
def shm() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


def one_ref(repository: DiskRepository, refs: Refs) -> None:
    updates = [RefUpdate(MAIN, refs[MAIN], NEXT)]
    repository.update_refs(updates, objects=NEXT_OBJECTS, record=record(updates))


def many_refs(repository: DiskRepository, refs: Refs) -> None:
    created = [RefUpdate(ref, None, NEXT) for ref in (DEEP, PENDING, STAGED)]
    updates = [*created, RefUpdate(GONE, refs[GONE], None), RefUpdate(MAIN, refs[MAIN], NEXT)]
    repository.update_refs(updates, objects=NEXT_OBJECTS, record=record(updates))


def room_made(repository: DiskRepository, refs: Refs) -> None:
    updates = [RefUpdate(GONE, refs[GONE], None), RefUpdate(BENEATH, None, NEXT), RefUpdate(MAIN, refs[MAIN], NEXT)]
    repository.update_refs(updates, objects=NEXT_OBJECTS, record=record(updates))


def a_pack(repository: DiskRepository, refs: Refs) -> None:
    updates = [RefUpdate(MAIN, refs[MAIN], NEXT)]
    with repository.scratch() as folder:
        repository.update_refs(updates, pack=write_pack_in(folder, NEXT_OBJECTS), record=record(updates))


def transact(transaction: Transaction, folder: Path, files: DiskFiles, refs: Refs) -> None:
    transaction(DiskStorage(folder, files=files).open("one"), refs)


def create(folder: Path, files: DiskFiles) -> None:
    DiskStorage(folder, files=files).create("one")


def look(folder: Path, files: DiskFiles) -> None:
    DiskStorage(folder, files=files).open("one").snapshot()


def expected(transaction: Transaction, refs: Refs) -> Refs:
    after = refs | {MAIN: NEXT}
    if transaction is many_refs:
        after |= dict.fromkeys((DEEP, PENDING, STAGED), NEXT)
        del after[GONE]
    if transaction is room_made:
        after[BENEATH] = NEXT
        del after[GONE]
    return after


def assert_sound(folder: Path, before: Refs, after: Refs) -> bool:
    """Old or new, and open for business at once; whether it is new."""
    storage = DiskStorage(folder)
    repository = storage.open("one")
    found = dict(repository.snapshot())
    assert found in (before, after)
    assert folded(repository) == found
    started = time.monotonic()
    latest = save(repository, MAIN, 20, found[MAIN])
    assert time.monotonic() - started < 2
    assert locks_in(repository.root) == []
    git(repository.root, "update-ref", "refs/heads/main", found[MAIN].decode(), latest.decode())
    assert folded(repository) == {**found, MAIN: found[MAIN]}
    assert_fsck_clean(repository.root)
    storage.close()
    return found == after


@pytest.mark.parametrize("half", [False, True], ids=["before", "halfway"])
@pytest.mark.parametrize("transaction", [one_ref, many_refs, room_made, a_pack])
def test_old_or_new_whenever_it_dies(transaction: Transaction, half: bool, shm: Path) -> None:
    seed = shm / "seed"
    before = seeded(seed)
    outcomes = []
    for step in range(1, 200):
        folder = shm / str(step)
        shutil.copytree(seed, folder, copy_function=shutil.copy)

        survived = run_and_die(partial(transact, transaction, folder, KillBefore(step, half=half), before))
        outcomes.append(assert_sound(folder, before, expected(transaction, before)))
        shutil.rmtree(folder)
        if survived:
            break
    assert outcomes == sorted(outcomes), "once it is new it stays new"
    assert (outcomes[0], outcomes[-1]) == (False, True)


def pack_refs(folder: Path, files: DiskFiles) -> None:
    DiskStorage(folder, files=files).open("one").upkeep.pack_refs()


def test_packing_refs_moves_none_whenever_it_dies(shm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitconfig_server.storage.disk.objects.upkeep.MOST_LOOSE_REFS", 1)
    seed = shm / "seed"
    before = seeded(seed)
    git(seed / "one", "branch", DEEP.removeprefix(b"refs/heads/").decode(), "main")
    before[DEEP] = before[MAIN]
    for step in range(1, 100):
        folder = shm / str(step)
        shutil.copytree(seed, folder)
        survived = run_and_die(partial(pack_refs, folder, KillBefore(step, half=True)))
        assert_sound(folder, before, before)
        if survived:
            break
    assert survived


class GitGetsInBetween(DiskFiles):
    """Stock Git moves ``main`` when the next writer is about to lock it."""

    def __init__(self, root: Path, old: bytes, new: bytes) -> None:
        self.move: tuple[str, ...] | None = ("update-ref", "refs/heads/main", new.decode(), old.decode())
        self.root = root

    def step(self, operation: str, path: str, detail: str | bytes = b"") -> None:
        if self.move and operation == "create" and "/locks/" in path:
            git(self.root, *self.move)
            self.move = None


def test_what_git_moved_before_a_dead_writers_move_was_completed_stays(shm: Path) -> None:
    refs = seeded(shm)
    survived = True
    for step in range(1, 100):
        folder = shm / str(step)
        shutil.copytree(shm / "one", folder / "one")
        survived = run_and_die(partial(transact, one_ref, folder, KillBefore(step), refs))
        files = GitGetsInBetween(folder / "one", refs[MAIN], refs[GONE])
        storage = DiskStorage(folder, files=files)
        repository = storage.open("one")
        found = dict(repository.snapshot())
        assert files.move or found[MAIN] == refs[GONE]
        assert folded(repository) == found
        storage.close()
        if survived or not files.move:
            break
    assert not survived, "nobody died between the record and the ref"


def test_a_new_repository_is_whole_or_not_there(shm: Path) -> None:
    for step in range(1, 100):
        folder = shm / str(step)
        survived = run_and_die(partial(create, folder, KillBefore(step)))
        storage = DiskStorage(folder)
        assert storage.names() in ([], ["one"])
        repository = storage.open("one") if storage.names() else storage.create("one")
        save(repository, MAIN, 1, None)
        assert_fsck_clean(repository.root)
        storage.close()
        if survived:
            return
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("journalled", [True, False], ids=["moved by git", "first sight"])
def test_observing_is_done_once_whenever_it_dies(journalled: bool, shm: Path) -> None:
    seed = shm / "seed"
    refs = seeded(seed)
    git(seed / "one", "branch", "by-git", "main")
    if not journalled:
        shutil.rmtree(seed / "one" / "gitconfig")
    for step in range(1, 100):
        folder = shm / str(step)
        shutil.copytree(seed, folder)
        survived = run_and_die(partial(look, folder, KillBefore(step, half=True)))
        storage = DiskStorage(folder)
        repository = storage.open("one")
        assert dict(repository.snapshot()) == refs | {b"refs/heads/by-git": refs[MAIN]} == folded(repository)
        reasons = [entry.reason for entry in repository.journal()]
        assert reasons == (["save"] * 3 + ["external"] if journalled else ["init"])
        storage.close()
        if survived:
            return
    pytest.fail("it never came to an end")

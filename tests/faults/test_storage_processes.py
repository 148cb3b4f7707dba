"""Several processes of ours and stock Git write one branch of one folder at the same time: nothing is lost."""

import os
import threading
from functools import partial
from pathlib import Path

from faults.storage_faults import (
    EVERYTHING,
    MAIN,
    PENDING,
    assert_fsck_clean,
    folded,
    git,
    in_a_process,
    locks_in,
    save,
    seeded,
)

from gitconfig_server.errors import RefChanged
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import commit, record
from gitconfig_server.storage.disk.storage import DiskStorage

TOGETHER = (PENDING, b"refs/heads/a", b"refs/heads/z/deep")
EACH = 100 if EVERYTHING else 12


def ours(folder: Path, worker: int) -> None:
    repository = DiskStorage(folder).open("one")
    for count in range(EACH):
        while True:
            head = repository.snapshot()[MAIN]
            name, objects = commit(1000 * worker + count, head)
            updates = [RefUpdate(MAIN, head, name)]
            try:
                repository.update_refs(updates, objects=objects, record=record(updates))
            except RefChanged:
                continue
            break


def update_ref(folder: Path, worker: int) -> None:
    root = folder / "one"
    for count in range(EACH):
        done = False
        while not done:
            head = git(root, "rev-parse", "main").stdout.strip()
            # Git itself may fail to write an object where a repack takes the folder away
            made = git(root, "commit-tree", "-p", head, "-m", f"{worker} {count}", f"{head}^{{tree}}", check=False)
            moved = ("update-ref", "refs/heads/main", made.stdout.strip(), head)
            done = made.returncode == 0 and git(root, *moved, check=False).returncode == 0


def push(folder: Path, worker: int) -> None:
    clone = folder / f"clone-{worker}"
    git(folder, "clone", "--quiet", "--no-local", "one", clone.name)
    for count in range(max(EACH // 4, 1)):
        git(clone, "commit", "--quiet", "--allow-empty", "-m", f"{worker} {count}")
        while git(clone, "push", "--quiet", "origin", "main", check=False).returncode:
            git(clone, "pull", "--quiet", "--rebase")


def repack(folder: Path, worker: int) -> None:
    for _count in range(EACH // 2):
        git(folder / "one", "pack-refs", "--all")
        git(folder / "one", "repack", "-dq")


def test_all_writers_end_up_in_one_chain(tmp_path: Path) -> None:
    seeded(tmp_path)
    jobs = [ours, ours, update_ref, push, repack]
    children = [in_a_process(partial(job, tmp_path, number)) for number, job in enumerate(jobs, 1)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)

    storage = DiskStorage(tmp_path)
    repository = storage.open("one")
    head = repository.snapshot()[MAIN]
    assert folded(repository)[MAIN] == head
    chain = [update for entry in repository.journal(ref=MAIN) for update in entry.updates]
    made = git(repository.root, "rev-list", "--first-parent", "main").stdout.split()
    assert [update.new.decode() for update in reversed(chain) if update.new] == made
    assert len(made) == 2 + 3 * EACH + max(EACH // 4, 1)
    assert not any(entry.reason == "external-forced" for entry in repository.journal())
    assert locks_in(repository.root) == []
    assert_fsck_clean(repository.root)
    storage.close()


def test_threads_read_on_while_git_repacks(tmp_path: Path) -> None:
    head = seeded(tmp_path)[MAIN]
    storage = DiskStorage(tmp_path)
    repository = storage.open("one")
    ids = set(repository.snapshot().values())
    for number in range(100, 130):
        head = save(repository, MAIN, number, head)
        ids.add(head)
    stored = repository.objects
    failures: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert {name for name, _type, _raw in stored.get_many_raw(ids)} == ids
                assert {name for name, *_entry in stored.get_many_z(ids)} == ids
                assert stored.contains_many(ids) == ids
        except Exception as error:
            failures.append(error)

    repacking = in_a_process(partial(repack_all, repository.root))
    readers = [threading.Thread(target=read) for _number in range(2)]
    for reader in readers:
        reader.start()
    status = os.waitpid(repacking, 0)[1]
    done.set()
    for reader in readers:
        reader.join()
    assert (status, failures) == (0, [])
    storage.close()


def repack_all(root: str) -> None:
    """Objects move from one pack to the next."""
    for _count in range(EACH // 4):
        git(root, "repack", "-adq")
        git(root, "repack", "-adfq", "--depth=1")


def write_pairs(folder: Path, names: list[bytes]) -> None:
    repository = DiskStorage(folder).open("one")
    old = None
    for count in range(20 * EACH):
        new = names[count % len(names)]
        updates = [RefUpdate(ref, old, new) for ref in TOGETHER]
        repository.update_refs(updates, record=record(updates))
        old = new


def test_readers_see_all_of_a_transaction_or_nothing(tmp_path: Path) -> None:
    refs = seeded(tmp_path)
    child = in_a_process(partial(write_pairs, tmp_path, list(refs.values())))
    storage = DiskStorage(tmp_path)
    repository = storage.open("one")
    seen = set()
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        snapshot = repository.snapshot()
        assert len({snapshot.get(ref) for ref in TOGETHER}) == 1
        seen.add(snapshot.get(PENDING))
    assert seen >= set(refs.values())
    assert folded(repository) == dict(repository.snapshot())
    storage.close()


def test_a_move_shows_in_every_process_at_once(tmp_path: Path) -> None:
    refs = seeded(tmp_path)
    storage = DiskStorage(tmp_path)
    reader = storage.open("one")
    head = refs[MAIN]
    for number in range(50, 60):
        before = reader.generation()
        child = in_a_process(partial(moved_once, tmp_path, number, head))
        os.waitpid(child, 0)
        assert reader.generation() != before
        assert reader.snapshot()[MAIN] != head
        head = reader.snapshot()[MAIN]
    storage.close()


def moved_once(folder: Path, number: int, head: bytes) -> None:
    save(DiskStorage(folder).open("one"), MAIN, number, head)

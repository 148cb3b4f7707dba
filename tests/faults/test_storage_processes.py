"""Several processes of ours and stock Git write one branch of one folder at the same time: nothing is lost."""

import os
from functools import partial
from pathlib import Path

from faults.storage_faults import EVERYTHING, MAIN, assert_fsck_clean, folded, git, in_a_process, locks_in, save, seeded

from gitconfig_server.errors import RefChanged
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance_objects import commit, record
from gitconfig_server.storage.disk import DiskStorage

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
        while True:
            head = git(root, "rev-parse", "main").stdout.strip()
            name = git(root, "commit-tree", "-p", head, "-m", f"{worker} {count}", f"{head}^{{tree}}").stdout.strip()
            if git(root, "update-ref", "refs/heads/main", name, head, check=False).returncode == 0:
                break


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

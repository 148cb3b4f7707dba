"""Writers are killed at random while stock Git writes beside them: nothing that was acknowledged is lost."""

import os
import random
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from faults.storage_faults import (
    EVERYTHING,
    MAIN,
    assert_fsck_clean,
    folded,
    git,
    in_a_process,
    locks_in,
    seeded,
)

from gitconfig_server.errors import RefChanged
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import commit, record
from gitconfig_server.storage.disk.storage import DiskStorage

SECONDS = 60.0 if EVERYTHING else 3.0


def acknowledge(folder: Path, name: bytes) -> None:
    with (folder / "acknowledged").open("ab", buffering=0) as file:
        file.write(name + b"\n")


def write_for_ever(folder: Path, worker: int) -> None:
    """Moves two refs at once; the other one is now and then deleted."""
    repository = DiskStorage(folder).open("one")
    other = b"refs/heads/other-%d" % worker
    number = random.SystemRandom().randrange(1 << 30)
    while True:
        number += 1
        if number % 20 == 0:
            repository.upkeep.pack_refs()
        snapshot = repository.snapshot()
        name, objects = commit(number, snapshot[MAIN])
        new = None if other in snapshot and number % 3 == 0 else name
        updates = [RefUpdate(MAIN, snapshot[MAIN], name), RefUpdate(other, snapshot.get(other), new)]
        try:
            repository.update_refs(updates, objects=objects, record=record(updates))
        except RefChanged:
            continue
        acknowledge(folder, name)


def git_until_stopped(folder: Path) -> None:
    root = folder / "one"
    number = 0
    while not (folder / "stop").exists():
        number += 1
        head = git(root, "rev-parse", "main").stdout.strip()
        made = git(root, "commit-tree", "-p", head, "-m", f"git {number}", f"{head}^{{tree}}", check=False)
        name = made.stdout.strip()
        if made.returncode == 0 and git(root, "update-ref", "refs/heads/main", name, head, check=False).returncode == 0:
            acknowledge(folder, name.encode())
        if number % 10 == 0:
            git(root, "pack-refs", "--all", check=False)


def kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_nothing_acknowledged_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitconfig_server.storage.disk.objects.upkeep.MOST_LOOSE_REFS", 1)
    seeded(tmp_path)
    stock_git = in_a_process(partial(git_until_stopped, tmp_path))
    writers = [in_a_process(partial(write_for_ever, tmp_path, worker)) for worker in range(2)]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(random.uniform(0.05, 0.4))
        worker = random.randrange(len(writers))
        kill(writers[worker])
        writers[worker] = in_a_process(partial(write_for_ever, tmp_path, worker))
    for writer in writers:
        kill(writer)
    (tmp_path / "stop").touch()
    assert os.waitpid(stock_git, 0)[1] == 0

    storage = DiskStorage(tmp_path)
    repository = storage.open("one")
    # a lock taken before the journal's record stays until somebody writes or opens the repository to serve it
    repository.prepare()
    acknowledged = set((tmp_path / "acknowledged").read_text().split())
    history = set(git(repository.root, "rev-list", "--first-parent", "main").stdout.split())
    assert acknowledged - history == set()
    assert folded(repository) == dict(repository.snapshot())
    assert locks_in(repository.root) == []
    assert_fsck_clean(repository.root)
    storage.close()

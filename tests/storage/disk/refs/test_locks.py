import os
import time
from pathlib import Path

import pytest

from gitconfig_server.errors import StorageBusy, UpdateRefused
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.refs.locks import STALE_SECONDS, RefLocks

MAIN = b"refs/heads/main"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "refs" / "heads").mkdir(parents=True)
    (tmp_path / "locks").mkdir()
    return tmp_path


def locks_of(root: Path) -> RefLocks:
    return RefLocks(str(root), str(root / "locks"), DiskFiles())


def soon() -> float:
    return time.monotonic() + 0.02


def everything(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_publishing_replaces_the_file(root: Path) -> None:
    (root / "refs/heads/main").write_bytes(b"old")
    locks = locks_of(root)
    locks.take(MAIN, b"new", soon())
    assert (root / "refs/heads/main.lock").read_bytes() == b"new"
    assert (root / "refs/heads/main").read_bytes() == b"old"
    locks.publish(MAIN)
    assert (root / "refs/heads/main").read_bytes() == b"new"
    assert everything(root) == ["refs/heads/main"]


def test_dropping_leaves_the_file(root: Path) -> None:
    locks = locks_of(root)
    locks.take(b"refs/heads/deep/er", b"new", soon())
    locks.take(b"packed-refs", b"", soon())
    locks.fill(b"packed-refs", b"content")
    locks.drop_all()
    assert everything(root) == []


def test_a_young_lock_of_others_is_waited_for(root: Path) -> None:
    (root / "refs/heads/main.lock").touch()
    locks = locks_of(root)
    with pytest.raises(StorageBusy, match=r"main\.lock exists: another Git process"):
        locks.take(MAIN, b"new", soon())
    locks.drop_all()
    assert everything(root) == ["refs/heads/main.lock"]


def test_an_old_lock_of_others_is_dead(root: Path) -> None:
    lock = root / "refs/heads/main.lock"
    lock.touch()
    os.utime(lock, (time.time() - STALE_SECONDS - 1,) * 2)
    locks = locks_of(root)
    locks.take(MAIN, b"new", soon())
    assert lock.read_bytes() == b"new"
    locks.drop_all()


def test_locks_of_a_dead_process_of_ours_go_at_once_and_no_others(root: Path) -> None:
    dead = locks_of(root)
    for name in (MAIN, b"HEAD", b"packed-refs", b"refs/heads/a/b"):
        dead.take(name, b"new", soon())
    (root / "refs/heads/other.lock").write_bytes(b"new")
    locks_of(root).remove_leftovers()
    assert everything(root) == ["refs/heads/other.lock"]


def test_empty_folders_make_way(root: Path) -> None:
    (root / "refs/heads/main/empty/deep").mkdir(parents=True)
    locks = locks_of(root)
    locks.take(MAIN, b"new", soon())
    locks.publish(MAIN)
    assert everything(root) == ["refs/heads/main"]


def test_folders_with_something_in_them_do_not(root: Path) -> None:
    (root / "refs/heads/main").mkdir()
    (root / "refs/heads/main/x").touch()
    locks = locks_of(root)
    locks.take(MAIN, b"new", soon())
    with pytest.raises(UpdateRefused, match="other refs lie beneath"):
        locks.publish(MAIN)
    locks.drop_all()
    assert everything(root) == ["refs/heads/main/x"]


def test_a_file_where_a_folder_is_needed_is_in_the_way(root: Path) -> None:
    (root / "refs/heads/main").touch()
    locks = locks_of(root)
    with pytest.raises(UpdateRefused) as refused:
        locks.take(b"refs/heads/main/x", b"new", soon())
    assert refused.value.rule == "name-conflict"
    locks.drop_all()
    assert everything(root) == ["refs/heads/main"]

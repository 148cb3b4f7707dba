import threading
from pathlib import Path

import pytest

from gitconfig_server.errors import StorageBusy
from gitconfig_server.storage.disk_lock import FolderLock


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    inside = most = 0

    def work(lock: FolderLock) -> None:
        nonlocal inside, most
        for _count in range(20):
            with lock.held(10):
                inside += 1
                most = max(most, inside)
                inside -= 1

    shared, own = FolderLock(str(tmp_path / "lock")), FolderLock(str(tmp_path / "lock"))
    threads = [threading.Thread(target=work, args=(lock,)) for lock in (shared, shared, own, own)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_waiting_has_an_end(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    holder, other = FolderLock(path), FolderLock(path)
    with holder.held(1):
        for waiting in (holder, other):
            with pytest.raises(StorageBusy, match=r"lock was held by another writer for 0\.01 s"), waiting.held(0.01):
                pass
    with other.held(0.01), pytest.raises(StorageBusy), holder.held(0.01):
        pass


def test_it_is_free_after_a_failure(tmp_path: Path) -> None:
    lock = FolderLock(str(tmp_path / "lock"))
    with pytest.raises(ValueError, match="inside"), lock.held(1):
        raise ValueError("inside")
    with lock.held(0.01):
        pass

import threading
from pathlib import Path

import pytest

from gitconfig_server.errors import StorageBusy
from gitconfig_server.storage.disk.lock import FolderLock


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
    with other.held(1), pytest.raises(StorageBusy), holder.held(0.01):
        pass


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who waits for a lock")
def test_who_comes_first_is_served_first(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    served: list[int] = []

    def work(number: int) -> None:
        with FolderLock(str(path)).held(10):
            served.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with FolderLock(str(path)).held(1):
        for number, thread in enumerate(threads):
            thread.start()
            while waiting_for(path) <= number:
                thread.join(0.001)
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]


def waiting_for(path: Path) -> int:
    inode = f":{path.stat().st_ino} "
    return sum(" -> " in line and inode in line for line in Path("/proc/locks").read_text().splitlines())


def test_who_gives_up_does_not_keep_it(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with FolderLock(path).held(1), pytest.raises(StorageBusy), FolderLock(path).held(0.01):
        pass
    for _again in range(3):
        with FolderLock(path).held(1):
            pass


def test_it_is_free_after_a_failure(tmp_path: Path) -> None:
    lock = FolderLock(str(tmp_path / "lock"))
    with pytest.raises(ValueError, match="inside"), lock.held(1):
        raise ValueError("inside")
    with lock.held(0.01):
        pass

"""Refs with files of their own are kept together; stock Git says that they are what they were."""

from pathlib import Path
from threading import Thread

import pytest
from faults.storage_faults import MAIN, git, save

from gitconfig_server.git.upkeep.maintaining import maintain
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import record
from gitconfig_server.storage.disk.repository import DiskRepository
from gitconfig_server.storage.disk.storage import DiskStorage

MANY = 40


def refs_of(repository: DiskRepository) -> str:
    """Names, ids, what tags lead to, what symbolic refs name."""
    fields = "%(refname) %(objectname) %(objecttype) %(*objectname) %(symref)"
    return git(repository.root, "for-each-ref", f"--format={fields}").stdout


def files_of(repository: DiskRepository) -> list[str]:
    folder = Path(repository.root, "refs")
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setattr("gitconfig_server.storage.disk.objects.upkeep.MOST_LOOSE_REFS", MANY)
    monkeypatch.setattr("gitconfig_server.storage.disk.refs.upkeep._STEP", 7)
    storage = DiskStorage(tmp_path)
    repository = storage.create("one")
    save(repository, MAIN, 1, None)
    git(repository.root, "tag", "-a", "-m", "one", "v1", "main")
    git(repository.root, "tag", "-a", "-m", "of a tag", "v1-signed", "v1")
    yield repository
    storage.close()


def branch_off(repository: DiskRepository, count: int) -> None:
    head = repository.snapshot()[MAIN].decode()
    for number in range(count):
        path = Path(repository.root, "refs", "heads", f"team-{number % 3}", f"b{number}")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{head}\n")


def test_many_files_of_refs_become_one(repository):
    branch_off(repository, MANY)
    git(repository.root, "symbolic-ref", "refs/heads/master", "refs/heads/main")
    packed = git(repository.root, "for-each-ref").stdout.count("\n") - 1
    before, told = dict(repository.snapshot(fresh=True)), refs_of(repository)
    records = len(list(repository.journal()))
    assert maintain(repository, whole=False).refs == packed
    assert files_of(repository) == ["heads/master"]
    assert not Path(repository.root, "refs", "heads", "team-0").exists()
    assert dict(repository.snapshot(fresh=True)) == before
    assert refs_of(repository) == told
    assert len(list(repository.journal())) == records
    assert maintain(repository, whole=False).refs == 0
    assert git(repository.root, "fsck", "--strict", "--full", "--no-dangling").stdout == ""


def test_packed_refs_move_and_go_as_others_do(repository):
    branch_off(repository, MANY)
    maintain(repository, whole=True)
    latest = save(repository, MAIN, 2, repository.snapshot()[MAIN])
    gone = b"refs/heads/team-0/b0"
    updates = [RefUpdate(gone, repository.snapshot()[gone], None)]
    repository.update_refs(updates, record=record(updates))
    assert files_of(repository) == ["heads/main"]
    assert git(repository.root, "rev-parse", "main").stdout.strip().encode() == latest
    assert gone.decode() not in refs_of(repository)


def test_few_stay_as_they_are(repository):
    branch_off(repository, 2)
    assert maintain(repository, whole=True).refs == 0
    assert len(files_of(repository)) == 5
    assert not Path(repository.root, "packed-refs").exists()


def test_what_nobody_can_read_is_left_alone(repository):
    branch_off(repository, MANY)
    lost = Path(repository.root, "refs", "heads", "lost")
    lost.write_text("e" * 40 + "\n")
    Path(repository.root, "refs", "heads", "torn").write_text("")
    assert repository.upkeep.pack_refs() == MANY + 3
    assert files_of(repository) == ["heads/lost", "heads/torn"]


def test_readers_miss_no_ref_meanwhile(repository):
    branch_off(repository, 150)
    before = dict(repository.snapshot(fresh=True))
    other = DiskStorage(Path(repository.root).parent).open("one")
    packing = Thread(target=repository.upkeep.pack_refs)
    packing.start()
    looks = 0
    while packing.is_alive() or looks < 3:
        assert dict(other.snapshot(fresh=True)) == before
        looks += 1
    packing.join()
    assert files_of(repository) == []
    other.close()

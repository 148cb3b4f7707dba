"""No room left: the write is taken back whole, reads go on, and writes work again once there is room."""

import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from faults.storage_faults import MAIN, assert_fsck_clean, folded, in_a_process, locks_in, save, seeded
from support.components import absent
from support.git import git
from support.native import problem, put_source

from gitconfig_server.errors import StorageFull
from gitconfig_server.server.assembly import assemble, open_repository
from gitconfig_server.settings import Settings
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import commit, record
from gitconfig_server.storage.disk.storage import DiskStorage

PAGE = 4096


@pytest.fixture(params=["size=2m", "nr_inodes=400"])
def small_disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of its own with little room, for bytes or for files."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", request.param, "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            absent("a mount, which only root may make")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def fill(disk: Path, room: int) -> list[Path]:
    """Leave room for ``room`` pages and as many files, or less: the files to remove again."""
    status = os.statvfs(disk)
    pages = status.f_bavail * status.f_bsize // PAGE
    ballast = disk / "ballast"
    if pages < 10_000:
        ballast.write_bytes(bytes(max(pages - room, 0) * PAGE))
        return [ballast]
    files = [disk / f"ballast-{number}" for number in range(max(status.f_favail - room, 0))]
    for file in files:
        file.touch()
    return files


def test_full_at_any_moment(small_disk: Path) -> None:
    head = seeded(small_disk)[MAIN]
    storage = DiskStorage(small_disk)
    repository = storage.open("one")
    repository.snapshot()
    outcomes = []
    for room in range(24):
        ballast = fill(small_disk, room)
        try:
            head = save(repository, MAIN, 100 + room, head)
            outcomes.append(True)
        except StorageFull:
            outcomes.append(False)
        assert repository.snapshot()[MAIN] == head == folded(repository)[MAIN]
        assert repository.objects.get_raw(head)
        assert locks_in(repository.root) == []
        assert list(Path(repository.root).rglob("*tmp*")) == []
        for file in ballast:
            file.unlink()
        head = save(repository, MAIN, 200 + room, head)
    assert (outcomes[0], outcomes[-1]) == (False, True)
    assert_fsck_clean(repository.root)
    storage.close()


def write_without_room(folder: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    repository = DiskStorage(folder).open("one")
    head = repository.snapshot()[MAIN]
    name, objects = commit(5, head)
    updates = [RefUpdate(MAIN, head, name)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
    with pytest.raises(StorageFull):
        repository.update_refs(updates, objects=objects, record=record(updates))
    assert repository.snapshot()[MAIN] == head


def test_a_journal_that_cannot_grow_moves_nothing(tmp_path: Path) -> None:
    refs = seeded(tmp_path)
    assert os.waitpid(in_a_process(lambda: write_without_room(tmp_path)), 0)[1] == 0
    storage = DiskStorage(tmp_path)
    repository = storage.open("one")
    assert dict(repository.snapshot()) == refs == folded(repository)
    save(repository, MAIN, 6, refs[MAIN])
    assert locks_in(repository.root) == []
    storage.close()


@pytest.mark.anyio
async def test_a_save_without_room_is_507_and_reads_go_on(small_disk: Path) -> None:
    git(small_disk, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")
    settings = Settings(repository=str(small_disk / "config.git"))
    repository = open_repository(settings)
    with closing(repository.storage):
        transport = httpx.ASGITransport(app=assemble(settings, repository))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as client:
            first = (await put_source(client, "orders/prod", pool=1)).json()["commit"]
            ballast = fill(small_disk, 0)
            problem(await client.put("/sources/orders/prod", json={"properties": {"pool": 2}}), 507, "storage-full")
            found = await client.get("/sources/orders/prod")
            assert (found.headers["Config-Commit"], found.json()["properties"]) == (first, {"pool": 1})
            for file in ballast:
                file.unlink()
            assert (await put_source(client, "orders/prod", pool=3)).json()["previous"] == first

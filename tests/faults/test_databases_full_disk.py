"""No room left beneath a database: a write is refused whole with 507, reads go on, and with room writes work again."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from support.components import absent
from support.native import native_client, put_source
from support.postgres import new_database

from gitconfig_server.errors import StorageFull
from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.sqlite.storage import SqliteStorage
from gitconfig_server.storage.urls import open_storage
from gitconfig_server.storage.verifying import verify


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A file system of its own with little room, which PostgreSQL's user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            absent("a mount, which only root may make")
        Path(folder).chmod(0o755)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def widen(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)


@pytest.fixture
def sqlite_url() -> Iterator[tuple[str, Callable[[], None]]]:
    with small_disk("3m") as disk:
        yield f"sqlite://{disk}/config.db", lambda: widen(disk)


@pytest.fixture
def postgresql_url() -> Iterator[tuple[str, Callable[[], None]]]:
    """A database whose tables lie there; the server's log of writes does not."""
    dsn = new_database()
    base, _, name = dsn.rpartition("/")
    with small_disk("14m") as disk, psycopg.connect(f"{base}/postgres", autocommit=True) as server:
        place = disk / "tables"
        place.mkdir()
        shutil.chown(place, "nobody")
        server.execute(f"CREATE TABLESPACE small_{name} LOCATION '{place}'".encode())
        server.execute(f"ALTER DATABASE {name} SET TABLESPACE small_{name}".encode())
        try:
            yield dsn, lambda: widen(disk)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            server.execute(f"DROP TABLESPACE small_{name}".encode())


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["sqlite_url", "postgresql_url"])
async def test_a_full_disk_is_said_and_gone_through(kind: str, request: pytest.FixtureRequest) -> None:
    url, make_room = request.getfixturevalue(kind)
    storage, name = open_storage(url)
    with closing(storage):
        storage.create(name)
    async with native_client(url) as client:
        for number in range(100):
            properties = {"number": number, "noise": os.urandom(100_000).hex()}
            answer = await client.put("/sources/orders/prod", json={"properties": properties})
            if answer.status_code != 200:
                break
        assert (answer.status_code, answer.json()["code"]) == (507, "storage-full")
        read = (await client.get("/sources/orders/prod?fresh=1")).json()["properties"]
        assert read["number"] == number - 1
        assert (await client.get("/environments/orders/prod")).status_code == 200
        make_room()
        await put_source(client, "orders/prod", number=number)
    storage, name = open_storage(url)
    with closing(storage):
        assert list(verify(storage.open(name))) == []


def test_sqlite_is_full_at_any_moment() -> None:
    with small_disk("3m") as disk, closing(SqliteStorage(disk / "config.db")) as storage:
        repository = storage.create("one")
        head, outcomes = save(repository, MAIN, 0), []
        for room in range(24):
            ballast = disk / "ballast"
            status = os.statvfs(disk)
            ballast.write_bytes(bytes(max(status.f_bavail - room, 0) * status.f_bsize))
            try:
                head = save(repository, MAIN, 100 + room, head)
                outcomes.append(True)
            except StorageFull:
                outcomes.append(False)
            assert repository.snapshot(fresh=True)[MAIN] == head
            assert repository.objects.get_raw(head)
            ballast.unlink()
            head = save(repository, MAIN, 200 + room, head)
        assert (outcomes[0], outcomes[-1]) == (False, True)
        assert list(verify(repository)) == []


def test_what_cannot_be_opened_for_want_of_room_says_so() -> None:
    """The small file that processes share is mapped: a hole in it would end the process."""
    with small_disk("3m") as disk:
        with closing(SqliteStorage(disk / "config.db")) as storage:
            folder = storage.create("one").shared_folder
        assert folder
        shutil.rmtree(folder)
        folder.mkdir()
        status = os.statvfs(disk)
        (disk / "ballast").write_bytes(bytes(status.f_bavail * status.f_bsize))
        with closing(SqliteStorage(disk / "config.db")) as storage, pytest.raises(StorageFull):
            storage.open("one")

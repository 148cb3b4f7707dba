"""Whoever may only send requests is not told where on the server things are; the log is."""

from contextlib import closing

import pytest
from structlog.testing import capture_logs
from support.git import git
from support.strangers import client_of, complaints, fill, text_of

from gitconfig_server.disclosure import disclose
from gitconfig_server.errors import StorageError, StorageUnreachable
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.sqlite.storage import SqliteStorage

pytestmark = pytest.mark.anyio


class Failing(DiskFiles):
    """Refuses to write as a file system does, once ``errno`` is set."""

    errno = 0

    def step(self, operation, path, detail=b""):
        if self.errno and operation == "create":
            raise OSError(self.errno, "the system's words", path)


def spoil(pattern):
    """Write over files of the repository."""

    def work(root, files):
        for path in root.glob(pattern):
            path.chmod(0o644)
            path.write_bytes(b"x" * 8)

    return work


def fail(errno):
    def work(root, files):
        files.errno = errno

    return work


DISK = {
    "moved away": lambda root, files: root.rename(root.with_name("elsewhere")),
    "objects damaged": spoil("objects/??/*"),
    "journal damaged": spoil("gitconfig/journal"),
    "locked": lambda root, files: (root / "refs/heads/main.lock").touch(),
    "full": fail(28),
    "read-only": fail(30),
    "broken": fail(5),
}


@pytest.mark.parametrize("trouble", DISK)
async def test_nobody_is_told_of_folders(trouble, tmp_path, caplog):
    files = Failing()
    with closing(DiskStorage(tmp_path, files=files, lock_seconds=0.05)) as storage:
        storage.create("config")
        async with client_of(storage) as client:
            await fill(client)
        async with client_of(storage) as client:  # which remembers nothing
            DISK[trouble](tmp_path / "config", files)
            with capture_logs() as logged:
                found = await complaints(client)
    assert found
    assert [text_of(one) for one in found if str(tmp_path) in text_of(one)] == []
    assert str(tmp_path) in f"{logged} {caplog.text}"


async def test_nobody_is_told_of_a_work_tree(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main", "config")
    (tmp_path / "config" / "orders.yml").write_text("a: 1\n")
    git(tmp_path / "config", "add", ".")
    git(tmp_path / "config", "commit", "-qm", "first")
    with closing(DiskStorage(tmp_path)) as storage:
        async with client_of(storage) as client:
            found = await complaints(client)
    assert any("checked out in a work tree" in one.text for one in found)
    assert [text_of(one) for one in found if str(tmp_path) in text_of(one)] == []


@pytest.mark.parametrize("trouble", ["gone", "damaged"])
async def test_nobody_is_told_of_the_file_of_sqlite(trouble, tmp_path, caplog):
    file = tmp_path / "config.db"
    with closing(SqliteStorage(file)) as storage:
        storage.create("config")
        async with client_of(storage) as client:
            await fill(client)
        async with client_of(storage) as client:
            file.unlink()
            if trouble == "damaged":
                file.write_bytes(b"x" * 9000)
            with capture_logs() as logged:
                found = await complaints(client)
    assert found
    assert [text_of(one) for one in found if str(tmp_path) in text_of(one)] == []
    assert str(tmp_path) in f"{logged} {caplog.text}"


def test_the_log_gets_what_is_left_out(caplog):
    assert disclose(StorageError("no room", inside="/srv/config")) == "no room"
    assert "storage-error: no room (/srv/config)" in caplog.text
    caplog.clear()
    assert disclose(StorageUnreachable("PostgreSQL cannot be reached")) == "PostgreSQL cannot be reached"
    assert not caplog.text

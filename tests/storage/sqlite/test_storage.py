import shutil
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from gitconfig_server.errors import CorruptRepository, StorageBusy, StorageError
from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.sqlite import file
from gitconfig_server.storage.sqlite.storage import SqliteStorage


def test_a_link_to_the_file_leads_to_the_same_lock(tmp_path):
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "config.db"
    link.symlink_to(tmp_path / "config.db")
    with closing(SqliteStorage(tmp_path / "config.db")) as direct, closing(SqliteStorage(link)) as linked:
        folder = direct.create("one").shared_folder
        assert linked.open("one").shared_folder == folder
    assert [one.name for one in link.parent.iterdir()] == ["config.db"]


def test_a_file_system_that_others_write_to_is_refused(monkeypatch):
    """What counts as a network is put in place of one, which there is none of here."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        monkeypatch.setattr(file, "_NETWORK", frozenset({"tmpfs"}))
        with closing(SqliteStorage(Path(folder, "a", "..", "config.db"))) as storage:
            with pytest.raises(StorageError, match=r"network file system \(tmpfs\): SQLite needs a local one"):
                storage.create("one")
            assert list(Path(folder).iterdir()) == []


def test_a_file_that_was_replaced_is_not_written_to(tmp_path):
    with closing(SqliteStorage(tmp_path / "config.db")) as storage:
        repository = storage.create("one")
        tip = save(repository, MAIN, 1)
        shutil.copy(tmp_path / "config.db", tmp_path / "restored.db")
        (tmp_path / "restored.db").replace(tmp_path / "config.db")
        with pytest.raises(CorruptRepository, match="was replaced while it was open: restart what serves it"):
            save(repository, MAIN, 2, tip)


def test_who_gets_no_connection_in_time_is_told(tmp_path):
    with closing(SqliteStorage(tmp_path / "config.db", lock_seconds=0.05)) as storage:
        repository = storage.create("one")
        tip = save(repository, MAIN, 1)
        with ExitStack() as taken:
            for _ in range(file._CONNECTIONS):
                taken.enter_context(storage._file.pool.lent())
            for ask in (lambda: save(repository, MAIN, 2, tip), lambda: repository.snapshot(fresh=True)):
                with pytest.raises(StorageBusy, match="no connection to the database was free"):
                    ask()
        assert save(repository, MAIN, 2, tip)

import json
from contextlib import closing

import pytest
from support.keeping import ask_for
from support.storages import Made

from gitconfig_server.errors import StorageError
from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.disk.journal.format import frame
from gitconfig_server.storage.disk.storage import DiskStorage

KINDS = ["sqlite", "postgresql", "mongodb"]


@pytest.fixture
def made(request, tmp_path):
    places = Made(request.param, tmp_path)
    yield places
    places.close()


@pytest.mark.parametrize("made", KINDS, indirect=True)
def test_an_older_program_refuses_what_a_newer_one_has_changed(made):
    storage = made()
    repository = storage.create("one")
    tip = save(repository, MAIN, 1)
    other = made.again(storage).open("one")
    ask_for(other._database, "min_writer")
    with pytest.raises(StorageError, match=r"layout 2, this one writes 1\): upgrade this one"):
        save(repository, MAIN, 2, tip)
    assert dict(repository.snapshot(fresh=True)) == {MAIN: tip}, "it may still be read"
    ask_for(other._database, "min_reader")
    with pytest.raises(StorageError, match=r"layout 2, this one reads 1\): upgrade this one"):
        repository.snapshot(fresh=True)
    with pytest.raises(StorageError, match="upgrade this one"):
        made.again(storage).open("one")


def test_a_folder_whose_journal_a_newer_program_has_begun_is_read_and_not_written(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        tip = save(storage.create("one"), MAIN, 1)
    journal = tmp_path / "one" / "gitconfig" / "journal"
    first, _, rest = journal.read_bytes().partition(b"\n")
    journal.write_bytes(frame({**json.loads(first[18:]), "journal": 2}) + rest)
    before = journal.read_bytes()
    with closing(DiskStorage(tmp_path)) as storage:
        repository = storage.open("one")
        assert dict(repository.snapshot()) == {MAIN: tip}
        with pytest.raises(StorageError, match=r"layout 2, this one writes 1\): upgrade this one"):
            save(repository, MAIN, 2, tip)
    assert journal.read_bytes() == before

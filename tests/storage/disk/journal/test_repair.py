"""What happens to a journal behind our back, and to what lies around it."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from support.read_only import make_writable, read_only

from gitconfig_server.errors import CorruptRepository, RepositoryReadOnly
from gitconfig_server.service.storage_state import storage_readiness
from gitconfig_server.storage.base import REQUEST_KEY, JournalRecord, RefUpdate
from gitconfig_server.storage.conformance.objects import MAIN, blob, record, write_pack_in
from gitconfig_server.storage.conformance.repositories import OTHER, save
from gitconfig_server.storage.disk.journal.repair import repair_journal
from gitconfig_server.storage.disk.storage import DiskStorage


@pytest.fixture
def repository(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        yield storage.create("one")


def filled(repository, count=5):
    name = None
    for number in range(count):
        name = save(repository, MAIN, number, name)
    return name


def journal(repository):
    return Path(repository.root, "gitconfig", "journal")


def test_a_journal_that_is_removed_while_served_begins_anew(repository):
    name = filled(repository)
    journal(repository).unlink()
    assert [entry.reason for entry in repository.journal()] == ["init"]
    assert repository.journal_at(MAIN, repository.now()).updates[0].new == name
    save(repository, MAIN, 9, name)
    assert [entry.seq for entry in repository.journal()] == [1, 2]


def test_a_journal_that_is_replaced_while_served_is_read_anew(repository, tmp_path):
    name = filled(repository, 2)
    record = JournalRecord((), "save", "ann", details={REQUEST_KEY: "key"})
    shutil.copy(journal(repository), tmp_path / "earlier")
    repository.update_refs((), record=record)
    name = save(repository, MAIN, 7, name)
    shutil.move(tmp_path / "earlier", journal(repository))
    assert len(list(repository.journal(ref=MAIN, newest_first=True))) in (2, 3)
    save(repository, MAIN, 8, name)
    assert [entry.reason for entry in repository.journal()] == ["save", "save", "external", "save"]
    assert repository.recorded("ann", "key") is None


def test_a_damaged_journal_is_told_and_repaired(repository, tmp_path):
    name = filled(repository)
    content = journal(repository).read_bytes()
    assert storage_readiness(repository).ready
    middle = content.index(b'"seq":3')
    journal(repository).write_bytes(content[:middle] + b"X" + content[middle + 1 :])
    told = storage_readiness(repository)
    assert not told.ready
    assert "doctor --repair" in told.reason
    with closing(DiskStorage(tmp_path)) as storage, pytest.raises(CorruptRepository, match="--repair"):
        save(storage.open("one"), OTHER, 9)
    repaired = repair_journal(repository.root)
    assert repaired.kept == 4
    assert repaired.before.read_bytes() != content
    assert repair_journal(repository.root) is None
    assert storage_readiness(repository).ready
    with closing(DiskStorage(tmp_path)) as storage:
        again = storage.open("one")
        assert [entry.seq for entry in again.journal()] == [1, 2, 3, 4]
        save(again, MAIN, 9, name)
        assert [entry.reason for entry in again.journal()] == ["save"] * 5


def test_a_damaged_end_is_journalled_as_moves_by_others(repository, tmp_path):
    name = filled(repository)
    content = journal(repository).read_bytes()
    start = content.index(b'"seq":4')
    journal(repository).write_bytes(content[:start] + b"X" + content[start + 1 : -9] + b"Y" + content[-8:])
    assert repair_journal(repository.root).kept == 3
    with closing(DiskStorage(tmp_path)) as storage:
        again = storage.open("one")
        assert [entry.reason for entry in again.journal()] == ["save", "save", "save", "external"]
        assert dict(again.snapshot()) == {MAIN: name}


def test_a_copy_without_its_empty_folder_is_served(repository, tmp_path):
    name = filled(repository)
    shutil.copytree(repository.root, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "gitconfig" / "locks")
    with closing(DiskStorage(tmp_path)) as storage:
        copy = storage.open("copy")
        save(copy, MAIN, 9, name)
        assert copy.prepare() == []


def test_a_mount_that_becomes_writable_is_written(repository, tmp_path, monkeypatch):
    name = filled(repository)
    monkeypatch.setattr("gitconfig_server.storage.disk.access._PROBE_SECONDS", -1.0)
    with read_only(Path(repository.root), tmp_path / "mounted") as folder, closing(DiskStorage(tmp_path)) as storage:
        mounted = storage.open(folder.name)
        assert not mounted.writable
        with pytest.raises(RepositoryReadOnly):
            save(mounted, MAIN, 8, name)
        make_writable(folder)
        save(mounted, MAIN, 9, name)
        assert mounted.writable


def test_a_pack_that_was_torn_and_made_whole_is_read(repository, tmp_path):
    packed = [blob(b"line\n" * 400 + b"%d" % number) for number in range(9)]
    updates = [RefUpdate(b"refs/tags/x", None, packed[0].id)]
    with repository.scratch() as folder:
        repository.update_refs(updates, pack=write_pack_in(folder, packed), record=record(updates))
    (pack,) = Path(repository.root, "objects", "pack").glob("*.pack")
    whole = pack.read_bytes()
    with closing(DiskStorage(tmp_path)) as storage:
        beside = storage.open("one")
        pack.chmod(0o644)
        pack.write_bytes(whole[:200])
        with pytest.raises((CorruptRepository, KeyError)):
            list(beside.objects.get_many_raw([one.id for one in packed]))
        pack.write_bytes(whole)
        assert {raw for _, _, raw in beside.objects.get_many_raw([one.id for one in packed])} == {
            one.raw for one in packed
        }


@pytest.mark.parametrize("damage", ["empty", "no first line"])
def test_a_journal_without_anything_sound_is_begun_anew(repository, tmp_path, damage):
    name = filled(repository)
    journal(repository).write_bytes(b"" if damage == "empty" else b"x" * 20)
    with pytest.raises(CorruptRepository, match="doctor --repair"):
        save(repository, MAIN, 9, name)
    assert repair_journal(repository.root).kept == 0
    with closing(DiskStorage(tmp_path)) as storage:
        save(storage.open("one"), MAIN, 9, name)


@pytest.mark.parametrize("served", [True, False])
def test_a_counter_that_was_cut_short_hides_no_move(repository, tmp_path, served):
    name = filled(repository)
    repository.close()
    counter = journal(repository).with_name("counter")
    counter.write_bytes(b"short")
    with closing(DiskStorage(tmp_path)) as one, closing(DiskStorage(tmp_path)) as two:
        writer, reader = one.open("one"), two.open("one") if served else None
        for number in range(9, 19):
            name = save(writer, MAIN, number, name)
            assert writer.snapshot()[MAIN] == name
        assert (reader or two.open("one")).snapshot(fresh=True)[MAIN] == name
    assert counter.stat().st_size == 64

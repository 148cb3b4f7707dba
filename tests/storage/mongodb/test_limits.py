"""What one document holds: past that a write is refused whole, with what to do, and the next one goes through."""

import os
from contextlib import closing

import pytest
from support.mongo import new_database

from gitconfig_server.errors import UpdateRefused
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.conformance.objects import MAIN, commit
from gitconfig_server.storage.conformance.repositories import save
from gitconfig_server.storage.copying import copy_repository
from gitconfig_server.storage.memory.storage import MemoryStorage
from gitconfig_server.storage.mongodb.storage import MongoStorage

pytestmark = pytest.mark.skipif(not os.environ.get("GITCONFIG_TEST_ALL"), reason="a long run, of scripts/test --all")
MOST = 5000


@pytest.fixture
def storage():
    with closing(MongoStorage(new_database())) as storage:
        yield storage


def label(number):
    return b"refs/heads/team/label-%05d" % number


def make_labels(repository, first, last, at):
    for begin in range(first, last, 1000):
        updates = tuple(RefUpdate(label(number), None, at) for number in range(begin, min(begin + 1000, last)))
        repository.update_refs(updates, record=JournalRecord(updates, "push", "ann"))


def test_one_ref_too_many_is_refused_with_what_comes_along(storage):
    repository = storage.create("config")
    first = save(repository, MAIN, 1)
    make_labels(repository, 1, MOST, first)
    before, journal = dict(repository.snapshot(fresh=True)), list(repository.journal())
    assert len(before) == MOST
    name, objects = commit(2, first)
    updates = (RefUpdate(MAIN, first, name), RefUpdate(label(MOST), None, name))
    with pytest.raises(UpdateRefused, match=r"5,001 refs: MongoDB holds 5,000 .*: delete some labels") as told:
        repository.update_refs(updates, objects=objects, record=JournalRecord(updates, "save", "ann"))
    assert (told.value.rule, told.value.ref) == ("too-many-refs", b"")
    assert (dict(repository.snapshot(fresh=True)), list(repository.journal())) == (before, journal)
    assert not repository.objects.contains_many([one.id for one in objects])
    updates = (*updates, RefUpdate(label(1), first, None))
    repository.update_refs(updates, objects=objects, record=JournalRecord(updates, "save", "ann"))
    assert len(repository.snapshot(fresh=True)) == MOST


def test_a_record_that_is_too_large_is_refused(storage):
    repository = storage.create("config")
    first = save(repository, MAIN, 1)
    updates = tuple(RefUpdate(label(number), None, first) for number in range(4000))
    with pytest.raises(UpdateRefused, match=r"4,000 refs .*: MongoDB takes 262,144 a write: move fewer") as told:
        repository.update_refs(updates, record=JournalRecord(updates, "push", "ann"))
    assert told.value.rule == "too-much-at-once"
    assert dict(repository.snapshot(fresh=True)) == {MAIN: first}
    make_labels(repository, 0, 4000, first)
    assert [record.seq for record in repository.journal()] == [1, 2, 3, 4, 5]


def test_larger_records_of_another_storage_are_taken_over(storage):
    with closing(MemoryStorage()) as elsewhere:
        source = elsewhere.create("config")
        first = save(source, MAIN, 1)
        for old, new in ((None, first), (first, None)):
            updates = tuple(RefUpdate(label(number), old, new) for number in range(6000))
            source.update_refs(updates, record=JournalRecord(updates, "push", "ann"))
        copy_repository(source, storage, "config", lambda done, total: None)
        assert list(storage.open("config").journal()) == list(source.journal())

"""What ``fsck`` and ``doctor`` say beside writers, and of a journal that was tampered with."""

import pytest
from support.storages import Made

from gitconfig_server.storage.conformance.objects import MAIN
from gitconfig_server.storage.conformance.repositories import OTHER, save
from gitconfig_server.storage.verifying import verify


class Busy:
    """A repository that somebody else saves to before its refs are read, and before its journal is."""

    def __init__(self, stored):
        self._stored = stored
        self._saves = 0

    def __getattr__(self, name):
        if name in ("snapshot", "journal"):
            for label in (MAIN, OTHER):
                self._saves += 1
                save(self._stored, label, self._saves, self._stored.snapshot().get(label))
        return getattr(self._stored, name)


@pytest.fixture(params=["disk", "memory", "sqlite"])
def repository(request, tmp_path):
    places = Made(request.param, tmp_path)
    yield places().create("one")
    places.close()


def test_who_writes_meanwhile_is_no_fault(repository):
    assert verify(Busy(repository)) == []
    assert verify(repository) == []


def test_a_record_that_was_changed_is_a_fault(tmp_path):
    places = Made("sqlite", tmp_path)
    repository = places().create("one")
    tip = save(repository, MAIN, 1)
    save(repository, MAIN, 2, tip)
    with repository._database.writing() as connection:
        connection.send("UPDATE gitconfig_ref SET value = ?", [(bytes.fromhex(tip.decode()),)])
    assert verify(places.again(places._made[0]).open("one")) == ["journal: it does not lead to where the refs are"]
    places.close()

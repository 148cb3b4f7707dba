import time

import pytest
from support.storages import Made

from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import MAIN, commit, record

KINDS = ["sqlite", "postgresql", "mongodb"]


@pytest.fixture
def made(request, tmp_path):
    places = Made(request.param, tmp_path)
    yield places
    places.close()


@pytest.mark.parametrize("made", KINDS, indirect=True)
def test_who_follows_is_told_and_asks_the_database_four_times_a_second(made, monkeypatch):
    storage = made()
    writer = storage.create("one")
    reader = made.again(storage).open("one")
    before = reader.generation()
    reader.wait(before, 0.3)
    looks, look = [], reader._database.look
    monkeypatch.setattr(reader._database, "look", lambda since: looks.append(since) or look(since))
    began = time.monotonic()
    assert reader.wait(before, 0.6) == before
    assert len(looks) <= (time.monotonic() - began) / 0.25 + 3
    tip, objects = commit(1)
    updates = [RefUpdate(MAIN, None, tip)]
    writer.update_refs(updates, objects=objects, record=record(updates))
    assert reader.wait(before, 60) != before
    assert time.monotonic() - began < 60

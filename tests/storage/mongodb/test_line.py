from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from support.mongo import new_database

from gitconfig_server.errors import StorageBusy
from gitconfig_server.storage.mongodb.line import MongoLine


@pytest.fixture
def collection() -> Iterator[Any]:
    uri, _, name = new_database().rpartition("/")
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        yield client[name]["leases"]


def _line(collection: Any, *, lost: bool) -> MongoLine:
    line = MongoLine(collection, "a/line", "here")
    if lost:
        line.note_loss()
    return line


def test_who_never_lost_asks_nobody(collection: Any) -> None:
    with _line(collection, lost=False).held(0.0):
        assert collection.count_documents({}) == 0


def _stands_in_front(collection: Any, seconds: float) -> None:
    """Another process, which takes its place for ``seconds`` of the server's time and is never heard of again."""
    collection.insert_one({"_id": "a/line"})
    until = {"$add": ["$$NOW", int(seconds * 1000)]}
    collection.update_one({"_id": "a/line"}, [{"$set": {"waiting": [{"t": "other", "until": until}]}}])


def test_who_lost_waits_for_those_in_front_and_leaves_nothing(collection: Any) -> None:
    _stands_in_front(collection, 600)
    with pytest.raises(StorageBusy, match="held by other writers"), _line(collection, lost=True).held(0.05):
        pass
    assert [one["t"] for one in collection.find_one({})["waiting"]] == ["other"]


def test_who_is_first_holds_its_place_and_leaves_nothing(collection: Any) -> None:
    with _line(collection, lost=True).held(10.0):
        assert len(collection.find_one({})["waiting"]) == 1
    assert collection.find_one({})["waiting"] == []


def test_one_who_died_in_front_is_passed_over_when_its_time_is_over(collection: Any) -> None:
    _stands_in_front(collection, 0.2)
    for _ in range(2):
        with _line(collection, lost=True).held(30.0):
            assert len(collection.find_one({})["waiting"]) <= 2
    assert collection.find_one({})["waiting"] == []


def test_a_write_that_is_done_stays_done_where_the_line_cannot_be_told() -> None:
    with MongoClient[dict[str, Any]]("mongodb://127.0.0.1:1", serverSelectionTimeoutMS=20) as nobody:
        MongoLine(nobody["a"]["leases"], "a/line", "here")._leave("gone")

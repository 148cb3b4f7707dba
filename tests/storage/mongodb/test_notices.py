from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from support.mongo import new_database

from gitconfig_server.storage.mongodb.notices import HeadNotices


@pytest.fixture
def heads() -> Iterator[Any]:
    uri, _, name = new_database().rpartition("/")
    with MongoClient[dict[str, Any]](uri) as client:
        client[name]["heads"].insert_many([{"_id": "one"}, {"_id": "other"}])
        yield client[name]["heads"]


def test_a_change_of_the_document_ends_the_wait_and_no_other_one_does(heads: Any) -> None:
    notices = HeadNotices(heads, "one", slack=60)
    assert notices.wait(60), "of what came before nobody is told: so it must be looked for"
    heads.update_one({"_id": "other"}, {"$set": {"seq": 1}})
    began = time.monotonic()
    assert notices.wait(0.1)
    assert time.monotonic() - began >= 0.1
    heads.update_one({"_id": "one"}, {"$set": {"seq": 1}})
    assert notices.wait(60)
    assert time.monotonic() - began < 60
    notices.close()


def test_a_stream_that_ended_is_begun_anew(heads: Any) -> None:
    notices = HeadNotices(heads, "one", slack=60)
    notices.wait(0.1)
    heads.drop()
    assert any(notices.wait(0.1) for _ in range(3))
    notices.close()


def test_a_server_that_does_not_answer_is_asked_again_later_and_nobody_waits() -> None:
    with MongoClient[dict[str, Any]]("mongodb://127.0.0.1:1", serverSelectionTimeoutMS=20) as nobody:
        notices = HeadNotices(nobody["a"]["heads"], "one", slack=0.05)
        assert not notices.wait(0.1)
        assert not notices.wait(3600)

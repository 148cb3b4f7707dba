"""Writes that say which commit their caller saw: what came since is merged with, by key."""

import pytest
from support.staging import StagingDesk

from gitconfig_server.errors import MergeConflict, PreconditionFailed, RevisionNotFound
from gitconfig_server.model.findings import OnConflict
from gitconfig_server.model.writes import Author


@pytest.fixture
def desk():
    made = StagingDesk()
    made.write({"orders.yml": "pool: 1\ntimeout: 5\n"})
    return made


def test_two_who_change_neighbouring_keys_both_succeed(desk):
    seen = desk.commit().id.decode()
    desk.write({"orders.yml": "pool: 2\ntimeout: 5\n"}, base=seen)
    done = desk.write({"orders.yml": "pool: 1\ntimeout: 6\n"}, base=seen)
    assert desk.text("orders.yml") == "pool: 2\ntimeout: 6\n"
    assert (done.changed, len(desk.commit().parents)) == (True, 1)


def test_the_same_key_is_a_conflict_and_nothing_changes(desk):
    seen = desk.commit().id.decode()
    theirs = desk.write({"orders.yml": "pool: 2\ntimeout: 5\n"}).commit
    with pytest.raises(MergeConflict, match=r"orders.yml#pool") as refused:
        desk.write({"orders.yml": "pool: 3\ntimeout: 5\n"}, base=seen, author=Author("Grace", "grace@example.com"))
    (conflict,) = refused.value.conflicts
    assert [side.node.value for side in conflict.sides] == [2, 3]
    assert [(side.author, side.time is None) for side in conflict.sides] == [("ada", False), ("Grace", True)]
    assert (conflict.sides[0].commit, desk.commit().id.decode()) == (theirs, theirs)
    done = desk.write({"orders.yml": "pool: 3\ntimeout: 5\n"}, base=seen, on_conflict=OnConflict.STAGED)
    assert desk.text("orders.yml") == "pool: 3\ntimeout: 5\n"
    assert [one.place for one in done.settled] == ["orders.yml#pool"]


def test_what_both_did_alike_is_no_change(desk):
    seen = desk.commit().id.decode()
    desk.write({"orders.yml": "pool: 2\ntimeout: 5\n"})
    assert desk.write({"orders.yml": "pool: 2\ntimeout: 5\n"}, base=seen).changed is False


def test_files_come_and_go(desk):
    seen = desk.commit().id.decode()
    desk.write({"new.yml": "a: 1\n"})
    desk.write({"orders.yml": None, "other.yml": "b: 1\n"}, base=seen)
    assert sorted(desk.all_files()) == ["new.yml", "other.yml"]


def test_expect_stays_strict_and_a_base_must_be_known(desk):
    seen = desk.commit().id.decode()
    desk.write({"orders.yml": "pool: 2\ntimeout: 5\n"})
    with pytest.raises(PreconditionFailed):
        desk.write({"orders.yml": "pool: 1\ntimeout: 6\n"}, expect=seen)
    with pytest.raises(RevisionNotFound):
        desk.write({"orders.yml": "pool: 1\ntimeout: 6\n"}, base="0" * 40)

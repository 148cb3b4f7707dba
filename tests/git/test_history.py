from contextlib import closing

import pytest
from support.repositories import build_commit, commit, memory_repository, move

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.history import arrivals, tips
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.disk.storage import DiskStorage

MAIN = b"refs/heads/main"


def test_tips_are_what_was_in_force_newest_first():
    git = memory_repository()
    one = commit(git, {"a": "1"})
    two = commit(git, {"a": "2"})
    found = list(tips(git, MAIN))
    assert [(tip.commit, tip.previous) for tip in found] == [(two, one), (one, None)]
    assert found[0].record.actor == "tess"


def test_commits_that_came_in_together_are_nested():
    git = memory_repository()
    one = commit(git, {"a": "1"})
    middle = build_commit(git, {"a": "2"}, [one])
    git.objects.put(middle)
    last = build_commit(git, {"a": "3"}, [middle[-1].id])
    move(git, MAIN, last)
    newest, oldest = tips(git, MAIN)
    assert arrivals(git, MAIN, newest, 10) == ([middle[-1].id], False)
    assert arrivals(git, MAIN, newest, 0) == ([], True)
    assert arrivals(git, MAIN, oldest, 10) == ([], False)


def test_a_new_label_nests_only_what_no_label_had():
    git = memory_repository()
    one = commit(git, {"a": "1"})
    two = build_commit(git, {"a": "2"}, [one])
    git.objects.put(two)
    three = build_commit(git, {"a": "3"}, [two[-1].id])
    move(git, b"refs/heads/topic", three)
    (tip,) = tips(git, b"refs/heads/topic")
    assert arrivals(git, b"refs/heads/topic", tip, 10) == ([two[-1].id], False)


def test_before_the_journal_come_first_parents():
    git = memory_repository()
    one = build_commit(git, {"a": "1"})
    git.objects.put(one)
    two = build_commit(git, {"a": "2"}, [one[-1].id])
    update = RefUpdate(MAIN, None, two[-1].id)
    git.stored.update_refs([update], objects=two, record=JournalRecord((update,), "init"))
    three = commit(git, {"a": "3"})
    found = list(tips(git, MAIN))
    assert [tip.commit for tip in found] == [three, two[-1].id, one[-1].id]
    assert [tip.record is None for tip in found] == [False, False, True]
    assert found[1].previous == one[-1].id


def test_where_no_journal_could_be_begun_there_are_first_parents_alone():
    git = memory_repository()
    one, two = commit(git, {"a": "1"}), commit(git, {"a": "2"})
    git.moves = lambda _, **__: iter(())  # as in a folder that cannot be written
    assert [(tip.commit, tip.record, tip.previous) for tip in tips(git, MAIN)] == [(two, None, one), (one, None, None)]


def test_a_tip_that_is_missing_is_no_history_without_entries(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        tip = commit(GitRepository(storage.create("one")), {"a": "1"}).decode()
    (tmp_path / "one" / "objects" / tip[:2] / tip[2:]).unlink()
    with closing(DiskStorage(tmp_path)) as storage, pytest.raises(CorruptRepository, match=f"{tip}, which is missing"):
        next(tips(GitRepository(storage.open("one")), MAIN))

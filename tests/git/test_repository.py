import pytest
from support.repositories import build_commit, commit, memory_repository, move

from gitconfig_server.errors import RefChanged, UpdateRefused
from gitconfig_server.git.objects.reader import ObjectMap
from gitconfig_server.model.principals import Mover, Principal
from gitconfig_server.storage.base import JournalRecord, RefUpdate

MAIN = b"refs/heads/main"


def test_a_refusal_stops_the_whole_batch():
    git = memory_repository()
    new = build_commit(git, {"a": "1"})
    updates = [RefUpdate(MAIN, None, new[-1].id), RefUpdate(b"refs/notes/x", None, new[-1].id)]
    with pytest.raises(UpdateRefused):
        git.update_refs(git.judge(updates, ObjectMap(new)), Mover(Principal("tess")), objects=new, reason="push")
    assert git.snapshot() == {}


def test_a_lost_race_moves_nothing():
    git = memory_repository()
    tip = commit(git, {"a": "1"})
    late = build_commit(git, {"a": "2"}, [tip])
    judged = git.judge([RefUpdate(MAIN, tip, late[-1].id)], ObjectMap(late))
    winner = commit(git, {"a": "3"})
    with pytest.raises(RefChanged) as caught:
        git.update_refs(judged, objects=late, by=Mover(Principal("tess")), reason="push")
    assert caught.value.actual == winner
    assert git.snapshot()[MAIN] == winner


def test_listeners_hear_after_the_move():
    git = memory_repository()
    heard = []
    git.add_listener(lambda record: heard.append((record, git.snapshot()[MAIN])))
    tip = commit(git, {"a": "1"})
    assert heard == [(next(git.stored.journal()), tip)]


def test_head_is_the_setting_then_main_then_master_then_the_repositorys():
    git = memory_repository()
    assert git.default_ref() == MAIN
    git.stored.set_head(b"refs/heads/trunk")
    assert git.default_ref() == b"refs/heads/trunk"
    commit(git, {"a": "1"}, label="master")
    assert git.default_ref() == b"refs/heads/master"
    commit(git, {"a": "1"})
    assert git.default_ref() == MAIN
    assert type(git)(git.stored, default_branch="prod").default_ref() == b"refs/heads/prod"


def test_private_refs_are_not_advertised():
    git = memory_repository()
    tip = commit(git, {"a": "1"})
    update = RefUpdate(b"refs/gitconfig/x", None, tip)
    git.stored.update_refs([update], record=JournalRecord((update,), "save"))
    assert list(git.advertised()) == [MAIN]


def test_the_log_of_a_ref_grows_with_it():
    git = memory_repository()
    one = commit(git, {"a": "1"})
    assert len(list(git.moves(MAIN))) == 1
    two = commit(git, {"a": "2"})
    move(git, b"refs/heads/other", [], one)
    assert [record.updates[0].new for record in git.moves(MAIN)] == [one, two]

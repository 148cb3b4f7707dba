import pytest
from support.repositories import commit, memory_repository, move

from gitconfig_server.config.branches import head_for
from gitconfig_server.config.labels import find_label, label_ref, list_labels, locate
from gitconfig_server.errors import InvalidRevision, LabelNotFound
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.storage.base import JournalRecord, RefUpdate


def test_branches_come_before_tags_and_hide_those_of_their_name():
    git = memory_repository()
    tip = commit(git, {"a": "1"})
    move(git, b"refs/tags/v1", [], tip)
    hidden = RefUpdate(b"refs/tags/main", None, tip)
    git.stored.update_refs([hidden], record=JournalRecord((hidden,), "external"))
    labels = list_labels(git)
    assert [(label.name, label.kind, label.default) for label in labels] == [
        ("main", LabelKind.BRANCH, True),
        ("v1", LabelKind.TAG, False),
    ]


def test_main_and_master_stand_in_for_each_other():
    git = memory_repository()
    tip = commit(git, {"a": "1"}, label="master")
    assert locate(git, Reading("main")).commit == tip
    assert locate(git, Reading()).commit == tip
    with pytest.raises(LabelNotFound):
        locate(git, Reading("main"), master_fallback=False)
    commit(git, {"a": "2"})
    assert locate(git, Reading("master")).commit == tip


@pytest.mark.parametrize("name", ["origin/main", "FETCH_HEAD", "nolabel"])
def test_what_is_no_label_is_not_found(name):
    git = memory_repository()
    commit(git, {"a": "1"})
    with pytest.raises(LabelNotFound):
        locate(git, Reading(name))


@pytest.mark.parametrize("name", ["HEAD", "HEAD~1", "HEAD@2030-01-01"])
def test_head_is_the_default_label(name):
    git = memory_repository(default_branch="trunk")
    first, tip = (commit(git, {"a": text}, label="trunk") for text in "12")
    assert locate(git, Reading(name)).commit == (first if "~" in name else tip)
    assert (find_label(git, "HEAD").name, label_ref(git, "HEAD")) == ("trunk", b"refs/heads/trunk")
    assert head_for(git, "HEAD").label == "trunk"


def test_a_time_goes_with_a_plain_label_only():
    git = memory_repository()
    tip = commit(git, {"a": "1"})
    assert locate(git, Reading("main", "2030-01-01")).commit == tip
    assert locate(git, Reading(None, "2030-01-01")).commit == tip
    with pytest.raises(InvalidRevision):
        locate(git, Reading("main~1", "2030-01-01"))


def test_a_label_without_a_name_is_the_default_one():
    git = memory_repository()
    commit(git, {"a": "1"})
    assert label_ref(git, None) == b"refs/heads/main"
    with pytest.raises(LabelNotFound):
        label_ref(git, "nolabel")

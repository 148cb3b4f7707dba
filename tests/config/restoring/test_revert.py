"""One commit is undone by another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.staging import StagingDesk

from gitconfig_server.errors import (
    ContentRefused,
    InvalidChange,
    LabelNotFound,
    LabelReadOnly,
    MergeConflict,
    PreconditionFailed,
)
from gitconfig_server.git.objects.commits import read_trailers

BASE = {"orders.yml": "db: {pool: 5}\n", "billing.yml": "x: 1\n"}


@pytest.fixture
def desk():
    desk = StagingDesk()
    desk.write(BASE, message="begin")
    return desk


def test_what_a_commit_did_is_undone_and_what_came_later_stays(desk):
    bad = desk.write({"orders.yml": "db: {pool: 9}\n", "new.yml": "n: 1\n"}, message="a larger pool\n\nbecause")
    later = desk.write({"billing.yml": "x: 2\n"})
    done = desk.revert(bad.commit[:8])
    assert (done.previous, done.paths) == (later.commit, ("new.yml", "orders.yml"))
    assert desk.all_files() == BASE | {"billing.yml": "x: 2\n"}
    commit = desk.commit()
    assert (commit.subject, commit.parents) == ('revert "a larger pool"', (later.commit.encode(),))
    assert read_trailers(commit.message) == {"Reverts": bad.commit}
    assert list(desk.stored.journal())[-1].reason == "revert"
    assert desk.revert(bad.commit).changed is False


def test_the_revert_of_a_revert(desk):
    good = desk.write({"orders.yml": "db: {pool: 9}\n"})
    undone = desk.revert(good.commit)
    desk.revert(undone.commit)
    assert desk.text("orders.yml") == "db: {pool: 9}\n"


def test_a_file_changed_since_is_a_conflict(desk):
    bad = desk.write({"orders.yml": "db: {pool: 9}\n"}, message="nine")
    later = desk.write({"orders.yml": "db: {pool: 11}\n"}, message="eleven")
    with pytest.raises(MergeConflict, match=r"eleven.*nine.*restore those files") as refused:
        desk.revert(bad.commit)
    (conflict,) = refused.value.conflicts
    assert [one.commit for one in conflict.sides] == [later.commit, bad.commit]
    assert desk.commit().id.decode() == later.commit


def test_a_merge_needs_its_mainline(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n"})
    before = desk.write({"billing.yml": "x: 2\n"})
    merge = desk.apply().commit
    for mainline in (None, 0, 3):
        with pytest.raises(InvalidChange) as refused:
            desk.revert(merge, mainline)
        assert refused.value.pointer == "/mainline"
    with pytest.raises(InvalidChange, match="1 parent"):
        desk.revert(before.commit, 1)
    assert desk.revert(merge, 2, dry_run=True).paths == ("billing.yml",)
    assert desk.revert(merge, 1).paths == ("orders.yml",)
    assert desk.all_files() == BASE | {"billing.yml": "x: 2\n"}


def test_the_first_commit_is_undone(desk):
    first = desk.commit().id.decode()
    desk.write({"new.yml": "n: 1\n"})
    assert desk.revert(first).paths == ("billing.yml", "orders.yml")
    assert desk.files() == ["new.yml"]


def test_what_cannot_be_read_does_not_come_back():
    desk = StagingDesk()
    desk.git._checks, checks = (), desk.git._checks
    desk.write({"bad.yml": "x: [\n"})
    desk.git._checks = checks
    mended = desk.write({"bad.yml": "x: 1\n"})
    with pytest.raises(ContentRefused, match=r"bad.yml:2"):
        desk.revert(mended.commit)


def test_staged_is_a_branch_like_others(desk):
    bad = desk.write({"orders.yml": "db: {pool: 9}\n"})
    desk.revert(bad.commit, label="staged")
    assert [one.new for one in desk.staged().changes] == [5]
    assert desk.text("orders.yml") == "db: {pool: 9}\n"


def test_what_cannot_be_reverted_is_refused(desk):
    with pytest.raises(LabelNotFound):
        desk.revert("nothing")
    with pytest.raises(LabelNotFound):
        desk.revert("main", label="nothing")
    with pytest.raises(LabelReadOnly):
        desk.revert("main", label=desk.commit().id.decode())
    with pytest.raises(PreconditionFailed):
        desk.revert("main", expect="0" * 40)


edits = st.dictionaries(
    st.sampled_from(["orders.yml", "billing.yml", "a.txt", "b/c.txt"]),
    st.one_of(st.none(), st.integers(0, 2).map("n: {}\n".format)),
    min_size=1,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(edits, min_size=1, max_size=4))
def test_reverting_the_last_commit_gives_its_parents_tree(steps):
    desk = StagingDesk()
    desk.write(BASE)
    for step in steps:
        before, standing = desk.commit(), set(desk.files())
        changes = {path: text for path, text in step.items() if text is not None or path in standing}
        if desk.write(changes).changed:
            done = desk.revert("main")
            assert desk.commit().tree == before.tree
            desk.revert(done.commit)

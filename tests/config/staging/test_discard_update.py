"""Discarding what is staged, and bringing a working branch up to date."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.repositories import build_commit, move
from support.staging import StagingDesk

from gitconfig_server.errors import InvalidName, MergeConflict, PreconditionFailed
from gitconfig_server.model.findings import Keep
from gitconfig_server.model.writes import Idempotency, MergePatch, PatchSource, SourcePlace

BASE = {"orders.yml": "db: {pool: 5}\n", "billing.yml": "x: 1\n"}


@pytest.fixture
def desk():
    desk = StagingDesk()
    desk.write(BASE)
    return desk


def test_all_is_discarded_and_the_branch_is_gone(desk):
    tip = desk.stage({"orders.yml": "db: {pool: 9}\n", "new.yml": "n: 1\n"}).commit
    done = desk.discard()
    assert (done.label, done.commit, done.previous, done.changed) == ("staged", None, tip, True)
    assert done.paths == ("new.yml", "orders.yml")
    assert desk.staged().tip is None
    assert desk.all_files() == BASE
    record = list(desk.stored.journal())[-1]
    assert (record.reason, record.message) == ("discard", "discard new.yml, orders.yml")


def test_a_part_is_discarded(desk):
    tip = desk.stage({"orders.yml": "db: {pool: 9}\n", "new.yml": "n: 1\n", "billing.yml": None}).commit
    done = desk.discard(applications=("orders", "new"))
    assert (done.label, done.previous, done.paths) == ("staged", tip, ("new.yml", "orders.yml"))
    assert [one.path for one in desk.staged().files] == ["billing.yml"]
    assert desk.commit("staged").parents == (tip.encode(),)
    assert desk.discard(paths=("orders.yml", "nothing")).changed is False
    assert desk.discard(paths=("billing.yml",)).commit is None
    assert b"refs/heads/staged" not in desk.git.snapshot()


def test_discarding_a_file_settles_its_conflict(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n", "billing.yml": "x: 2\n"})
    desk.write({"orders.yml": "db: {pool: 7}\n"})
    desk.discard(paths=("orders.yml",))
    desk.apply()
    assert desk.all_files() == {"orders.yml": "db: {pool: 7}\n", "billing.yml": "x: 2\n"}


def test_nothing_to_discard_or_update(desk):
    for done in (desk.discard(), desk.update()):
        assert (done.label, done.commit, done.changed) == ("staged", None, False)
    desk.stage({"orders.yml": "db: {pool: 9}\n"})
    assert desk.update().changed is False


def test_what_the_caller_saw_must_be_there(desk):
    tip = desk.stage({"orders.yml": "db: {pool: 9}\n"}).commit
    head = desk.commit().id.decode()
    for act in (desk.discard, desk.update):
        with pytest.raises(PreconditionFailed):
            act(expect=head)
        assert act(expect=tip, dry_run=True).previous == tip
    assert desk.discard(if_match=frozenset([tip])).changed


def test_unsound_names_are_refused(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n"})
    for part in ({"paths": ("../x",)}, {"applications": ("a..b",)}, {"paths": ("",)}):
        with pytest.raises(InvalidName):
            desk.discard(**part)


def test_the_label_is_merged_into_the_working_branch(desk):
    tip = desk.stage({"orders.yml": "db: {pool: 9}\n"}).commit
    saved = desk.write({"billing.yml": "x: 2\n"})
    assert desk.staged().behind == 1
    done = desk.update()
    assert (done.label, done.previous, done.paths) == ("staged", tip, ("billing.yml",))
    assert desk.commit("staged").parents == (tip.encode(), saved.commit.encode())
    assert (desk.staged().behind, desk.staged().base) == (0, saved.commit)
    assert [one.path for one in desk.staged().files] == ["orders.yml"]
    desk.apply()
    assert desk.all_files() == {"orders.yml": "db: {pool: 9}\n", "billing.yml": "x: 2\n"}


def test_a_working_branch_with_nothing_on_it_follows(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n"})
    desk.apply()
    saved = desk.write({"billing.yml": "x: 2\n"})
    assert desk.update().commit == saved.commit
    desk.stage({"orders.yml": "db: {pool: 1}\n"})
    saved = desk.write({"orders.yml": "db: {pool: 1}\n"})
    assert desk.update().commit == saved.commit


def test_a_first_edit_begins_at_the_label_as_it_is(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n"})
    desk.apply()
    desk.write({"orders.yml": "db: {pool: 9, max: 1}\n"})
    tip = desk.write({"billing.yml": "x: 2\n"}).commit
    place = SourcePlace("orders", "default")
    done = desk.change(PatchSource(place, MergePatch({"db.pool": 10})), label="staged")
    assert (done.previous, desk.commit("staged").parents) == (tip, (tip.encode(),))
    assert desk.text("orders.yml", "staged") == "db: {pool: 10, max: 1}\n"
    desk.stage({"billing.yml": "x: 3\n"})
    assert desk.commit("staged").parents == (done.commit.encode(),)
    assert desk.staged().conflicts == ()


def test_an_edit_of_what_the_caller_saw_stays_upon_it(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n"})
    seen = desk.apply().commit
    desk.write({"billing.yml": "x: 2\n"})
    assert desk.stage({"orders.yml": "db: {pool: 1}\n"}, expect=seen).previous == seen
    assert desk.staged().behind == 1


def test_conflicts_are_settled_by_saying_which_side_is_right(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n", "billing.yml": "x: 2\n"})
    desk.write({"orders.yml": "db: {pool: 7}\n", "billing.yml": "x: 3\n"})
    before = desk.git.snapshot()
    with pytest.raises(MergeConflict, match=r"billing.yml.*orders.yml.*say with resolutions"):
        desk.update()
    with pytest.raises(MergeConflict) as refused:
        desk.update(resolve={"orders.yml": Keep.STAGED})
    assert [one.path for one in refused.value.conflicts] == ["billing.yml"]
    assert desk.git.snapshot() == before
    desk.update(resolve={"orders.yml": Keep.STAGED, "billing.yml": Keep.LABEL, "other.yml": Keep.LABEL})
    desk.apply()
    assert desk.all_files() == {"orders.yml": "db: {pool: 9}\n", "billing.yml": "x: 3\n"}


def test_a_branch_of_another_history_is_settled_or_discarded(desk):
    move(desk.git, b"refs/heads/staged", build_commit(desk.git, {"orders.yml": "db: {pool: 1}\n"}))
    with pytest.raises(MergeConflict):
        desk.apply()
    desk.update(resolve={"orders.yml": Keep.STAGED, "billing.yml": Keep.LABEL})
    assert [one.new for one in desk.staged().changes] == [1]
    desk.apply()
    assert desk.all_files() == BASE | {"orders.yml": "db: {pool: 1}\n"}


def test_the_same_request_gets_the_same_answer(desk):
    desk.stage({"orders.yml": "db: {pool: 9}\n", "new.yml": "n: 1\n", "billing.yml": "x: 4\n"})
    desk.write({"other.yml": "x: 2\n"})
    requests = (
        lambda key: desk.update(idempotency=key),
        lambda key: desk.discard(paths=("new.yml",), idempotency=key),
        lambda key: desk.discard(idempotency=key),
    )
    for number, request in enumerate(requests):
        key = Idempotency(f"key{number}", "digest")
        assert request(key) == request(key)


files = st.dictionaries(
    st.sampled_from(["orders.yml", "billing.yml", "a.txt", "b/c.txt"]),
    st.integers(0, 2).map("n: {}\n".format),
    min_size=1,
)


@settings(max_examples=40, deadline=None)
@given(files, files, st.sampled_from(Keep))
def test_an_update_and_an_apply_give_what_was_said(staged, saved, keep):
    desk = StagingDesk()
    desk.write(BASE)
    desk.stage(staged)
    desk.write(saved)
    desk.update(resolve=dict.fromkeys(staged, keep))
    assert desk.staged().conflicts == ()
    desk.apply()
    assert desk.all_files() == BASE | expected(staged, saved, keep)


def expected(staged, saved, keep):
    """What each side changed, and, of what both did, the side that is kept."""
    here, there = ({path: text for path, text in side.items() if BASE.get(path) != text} for side in (staged, saved))
    return {**there, **here} if keep is Keep.STAGED else {**here, **there}

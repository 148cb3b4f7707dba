"""What is staged is put in force on the label as it is, whole or in part, both branches at once."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pending import PendingDesk
from support.repositories import commit
from support.staging import StagingDesk
from support.writing import disk_repository

from gitconfig_server.errors import (
    Conflict,
    ContentRefused,
    InvalidChange,
    LabelNotFound,
    MergeConflict,
    PreconditionFailed,
)
from gitconfig_server.git.objects.commits import read_commit, read_trailers
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.findings import Given, Keep, OnConflict
from gitconfig_server.model.writes import Author, Idempotency

BASE = {"application.yml": "level: info\n", "orders.yml": "db: {pool: 5}\n", "orders-prod.yml": "db: {pool: 9}\n"}


def scene(stored=None, **rules):
    desk = StagingDesk(stored, **rules)
    desk.write(BASE)
    return desk


@pytest.fixture(params=["memory", "disk"])
def desk(request, tmp_path):
    return scene(disk_repository(tmp_path) if request.param == "disk" else None)


def test_a_whole_apply_is_a_merge_that_the_working_branch_follows(desk):
    desk.stage({"orders.yml": "db: {pool: 6}\n"})
    tip = desk.stage({"new.yml": "n: 1\n"}).commit
    moved = desk.write({"application.yml": "level: warn\n"})
    done = desk.apply(author=Author("Bob"))
    merge = desk.commit()
    assert (done.label, done.commit, done.previous, done.changed) == ("main", merge.id.decode(), moved.commit, True)
    assert done.paths == ("new.yml", "orders.yml")
    assert merge.parents == (moved.commit.encode(), tip.encode())
    assert (merge.author.name, merge.committer.name) == ("Bob", "ada")
    assert merge.subject == "apply staged: new.yml, orders.yml"
    assert desk.commit("staged") == merge
    assert desk.all_files() == BASE | {
        "application.yml": "level: warn\n",
        "new.yml": "n: 1\n",
        "orders.yml": "db: {pool: 6}\n",
    }
    found = desk.staged()
    assert (found.changes, found.commits, found.behind) == ((), (), 0)
    record = list(desk.stored.journal())[-1]
    assert (record.reason, len(record.updates)) == ("apply", 2)
    assert done.cursor.endswith(f".{record.seq}")


def test_a_part_is_merged_by_itself_and_the_rest_remains(desk):
    """The part grows from where the staged branch did, which keeps its tree and has the part for its base then."""
    tip = desk.stage({"orders.yml": "db: {pool: 6}\n", "billing.yml": "b: 1\n", "notes.txt": "hello\n"}).commit
    desk.write({"application.yml": "level: warn\n"})
    before = desk.commit()
    done = desk.apply(applications=("orders",), message="orders first")
    saved = desk.commit()
    assert (done.paths, saved.subject, saved.parents[0]) == (("orders.yml",), "orders first", before.id)
    part = read_commit(desk.git.objects, saved.parents[1])
    assert read_trailers(part.message) == {"Staged": tip}
    assert [one.path for one in desk.staged().files] == ["billing.yml", "notes.txt"]
    assert desk.staged().base == part.id.decode()
    assert desk.commit("staged").parents == (tip.encode(), part.id)
    assert desk.commit("staged").tree == read_commit(desk.git.objects, tip.encode()).tree
    assert len(list(desk.stored.journal())[-1].updates) == 2
    desk.apply()
    assert desk.text("application.yml") == "level: warn\n"
    assert desk.text("billing.yml") == "b: 1\n"


def test_keys_alone_are_applied(desk):
    desk.write({"orders.yml": "# pools\ndb:\n  pool: 1\n  url: a\nx: 1\n"})
    desk.stage({"orders.yml": "# pools\ndb:\n  pool: 2\n  url: b\nx: 1\ny: 3\n"})
    desk.apply(keys=("db.pool", "y"))
    assert desk.text("orders.yml") == "# pools\ndb:\n  pool: 2\n  url: a\nx: 1\ny: 3\n"
    assert [one.key for one in desk.staged().changes] == ["db.url"]
    with pytest.raises(InvalidChange, match="nothing is staged for z"):
        desk.apply(keys=("z",))
    desk.apply()
    assert desk.text("orders.yml") == "# pools\ndb:\n  pool: 2\n  url: b\nx: 1\ny: 3\n"


def test_applied_keys_that_change_again_on_both_sides_conflict_rightly(desk):
    desk.write({"orders.yml": "a: 1\n\nb: 1\n"})
    desk.stage({"orders.yml": "a: 2\n\nb: 2\n"})
    desk.apply(keys=("a",))
    desk.write({"orders.yml": "a: 3\n\nb: 1\n"})
    assert desk.staged().conflicts == ()
    desk.stage({"orders.yml": "a: 4\n\nb: 2\n"})
    (conflict,) = desk.staged().conflicts
    assert (conflict.key, conflict.node.value) == ("a", 2)


def test_any_branch_can_be_applied_and_stays_where_it_is(desk):
    desk.label("feature/x")
    desk.write({"orders.yml": "db: {pool: 6}\n"}, label="feature/x")
    tip = desk.commit("feature/x")
    desk.write({"billing.yml": "x: 5\n"})
    done = desk.apply(source="feature/x")
    assert (done.paths, desk.commit("feature/x")) == (("orders.yml",), tip)
    assert desk.commit().parents[1] == tip.id
    with pytest.raises(LabelNotFound):
        desk.apply(source="feature/y")


def test_when_nothing_is_left_after_a_part_the_working_branch_follows(desk):
    desk.stage({"orders.yml": "db: {pool: 6}\n", "team/a.yml": "b: 1\n", "team/b.txt": "x\n"})
    assert desk.apply(paths=("team/",)).paths == ("team/a.yml", "team/b.txt")
    desk.apply(paths=("orders.yml",))
    assert desk.commit() == desk.commit("staged")
    assert len(desk.commit().parents) == 1


def test_nothing_to_apply_changes_nothing(desk):
    before = list(desk.stored.journal())
    assert desk.apply().changed is False
    desk.stage({"orders.yml": "db: {pool: 6}\n"})
    assert desk.apply(applications=("billing",)).changed is False
    assert desk.apply(paths=("order",)).changed is False
    desk.apply()
    again = desk.apply()
    assert (again.changed, again.commit, again.previous) == (False, *[desk.commit().id.decode()] * 2)
    assert len(list(desk.stored.journal())) == len(before) + 2


def test_what_the_label_has_already_is_not_applied_but_forgotten(desk):
    desk.stage({"orders.yml": "db: {pool: 6}\n"})
    saved = desk.write({"orders.yml": "db: {pool: 6}\n"})
    key = Idempotency("key", "digest")
    done = desk.apply(idempotency=key)
    assert (done.changed, done.commit) == (False, saved.commit)
    assert desk.commit("staged") == desk.commit()
    assert desk.apply(idempotency=key) == done


def test_a_conflict_changes_nothing_and_names_both_sides(desk):
    desk.stage({"orders.yml": "db: {pool: 6}\n", "new.yml": "n: 1\n"})
    desk.write({"orders.yml": "db: {pool: 7}\n"})
    before = desk.git.snapshot()
    for part in ({}, {"applications": ("orders",)}):
        with pytest.raises(MergeConflict, match=r"orders.yml#db.pool by main \(.* ada: .*staged") as refused:
            desk.apply(**part)
        assert [one.path for one in refused.value.conflicts] == ["orders.yml"]
    assert desk.git.snapshot() == before
    assert desk.apply(paths=("new.yml",)).paths == ("new.yml",)
    assert [one.place for one in desk.staged().conflicts] == ["orders.yml#db.pool"]


def test_neighbouring_keys_go_together_and_comments_of_both_survive(desk):
    desk.write({"orders.yml": "# base\npool: 1\ntimeout: 5\n\nurl: x\n"})
    desk.stage({"orders.yml": "# base\npool: 2\ntimeout: 5\n\nurl: x\n"})
    desk.write({"orders.yml": "# base\npool: 1\ntimeout: 6\n\n# where\nurl: x\n"})
    desk.apply()
    assert desk.text("orders.yml") == "# base\npool: 2\ntimeout: 6\n\n# where\nurl: x\n"


def test_a_change_of_comments_alone_is_applied(desk):
    desk.write({"orders.yml": "a: 1\n\n\nb: 1\n"})
    desk.stage({"orders.yml": "# why\na: 1\n\n\nb: 1\n"})
    desk.write({"orders.yml": "a: 1\n\n\nb: 2\n"})
    assert desk.apply().changed is True
    assert desk.text("orders.yml") == "# why\na: 1\n\n\nb: 2\n"


def test_a_conflict_says_of_each_node_what_both_sides_have_and_whose_it_is(desk):
    desk.write({"orders.yml": "db:\n  pool: 1\n  url: x\n"})
    desk.stage({"orders.yml": "db:\n  pool: 2\n  url: x\nnew: 1\n"})
    desk.write({"orders.yml": "db:\n  url: x\n"})
    later = desk.write({"orders.yml": "db:\n  url: x\nnew: 2\n"}).commit
    with pytest.raises(MergeConflict, match=r"orders.yml#db.pool by main .* and by staged") as refused:
        desk.apply()
    pool, new = refused.value.conflicts
    assert (pool.key, pool.reason, pool.document, pool.node.value, pool.node.line) == ("db.pool", "changed", 0, 1, 2)
    assert [(one.node.state, one.node.value, one.node.line) for one in pool.sides] == [
        ("deleted", None, 0),
        ("set", 2, 2),
    ]
    assert [(one.node.state, one.node.value) for one in new.sides] == [("set", 2), ("set", 1)]
    assert (new.node.state, new.sides[0].commit) == ("absent", later)
    assert pool.sides[0].commit != later


def test_resolutions_settle_what_conflicts_and_the_answer_says_what_they_undo(desk):
    desk.write({"orders.yml": "a: 1\nb: 1\nc: 1\n", "billing.yml": "a: 1\n"})
    desk.stage({"orders.yml": "a: 2\nb: 2\nc: 2\n", "billing.yml": "a: 2\n"})
    desk.write({"orders.yml": "a: 3\nb: 3\nc: 3\n", "billing.yml": "a: 3\n"})
    said = {"orders.yml#a": Keep.LABEL, "b": Keep.STAGED, "c": Given([1, "x"])}
    with pytest.raises(MergeConflict) as refused:
        desk.apply(resolutions=said)
    assert [one.place for one in refused.value.conflicts] == ["billing.yml#a"]
    with pytest.raises(InvalidChange, match=r"say billing.yml#a, orders.yml#a"):
        desk.apply(resolutions={"a": Keep.LABEL}, on_conflict=OnConflict.STAGED)
    done = desk.apply(resolutions=said, on_conflict=OnConflict.STAGED)
    assert desk.text("orders.yml") == "a: 3\nb: 2\nc:\n  - 1\n  - x\n"
    assert desk.text("billing.yml") == "a: 2\n"
    assert [(one.place, one.sides[0].node.value) for one in done.settled] == [
        ("billing.yml#a", 3),
        ("orders.yml#a", 3),
        ("orders.yml#b", 3),
        ("orders.yml#c", 3),
    ]


def test_a_schema_may_say_that_a_list_is_a_set(desk):
    schema = "properties: {hosts: {type: array, x-merge: set}}\n"
    desk.write({"orders.yml": "hosts: [a, b]\n", "schemas/orders.yml": schema})
    desk.stage({"orders.yml": "hosts: [a, b, c]\n"})
    desk.write({"orders.yml": "hosts: [b, d]\n"})
    desk.apply()
    assert desk.text("orders.yml") == "hosts: [b, d, c]\n"


def test_a_file_that_the_label_moved_is_followed(desk):
    desk.write({"orders.yml": "a: 1\nb: 1\n"})
    desk.stage({"orders.yml": "a: 2\nb: 1\n"})
    desk.write({"orders.yml": None, "shop.yml": "a: 1\nb: 1\n"})
    assert desk.apply().paths == ("shop.yml",)
    assert desk.text("shop.yml") == "a: 2\nb: 1\n"


def test_the_merged_tree_is_validated(desk):
    desk.stage({"orders.yml": "db: {pool: 6}\n", "bad.yml": "x: [\n"})
    with pytest.raises(ContentRefused) as refused:
        desk.apply()
    assert [(one.path, one.line) for one in refused.value.findings] == [("bad.yml", 2)]
    assert desk.apply(applications=("orders",)).findings == ()
    desk.stage({"bad.yml": "x: 1\n"})
    assert desk.apply().findings == ()


def test_a_broken_manifest_is_named(desk):
    desk.stage({"orders.yml": "db: {pool: 6}\n", "gitconfig.yml": "profils: []\n"})
    with pytest.raises(ContentRefused, match=r"gitconfig.yml:1"):
        desk.apply(applications=("orders",))
    assert desk.apply(paths=("orders.yml",), dry_run=True).changed


def test_a_part_means_what_it_means_where_it_is_staged(desk):
    desk.stage({"gitconfig.yml": "profiles: [weird]\n", "stock-weird.yml": "x: 1\n"})
    with pytest.raises(Conflict, match=r"stock-weird/default with this part alone: apply gitconfig.yml"):
        desk.apply(applications=("stock",))
    assert desk.apply(applications=("stock",), paths=("gitconfig.yml",)).changed


def test_preconditions_and_dry_run(desk):
    tip = desk.stage({"orders.yml": "db: {pool: 6}\n"}).commit
    head = desk.commit().id.decode()
    for stale in ({"expect": tip}, {"if_match": frozenset(["x"])}, {"only_new": True}):
        with pytest.raises(PreconditionFailed):
            desk.apply(**stale)
    before = desk.git.snapshot()
    for tried in ({"expect": head}, {"if_match": frozenset([tip])}, {"if_match": frozenset([head])}):
        done = desk.apply(dry_run=True, **tried)
        assert (done.changed, done.commit, done.paths) == (True, None, ("orders.yml",))
    assert desk.git.snapshot() == before
    assert desk.apply(expect=head).changed


def test_the_same_request_gets_the_same_answer(desk):
    desk.stage({"orders.yml": "db: {pool: 6}\n"})
    key = Idempotency("key", "digest")
    assert desk.apply(idempotency=key) == desk.apply(idempotency=key)


def test_broken_states_on_the_way_are_not_told(desk):
    desk.stage({"orders.yml": "x: [\n"})
    desk.stage({"orders.yml": "x: 1\n"})
    assert desk.apply().findings == ()


def test_with_validation_of_all_a_broken_state_on_the_way_is_kept_out():
    desk = scene(validate_all=True)
    desk.stage({"orders.yml": "x: [\n"})
    desk.stage({"orders.yml": "x: 1\n"})
    with pytest.raises(ContentRefused):
        desk.apply()
    assert desk.apply(applications=("orders",)).changed


def test_files_and_folders_may_change_places(desk):
    desk.write({"a/x.txt": "1", "b.txt": "1"})
    desk.stage({"a/x.txt": None})
    desk.stage({"a": "1", "b.txt": None})
    desk.stage({"b.txt/y.txt": "1"})
    desk.apply()
    assert sorted(desk.files()) == sorted([*BASE, "a", "b.txt/y.txt"])


def test_appliers_at_once():
    desk = scene()
    desk.stage({"orders.yml": "db: {pool: 6}\n", "billing.yml": "b: 1\n"})
    done, gate = [], threading.Barrier(4)

    def apply(**part):
        gate.wait()
        done.append(desk.apply(**part))

    parts = ({}, {}, {"applications": ("orders",)}, {"applications": ("billing",)})
    threads = [threading.Thread(target=apply, kwargs=part) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path for one in done for path in one.paths) == ["billing.yml", "orders.yml"]
    assert desk.staged().files == ()
    assert desk.all_files() == BASE | {"orders.yml": "db: {pool: 6}\n", "billing.yml": "b: 1\n"}


def test_an_apply_made_in_vain_is_made_again(desk, monkeypatch):
    desk.stage({"orders.yml": "db: {pool: 6}\n"})
    judge, pushes = desk.git.judge, [{"application.yml": "level: warn\n"}]

    def judged(*arguments, **options):
        while pushes:
            commit(GitRepository(desk.stored), pushes.pop())
        return judge(*arguments, **options)

    monkeypatch.setattr(desk.git, "judge", judged)
    desk.apply()
    assert desk.text("application.yml") == "level: warn\n"
    assert desk.text("orders.yml") == "db: {pool: 6}\n"


names = st.sampled_from(["application.yml", "orders.yml", "orders-prod.yml", "team/a.yml", "team/b.yml", "notes.txt"])
edits = st.dictionaries(names, st.one_of(st.none(), st.integers(0, 3).map(lambda number: f"n: {number}\n")), min_size=1)


def possible(desk, files, label):
    """Without deletions of what is not there."""
    standing = set(desk.files(label))
    return {path: text for path, text in files.items() if text is not None or path in standing}


@settings(max_examples=40, deadline=None)
@given(st.lists(edits, min_size=1, max_size=4))
def test_staging_and_applying_is_saving(steps):
    staged, saved = scene(), scene()
    for step in steps:
        saved.write(possible(saved, step, "main"))
        branch = "staged" if b"refs/heads/staged" in staged.git.snapshot() else "main"
        staged.stage(possible(staged, step, branch))
    staged.apply()
    assert staged.commit().tree == saved.commit().tree
    assert staged.staged().files == ()


@settings(max_examples=40, deadline=None)
@given(edits, edits, st.sets(names))
def test_two_parts_are_the_whole(step, meanwhile, first):
    desks = scene(), scene()
    for desk in desks:
        desk.stage(possible(desk, step, "main"))
        free = {path: text for path, text in meanwhile.items() if path not in step}
        desk.write(possible(desk, free, "main"))
    desks[0].apply()
    if first:
        desks[1].apply(paths=tuple(sorted(first)))
    if set(step) - first:
        desks[1].apply(paths=tuple(sorted(set(step) - first)))
    assert desks[1].commit().tree == desks[0].commit().tree
    assert [desk.staged().files for desk in desks] == [(), ()]


def test_a_part_of_what_grew_from_several_commits_is_held_against_all_of_them():
    """A part that was confirmed while another one was applied is no change any more, whatever the label does later."""
    desk = PendingDesk()
    desk.write({"orders.yml": "a: 1\n", "carts.yml": "a: 1\n"})
    desk.stage({"orders.yml": "a: 2\n", "carts.yml": "a: 2\n", "billing.yml": "a: 2\n"})
    pending = desk.apply_for(applications=("orders",)).pending
    desk.apply(applications=("carts",))
    desk.confirm(pending)
    desk.write({"orders.yml": "a: 1\n", "carts.yml": "a: 1\n"})
    assert [one.application for one in desk.staged().changes] == ["billing"]
    assert desk.apply(applications=("orders", "carts")).changed is False
    assert desk.apply(applications=("billing",)).paths == ("billing.yml",)
    assert (desk.text("orders.yml"), desk.text("carts.yml")) == ("a: 1\n", "a: 1\n")

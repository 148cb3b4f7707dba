"""Applies that undo themselves unless somebody confirms them."""

import re
from datetime import timedelta

import pytest
from support.pending import PENDING_MAIN, PendingDesk
from support.writing import NOON, request

from gitconfig_server.errors import (
    Conflict,
    ContentRefused,
    InvalidChange,
    InvalidName,
    LabelPinned,
    PendingApply,
    PendingEnded,
    PendingNotFound,
    PreconditionFailed,
)
from gitconfig_server.git.objects.commits import read_commit
from gitconfig_server.model.history import DiffQuery
from gitconfig_server.model.pending import Brake
from gitconfig_server.model.reads import Reading, View
from gitconfig_server.model.writes import Idempotency, NewLabel


def test_readers_get_it_at_once_and_the_label_when_it_is_confirmed(desk):
    head = desk.commit().id
    done = desk.apply_for(600)
    assert (done.label, done.previous, done.changed, done.paths) == ("main", head.decode(), True, ("orders.yml",))
    assert (desk.served(), desk.saved()) == (9, 5)
    assert desk.commit().id == head
    assert desk.text("orders.yml") == "pool: 5\n"
    confirmed = desk.confirm(done.pending)
    assert (confirmed.commit, confirmed.previous, confirmed.paths) == (done.commit, head.decode(), ("orders.yml",))
    assert (desk.served(), desk.saved()) == (9, 9)
    assert desk.commit("staged").id.decode() == done.commit
    assert desk.reasons()[-2:] == ["pending", "confirm"]
    assert PENDING_MAIN not in desk.git.snapshot()


def test_an_answer_tells_that_it_is_for_a_while(desk):
    saved = desk.commit().id.decode()
    done = desk.apply_for(60)
    found = desk.engine.environment(("orders",), ("default",), Reading())
    assert (found.commit, found.running.saved, found.running.pending) == (done.commit, saved, done.pending)
    assert found.running.deadline == NOON + timedelta(seconds=60)
    assert not found.basis.until.has_passed()
    assert desk.engine.environment(("orders",), ("default",), Reading(saved)).running is None
    shown = desk.engine.hanging("main").pending
    assert (shown.id, shown.saved, shown.commit, shown.paths) == (done.pending, saved, done.commit, ("orders.yml",))
    desk.pass_time(60)
    assert found.basis.until.has_passed()
    assert found.basis.renewed() is None
    assert desk.engine.hanging("main").pending is None


def test_it_can_be_cancelled_once(desk):
    done = desk.apply_for()
    cancelled = desk.cancel(done.pending)
    assert (cancelled.commit, cancelled.paths) == (done.previous, ("orders.yml",))
    assert desk.served() == 5
    with pytest.raises(PendingEnded) as caught:
        desk.cancel(done.pending)
    assert (caught.value.how, caught.value.by) == ("cancel", "ada")
    with pytest.raises(PendingEnded):
        desk.confirm(done.pending)
    with pytest.raises(PendingNotFound):
        desk.confirm("0" * 8)


def test_what_is_confirmed_may_be_confirmed_again(desk):
    done = desk.apply_for()
    desk.confirm(done.pending)
    desk.pass_time(10_000)
    again = desk.confirm(done.pending)
    assert (again.changed, again.commit) == (False, done.commit)
    with pytest.raises(PendingEnded) as caught:
        desk.cancel(done.pending)
    assert caught.value.how == "confirm"


def test_a_request_that_comes_again_is_answered_as_before_while_it_is_so(desk):
    key = Idempotency("key", "digest")
    done = desk.apply_for(600, idempotency=key)
    again = desk.apply_for(600, idempotency=key)
    assert (again.pending, again.commit, again.paths) == (done.pending, done.commit, done.paths)
    desk.pass_time(600)
    with pytest.raises(PendingEnded):
        desk.apply_for(600, idempotency=key)


def test_a_label_has_one_at_a_time(desk):
    done = desk.apply_for()
    desk.stage({"billing.yml": "x: 2\n"})
    with pytest.raises(PendingApply) as caught:
        desk.apply_for()
    assert (caught.value.pending, caught.value.deadline) == (done.pending, NOON + timedelta(seconds=600))


def test_a_new_deadline_counts_from_now(desk):
    done = desk.apply_for(60)
    desk.pass_time(50)
    assert desk.engine.extend(request("main"), done.pending, 60).pending == done.pending
    desk.pass_time(59)
    assert desk.served() == 9
    desk.pass_time(1)
    assert desk.served() == 5
    with pytest.raises(PendingEnded):
        desk.engine.extend(request("main"), done.pending, 60)
    assert "deadline" in desk.reasons()


@pytest.mark.parametrize("seconds", [0, -1, 24 * 3600 + 1])
def test_a_time_out_of_bounds_is_refused(desk, seconds):
    with pytest.raises(InvalidChange, match="seconds"):
        desk.apply_for(seconds)


def test_nothing_is_pending_where_nothing_is_staged_or_nothing_could_be_applied(desk):
    tried = desk.apply_for(dry_run=True)
    assert (tried.changed, tried.commit, tried.pending) == (True, None, None)
    assert desk.engine.hanging("main").pending is None
    with pytest.raises(PreconditionFailed):
        desk.apply_for(expect="0" * 40)
    desk.stage({"orders.yml": "broken: [\n"})
    with pytest.raises(ContentRefused):
        desk.apply_for()
    desk.discard()
    assert desk.apply_for().changed is False
    assert desk.engine.hanging("main").pending is None


def test_every_write_and_every_revision_means_what_is_saved(desk):
    head = desk.commit().id.decode()
    done = desk.apply_for()
    desk.engine.make_label(request("v1"), "v1", NewLabel("main"))
    assert desk.engine.label("v1").commit == head
    assert [label.commit for label in desk.engine.labels() if label.name == "main"] == [head]
    assert desk.engine.source("orders", "default", Reading("main")).commit == head
    assert desk.engine.file("orders.yml", Reading("main")).content == b"pool: 5\n"
    assert desk.served("pool", view=View.RUNNING) == 9
    for revision in ("main~0", "main^0", head[:10]):
        assert desk.engine.environment(("orders",), ("default",), Reading(revision)).commit == head
    desk.write({"billing.yml": "x: 7\n"})
    assert desk.restore("main", path="billing.yml").changed is False
    with pytest.raises(InvalidName):
        desk.engine.make_label(request("pending"), "pending", NewLabel("main"))
    with pytest.raises(Conflict, match="confirm"):
        desk.engine.make_label(request("v2"), "v2", NewLabel("pending"))
    assert desk.confirm(done.pending).changed


def test_a_disjoint_save_is_taken_and_confirm_keeps_both(desk):
    done = desk.apply_for()
    saved = desk.write({"billing.yml": "x: 2\n"})
    assert (desk.served(), desk.served("x", "billing")) == (9, 2)
    assert (desk.saved(), desk.saved("x", "billing")) == (5, 2)
    assert desk.reasons()[-1] == "save"
    shown = desk.engine.hanging("main").pending
    assert (shown.id, shown.saved, shown.paths) == (done.pending, saved.commit, ("orders.yml",))
    assert shown.deadline == NOON + timedelta(seconds=600)
    desk.write({"third.yml": "y: 1\n"})
    desk.confirm(done.pending)
    assert desk.all_files() == {"orders.yml": "pool: 9\n", "billing.yml": "x: 2\n", "third.yml": "y: 1\n"}
    assert desk.staged().files == ()
    merged = desk.commit()
    assert len(merged.parents) == 2
    assert read_commit(desk.git.objects, merged.parents[0]).parents[0].decode() == saved.commit


@pytest.mark.parametrize(
    "files",
    [
        {"orders.yml": "pool: 7\n"},
        {"orders.yml": None},
        {"gitconfig.yml": "profiles: [eu]\n"},
        {"schemas/orders.json": "{}\n"},
        {"orders.yml/x.txt": "1"},
    ],
    ids=["the same file", "deleted", "the manifest", "a schema", "a folder in its place"],
)
def test_a_save_that_touches_it_is_refused_with_id_and_deadline(desk, files):
    done = desk.apply_for()
    if "orders.yml/x.txt" in files:
        files = {"orders.yml": None, **files}
    with pytest.raises(PendingApply) as caught:
        desk.write(files)
    assert (caught.value.pending, caught.value.code) == (done.pending, "pending")
    assert desk.served() == 9
    desk.pass_time(600)
    assert desk.write(files).changed


def test_both_names_of_a_rename_are_touched():
    desk = PendingDesk()
    desk.begin({"orders.yml": None, "orders.yaml": "pool: 5\n"})
    desk.apply_for()
    for files in ({"orders.yml": "pool: 6\n"}, {"orders.yaml": "pool: 6\n"}):
        with pytest.raises(PendingApply):
            desk.write(files)


def test_going_back_may_cancel_what_is_pending(desk):
    desk.write({"orders.yml": "pool: 6\n"})
    desk.stage({"orders.yml": "pool: 9\n", "billing.yml": "x: 3\n"})
    desk.discard()
    desk.stage({"orders.yml": "pool: 9\n"})
    done = desk.apply_for()
    with pytest.raises(PendingApply):
        desk.restore("main~1")
    assert desk.restore("main~1", options=request(cancel_pending=True).options).changed
    assert (desk.served(), desk.saved()) == (5, 5)
    with pytest.raises(PendingEnded) as caught:
        desk.confirm(done.pending)
    assert (caught.value.how, caught.value.by) == ("cancel", "ada")


def test_a_part_that_is_confirmed_leaves_the_rest_staged():
    desk = PendingDesk()
    desk.begin({"orders.yml": "pool: 9\n", "billing.yml": "x: 2\n"})
    done = desk.apply_for(applications=("orders",))
    assert (desk.served(), desk.served("x", "billing")) == (9, 1)
    desk.confirm(done.pending)
    assert desk.all_files() == {"orders.yml": "pool: 9\n", "billing.yml": "x: 1\n"}
    assert [one.path for one in desk.staged().files] == ["billing.yml"]


def test_a_part_that_was_built_anew_leaves_the_rest_staged():
    desk = PendingDesk()
    desk.begin({"orders.yml": "pool: 9\n", "billing.yml": "x: 2\n"})
    done = desk.apply_for(applications=("orders",))
    desk.write({"third.yml": "y: 1\n"})
    desk.write({"third.yml": "y: 2\n"})
    desk.stage({"fourth.yml": "z: 1\n"})
    desk.confirm(done.pending)
    assert desk.all_files() == {"orders.yml": "pool: 9\n", "billing.yml": "x: 1\n", "third.yml": "y: 2\n"}
    assert [one.path for one in desk.staged().files] == ["billing.yml", "fourth.yml"]
    desk.write({"orders.yml": "pool: 10\n"})
    assert desk.apply().paths == ("billing.yml", "fourth.yml")
    assert desk.text("orders.yml") == "pool: 10\n"


def test_what_is_staged_meanwhile_remains_staged(desk):
    done = desk.apply_for()
    desk.stage({"billing.yml": "x: 2\n"})
    desk.confirm(done.pending)
    assert desk.all_files() == {"orders.yml": "pool: 9\n", "billing.yml": "x: 1\n"}
    assert [one.path for one in desk.staged().files] == ["billing.yml"]


def test_what_is_pending_can_be_compared(desk):
    done = desk.apply_for()
    found = desk.engine.diff(Reading("main"), Reading("pending"), DiffQuery())
    assert (found.new.revision, found.new.commit) == ("pending", done.commit)
    assert [(one.key, one.old, one.new) for one in found.changes] == [("pool", 5, 9)]
    desk.cancel(done.pending)
    with pytest.raises(PendingNotFound):
        desk.engine.diff(Reading("main"), Reading("pending"), DiffQuery(label="main"))


def test_a_pinned_label_takes_no_apply_with_a_deadline(desk):
    until = NOON + timedelta(hours=1)
    desk.engine.pin(request("main"), Brake("incident", until))
    told = f"main is pinned to .* by {request('main').who.name} until {re.escape(until.isoformat())}: unpin it first"
    with pytest.raises(LabelPinned, match=told):
        desk.apply_for()

"""Pins hold a label's readers, freezes its writers."""

from datetime import timedelta

import pytest
from support.pending import PendingDesk
from support.writing import NOON, request

from gitconfig_server.errors import (
    BrakeNotFound,
    Conflict,
    InvalidChange,
    InvalidName,
    LabelFrozen,
    LabelNotFound,
    PreconditionFailed,
)
from gitconfig_server.model.pending import Brake
from gitconfig_server.model.reads import LabelKind, Reading
from gitconfig_server.model.writes import NewLabel


@pytest.fixture
def desk():
    desk = PendingDesk()
    desk.begin({"billing.yml": "x: 2\n"})
    desk.write({"orders.yml": "pool: 6\n"})
    return desk


def pin(desk, revision=None, label="main", **brake):
    return desk.engine.pin(request(label), Brake(revision=revision, **brake))


def freeze(desk, label="main", **brake):
    return desk.engine.freeze(request(label), Brake(**brake))


def test_readers_of_a_pinned_label_get_that_revision_and_writers_go_on(desk):
    tip = desk.commit().id.decode()
    done = pin(desk, "main~1", reason="incident 7")
    assert (desk.served(), desk.saved(), done.previous, desk.commit().id.decode()) == (5, 6, tip, tip)
    desk.write({"orders.yml": "pool: 7\n"})
    assert (desk.served(), desk.saved()) == (5, 7)
    state = desk.engine.environment(("orders",), ("default",), Reading()).running
    assert (state.pin, state.pending, state.deadline) == ("main~1", None, None)
    found = desk.engine.hanging("main").pin
    assert (found.revision, found.reason, found.actor, found.since) == ("main~1", "incident 7", "ada", NOON)
    lifted = desk.engine.unpin(request("main"))
    assert (lifted.commit, desk.served()) == (desk.commit().id.decode(), 7)
    with pytest.raises(BrakeNotFound):
        desk.engine.unpin(request("main"))


def test_a_pin_ends_by_itself(desk):
    pin(desk, "main~1", until=NOON + timedelta(hours=1))
    desk.pass_time(3599)
    assert desk.served() == 5
    desk.pass_time(1)
    assert (desk.served(), desk.engine.hanging("main").pin) == (6, None)
    desk.write({"other.yml": "a: 1\n"})
    assert desk.reasons()[-2:] == ["timeout", "save"]


def test_a_pin_without_a_revision_holds_what_readers_get_now(desk):
    pin(desk)
    desk.write({"orders.yml": "pool: 7\n"})
    assert desk.served() == 6
    assert pin(desk, "main").previous != pin(desk, "main").commit or desk.served() == 7


def test_a_pin_keeps_its_commit_alive_and_tags_can_be_pinned_too(desk):
    desk.engine.make_label(request("v1"), "v1", NewLabel("main", LabelKind.TAG))
    pin(desk, "main~1", label="v1")
    found = desk.engine.environment(("orders",), ("default",), Reading("v1"))
    assert found.sources[0].properties["pool"] == 5
    assert {ref for ref in desk.git.snapshot() if b"pin" in ref} == {b"refs/gitconfig/pin/tags/v1"}


def test_at_answers_with_pins(desk):
    desk.pass_time(100)
    pin(desk, "main~1", until=NOON + timedelta(seconds=200))
    desk.pass_time(500)
    times = (NOON + timedelta(seconds=seconds) for seconds in (50, 150, 250))
    assert [desk.served(at=time.isoformat()) for time in times] == [6, 5, 6]


def test_nobody_writes_to_a_frozen_label_but_to_go_back(desk):
    freeze(desk, reason="audit", until=NOON + timedelta(hours=1))
    with pytest.raises(LabelFrozen, match=r"until 2026-01-31T13:00:00\+00:00 by ada: audit"):
        desk.write({"orders.yml": "pool: 7\n"})
    for seconds in (None, 60):
        with pytest.raises(LabelFrozen):
            desk.engine.apply(request("main"), confirm_within=seconds)
    assert desk.stage({"billing.yml": "x: 3\n"}).changed
    assert desk.restore("main~1", path="orders.yml").changed
    pin(desk, "main~1")
    desk.engine.unfreeze(request("main"))
    assert desk.write({"orders.yml": "pool: 7\n"}).changed
    with pytest.raises(BrakeNotFound):
        desk.engine.unfreeze(request("main"))


def test_what_is_pending_can_be_confirmed_and_cancelled_on_a_frozen_label(desk):
    done = desk.apply_for()
    freeze(desk)
    assert desk.confirm(done.pending).changed
    desk.engine.unfreeze(request("main"))
    desk.stage({"billing.yml": "x: 3\n"})
    later = desk.apply_for()
    freeze(desk)
    assert desk.cancel(later.pending).changed


def test_a_freeze_ends_by_itself(desk):
    freeze(desk, until=NOON + timedelta(hours=1))
    desk.pass_time(3600)
    assert desk.engine.hanging("main").freeze is None
    assert desk.write({"orders.yml": "pool: 7\n"}).changed


def test_brakes_are_refused_where_they_mean_nothing(desk):
    with pytest.raises(InvalidChange, match="passed"):
        pin(desk, until=NOON)
    with pytest.raises(InvalidChange, match="characters"):
        freeze(desk, reason="x" * 1001)
    with pytest.raises(LabelNotFound):
        pin(desk, label="absent")
    with pytest.raises(InvalidName):
        pin(desk, label="staged")
    with pytest.raises(LabelNotFound):
        pin(desk, "absent")
    with pytest.raises(PreconditionFailed):
        desk.engine.pin(request("main", expect="0" * 40), Brake())


def test_what_follows_upstream_is_not_frozen_but_pinned():
    desk = PendingDesk()
    desk.begin()
    desk.open_again(followed=["main"])
    with pytest.raises(Conflict, match="pin"):
        freeze(desk)
    assert pin(desk, "main").changed


def test_a_pin_goes_with_its_label(desk):
    desk.engine.make_label(request("next"), "next", NewLabel("main~1"))
    pin(desk, label="next")
    desk.engine.delete_label(request("next"), "next")
    desk.engine.make_label(request("next"), "next", NewLabel("main"))
    assert desk.engine.hanging("next").pin is None
    assert not [ref for ref in desk.git.snapshot() if ref.startswith(b"refs/gitconfig/pin/")]


def test_a_check_tells_what_would_refuse_the_apply(desk):
    """As the apply itself would, and before it; a pin keeps nobody from applying for good."""
    assert desk.check().passed
    desk.engine.freeze(request("main"), Brake("release night", NOON + timedelta(hours=1)))
    (frozen,) = desk.check().findings
    assert (frozen.path, frozen.rule, frozen.fatal) == ("refs/heads/main", "frozen", True)
    with pytest.raises(LabelFrozen) as refused:
        desk.apply()
    assert str(refused.value) == f"{frozen.path}: {frozen.detail}"
    desk.engine.unfreeze(request("main"))
    desk.engine.pin(request("main"), Brake("incident 7"))
    (pinned,) = desk.check().findings
    assert (pinned.rule, pinned.fatal, "incident 7" in pinned.detail) == ("pinned", False, True)
    desk.engine.unpin(request("main"))
    pending = desk.apply_for().pending
    desk.stage({"billing.yml": "x: 3\n", "carts.yml": "y: 1\n"})
    (touched,) = desk.check().findings
    assert (touched.rule, touched.fatal, pending in touched.detail) == ("pending", True, True)
    (beside,) = desk.check(applications=("carts",)).findings
    assert (beside.rule, beside.fatal) == ("pending", False)
    assert desk.apply(applications=("carts",)).changed

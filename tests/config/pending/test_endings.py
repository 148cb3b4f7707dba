"""How an apply that awaits its confirmation ends: by its time on two clocks, at a restart, in a race."""

from datetime import UTC, datetime, timedelta

import pytest
from support.pending import PENDING_MAIN, PendingDesk
from support.writing import NOON, disk_repository

from gitconfig_server.config.running.clocks import system_moments
from gitconfig_server.errors import (
    PendingEnded,
)
from gitconfig_server.model.reads import View
from gitconfig_server.storage.base import JournalRecord, RefUpdate


def test_its_time_passes_without_anybody_doing_anything(desk):
    done = desk.apply_for(600)
    desk.pass_time(599)
    assert desk.served() == 9
    refs = desk.git.snapshot()
    desk.pass_time(1)
    assert (desk.served(), desk.git.snapshot()) == (5, refs)
    with pytest.raises(PendingEnded) as caught:
        desk.confirm(done.pending)
    assert (caught.value.how, caught.value.at, caught.value.by) == ("timeout", NOON + timedelta(seconds=600), "")
    assert desk.staged().tip is not None


def test_what_is_over_is_journalled_before_anything_else_moves(desk):
    done = desk.apply_for(60)
    desk.pass_time(90)
    desk.write({"other.yml": "a: 1\n"})
    assert desk.reasons()[-2:] == ["timeout", "save"]
    with pytest.raises(PendingEnded) as caught:
        desk.confirm(done.pending)
    assert (caught.value.how, caught.value.at) == ("timeout", NOON + timedelta(seconds=60))
    again = desk.apply_for(60)
    assert again.pending != done.pending
    assert desk.served() == 9


def test_at_answers_what_readers_got_then(desk):
    desk.pass_time(100)
    done = desk.apply_for(60)
    desk.pass_time(200)
    desk.write({"other.yml": "a: 1\n"})

    def at(seconds):
        return desk.served(at=(NOON + timedelta(seconds=seconds)).isoformat())

    assert [at(99), at(100), at(159), at(160), at(300)] == [5, 9, 9, 5, 5]
    assert desk.served(at=(NOON + timedelta(seconds=120)).isoformat(), view=View.SAVED) == 5
    assert done.pending


@pytest.mark.parametrize("seconds", [1, 599])
def test_after_a_restart_it_goes_on_as_long_as_there_is_time(desk, seconds):
    done = desk.apply_for(600)
    desk.pass_time(seconds)
    desk.ticks, desk.boot = 3.0, "another"
    desk.open_again()
    assert desk.served() == 9
    desk.pass_time(600 - seconds)
    assert desk.served() == 5
    with pytest.raises(PendingEnded):
        desk.confirm(done.pending)


def test_after_a_restart_that_came_too_late_the_first_answer_is_what_is_saved(desk):
    desk.apply_for(600)
    desk.now += timedelta(seconds=601)
    desk.ticks, desk.boot = 3.0, "another"
    desk.open_again()
    assert desk.served() == 5


def test_a_clock_that_is_set_wins_nobody_time(desk):
    desk.apply_for(600)
    desk.now -= timedelta(hours=1)
    assert desk.served() == 9
    desk.pass_time(600)
    assert desk.served() == 5


def test_confirming_and_time_out_in_one_instant_leave_one_winner(desk, monkeypatch):
    done = desk.apply_for(600)
    judge, raced = desk.git.judge, []

    def late(*words, **more):
        if not raced:  # another server, whose clock is ahead, between the look at the deadline and the door
            record = JournalRecord((RefUpdate(PENDING_MAIN, desk.git.snapshot()[PENDING_MAIN], None),), "timeout")
            raced.append(desk.stored.update_refs(record.updates, record=record))
            desk.pass_time(600)
        return judge(*words, **more)

    monkeypatch.setattr(desk.git, "judge", late)
    with pytest.raises(PendingEnded) as caught:
        desk.confirm(done.pending)
    assert (caught.value.how, desk.served(), desk.saved()) == ("timeout", 5, 5)
    assert desk.reasons()[-1] == "timeout"


def test_a_time_out_that_comes_after_a_confirmation_changes_nothing(desk):
    done = desk.apply_for(600)
    desk.pass_time(599)
    desk.confirm(done.pending)
    desk.pass_time(1)
    assert (desk.engine.remove_ended(), desk.served(), desk.saved()) == (0, 9, 9)


def test_a_label_that_moves_from_under_it_voids_it(tmp_path):
    desk = PendingDesk(disk_repository(tmp_path), datetime.now(UTC))
    desk.begin()
    done = desk.apply_for()
    (tmp_path / "test" / "refs" / "heads" / "main").write_text(desk.commit("staged").id.decode() + "\n")
    desk.write({"other.yml": "a: 1\n"})
    assert PENDING_MAIN not in desk.git.snapshot()
    with pytest.raises(PendingEnded) as caught:
        desk.confirm(done.pending)
    assert caught.value.how == "void"


def test_the_machines_own_clocks_will_do(tmp_path):
    desk = PendingDesk()
    desk.moment = system_moments()
    desk.open_again()
    desk.begin()
    done = desk.apply_for(600)
    assert desk.served() == 9
    desk.confirm(done.pending)
    assert desk.saved() == 9

"""Deadlines: two clocks, restarts, and clocks that are set."""

from datetime import UTC, datetime, timedelta

import pytest

from gitconfig_server.config.running.clocks import Expiry, Grant, Moment, system_moments

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def moment(seconds=0.0, *, ticks=None, boot="one"):
    """So many seconds after noon; the clock that nobody can set may disagree."""
    return Moment(NOON + timedelta(seconds=seconds), boot, 50 + (seconds if ticks is None else ticks))


DEADLINE = Grant(moment(), 600)


@pytest.mark.parametrize(
    ("now", "passed"),
    [
        (moment(0), False),
        (moment(599.9), False),
        (moment(600), True),
        (moment(-3600, ticks=599), False),
        (moment(-3600, ticks=600), True),
        (moment(3600, ticks=1), True),
        (moment(599, boot="two", ticks=0), False),
        (moment(600, boot="two", ticks=0), True),
        (moment(-6, boot="two", ticks=0), True),
        (moment(-4, boot="two", ticks=0), False),
        (moment(0, boot="two", ticks=9999), False),
    ],
    ids=[
        "at once",
        "just before",
        "in time",
        "the clock was set back, and time is left",
        "the clock was set back: no time is won",
        "the clock was set forward: it ends early",
        "after a restart, in time",
        "after a restart, too late",
        "after a restart, the clock is behind the start",
        "another machine sees the same clock a little late",
        "after a restart, the other clock begins anew",
    ],
)
def test_a_deadline_passes_by_either_clock(now, passed):
    assert DEADLINE.has_passed(now) is passed
    assert (DEADLINE.left(now) == 0) is passed


def test_no_more_time_is_left_than_was_granted():
    assert DEADLINE.left(moment(0)) == 600
    assert DEADLINE.left(moment(100)) == 500
    assert DEADLINE.left(moment(-3600, ticks=100)) == 500
    assert DEADLINE.left(moment(200, ticks=100)) == 400


def test_the_clocks_of_the_machine_go_on():
    moments = system_moments()
    first, second = moments(), moments()
    assert first.boot == second.boot != ""
    assert second.ticks >= first.ticks
    assert not Expiry(Grant(first, 3600), moments).has_passed()
    assert Expiry(Grant(first, 0), moments).has_passed()

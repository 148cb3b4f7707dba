from datetime import timedelta

from support.writing import NOON, Desk

from gitconfig_server.git.lookup import find
from gitconfig_server.model.writes import PutFile
from gitconfig_server.revisions import Revision
from gitconfig_server.service.storage_state import clock_ahead, storage_readiness


def test_a_clock_that_ran_ahead_is_told_and_now_is_the_present():
    desk = Desk()
    desk.change(PutFile("a.yml", b"x: 1\n"))
    assert (clock_ahead(desk.stored), storage_readiness(desk.stored).details) == (0.0, {})
    desk.now = NOON + timedelta(days=1)
    desk.change(PutFile("a.yml", b"x: 2\n"))
    desk.now = NOON + timedelta(minutes=1)
    last = desk.change(PutFile("a.yml", b"x: 3\n"))
    assert clock_ahead(desk.stored) == timedelta(hours=24, minutes=-1).total_seconds()
    assert storage_readiness(desk.stored).details == {"journal": {"clock_ahead": 86340}}
    assert find(desk.git, Revision("main", at=desk.now)).commit.decode() == last.commit

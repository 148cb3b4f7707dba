"""What a restore or revert has taken away is not set again by an apply, unless it is told to."""

import pytest
from support.staging import StagingDesk

from gitconfig_server.errors import KnownBad


@pytest.fixture
def desk():
    made = StagingDesk()
    made.write({"orders.yml": "pool: 1\nurl: a\n"})
    return made


def test_a_staged_change_that_was_reverted_is_refused(desk):
    desk.stage({"orders.yml": "pool: 99\nurl: a\n"})
    applied = desk.apply().commit
    undone = desk.revert(applied, mainline=1).commit
    desk.stage({"orders.yml": "pool: 99\nurl: b\n"})
    with pytest.raises(KnownBad, match=rf"orders.yml#pool would be as it was before {undone[:8]} undid it") as refused:
        desk.apply()
    assert refused.value.keys == ("orders.yml#pool",)
    assert desk.apply(keys=("url",)).changed is True


def test_another_value_may_be_applied(desk):
    desk.write({"orders.yml": "pool: 99\nurl: a\n"})
    desk.restore("main~1")
    desk.stage({"orders.yml": "pool: 98\nurl: a\n"})
    assert desk.apply().changed is True


def test_including_it_clears_it(desk):
    desk.write({"orders.yml": "pool: 99\nurl: a\n"})
    desk.restore("main~1")
    desk.stage({"orders.yml": "pool: 99\nurl: a\n"})
    with pytest.raises(KnownBad):
        desk.apply()
    desk.apply(include_known_bad=True)
    assert desk.text("orders.yml") == "pool: 99\nurl: a\n"
    desk.write({"orders.yml": "pool: 1\nurl: a\n"})
    desk.stage({"orders.yml": "pool: 99\nurl: a\n"})
    assert desk.apply().changed is True


def test_a_restore_is_never_refused(desk):
    desk.write({"orders.yml": "pool: 99\nurl: a\n"})
    desk.restore("main~1")
    assert desk.restore("main~1").changed is True
    assert desk.text("orders.yml") == "pool: 99\nurl: a\n"

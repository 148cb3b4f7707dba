"""What a restore or revert has taken away is not set again by an apply, unless it is told to."""

import pytest
from support.staging import StagingDesk

from gitconfig_server.config.staging.known_bad import find_known_bad
from gitconfig_server.errors import KnownBad
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.trees import TreeView


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
    told = desk.check()
    assert (told.passed, [(one.path, one.rule, one.fatal) for one in told.findings]) == (
        False,
        [("orders.yml", "known-bad", True)],
    )
    assert desk.check(keys=("url",)).passed
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


def test_a_save_is_warned(desk):
    desk.write({"orders.yml": "pool: 99\nurl: a\n"})
    undone = desk.restore("main~1").commit
    assert desk.write({"orders.yml": "pool: 98\nurl: a\n"}).findings == ()
    again = desk.write({"orders.yml": "pool: 99\nurl: a\n"})
    said = f"orders.yml: pool is set again as it was before {undone[:8]} undid it [known-bad]"
    assert [str(one) for one in again.findings] == [said]
    assert again.changed is True
    assert [one.fatal for one in again.findings] == [False]


def test_a_restore_and_an_apply_that_includes_it_are_not_warned(desk):
    desk.write({"orders.yml": "pool: 99\nurl: a\n"})
    desk.restore("main~1")
    assert desk.restore("main~1").findings == ()
    desk.restore("main~1")
    desk.stage({"orders.yml": "pool: 99\nurl: a\n"})
    assert desk.apply(include_known_bad=True).findings == ()


def test_what_stands_beneath_a_tip_is_read_once(desk):
    desk.write({"orders.yml": "pool: 99\nurl: a\n"})
    desk.restore("main~1")
    for number in range(3):
        desk.write({"other.yml": f"a: {number}\n"})
    again = desk.write({"orders.yml": "pool: 99\nurl: a\n"})
    assert [one.rule for one in again.findings] == ["known-bad"]
    objects, head = desk.git.objects, desk.git.snapshot()[b"refs/heads/main"]
    old = TreeView(objects, tree_of(objects, desk.commit().parents[0]))
    fresh = [find_known_bad(objects, head, old, TreeView(objects, desk.commit().tree)) for _ in range(2)]
    assert fresh[0] == fresh[1] != []

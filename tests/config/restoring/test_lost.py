"""What a restore takes away that came later is said."""

from support.staging import StagingDesk


def test_later_commits_that_are_undone_are_named():
    desk = StagingDesk()
    then = desk.write({"orders.yml": "pool: 1\nurl: a\n", "carts.yml": "a: 1\n"}).commit
    pool = desk.write({"orders.yml": "pool: 2\nurl: a\n"}).commit
    desk.write({"carts.yml": "a: 2\n"})
    url = desk.write({"orders.yml": "pool: 2\nurl: b\n"}).commit
    assert [one.commit for one in desk.restore(then, path="orders.yml", keys=("pool",)).lost] == [pool]
    desk.revert("main")
    found = desk.restore(then, path="orders.yml").lost
    assert [one.commit for one in found][-2:] == [url, pool]
    assert len(found) == 4


def test_of_another_history_nothing_came_later():
    desk = StagingDesk()
    desk.write({"orders.yml": "pool: 1\n"})
    desk.label("other")
    other = desk.write({"orders.yml": "pool: 5\n"}, label="other").commit
    desk.write({"orders.yml": "pool: 2\n"})
    assert desk.restore(other).lost == ()

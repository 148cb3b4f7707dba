"""When answers end that were made of several things."""

import pytest

from gitconfig_server.errors import StorageError
from gitconfig_server.service.spring.bases import Soonest, Watch


class End:
    """An end that is over or not."""

    def __init__(self, passed):
        self.passed = passed

    def has_passed(self):
        return self.passed


@pytest.mark.parametrize("ends", [(), (False,), (True,), (False, True), (False, False), (True, False)])
def test_the_soonest_of_several_ends_ends_with_the_first_of_them(ends):
    assert Soonest(tuple(map(End, ends))).has_passed() == any(ends)


def test_a_watch_ends_with_a_move_where_nobody_knows_and_where_the_repository_is_closed():
    told = [1, 1, 2, None, None]
    watch = Watch(lambda: told.pop(0), told.pop(0))
    assert [watch.has_passed() for _ in range(3)] == [False, True, True]
    unknown = watch.renewed()
    told.extend([None, 3])
    assert [unknown.has_passed() for _ in range(2)] == [True, True]

    def closed():
        raise StorageError("closed")

    assert Watch(closed, 1).has_passed()

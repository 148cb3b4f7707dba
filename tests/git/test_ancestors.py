import pytest
from support.repositories import commit, memory_repository

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.ancestors import FirstParents
from gitconfig_server.git.objects.reader import ObjectMap, make_object
from gitconfig_server.storage.objects import COMMIT

LINES = b"author a <a@b> %d +0000\ncommitter a <a@b> %d +0000\n\n%d\n"


class Counting(ObjectMap):
    """Counts how often it is asked."""

    asked = 0

    def get_raw(self, name):
        self.asked += 1
        return super().get_raw(name)


def history(length, parent=None):
    """Commits in one line, newest first."""
    made = []
    for number in range(length):
        head = b"tree " + b"1" * 40 + b"\n" + (b"parent " + parent + b"\n" if parent else b"")
        made.append(make_object(COMMIT, head + LINES % (number, number, number)))
        parent = made[-1].id
    return made[::-1]


def test_a_way_is_walked_once_and_found_again_by_all_who_meet_it():
    line = history(5000)
    younger = history(300, line[0].id)
    objects = Counting([*line, *younger])
    found = FirstParents(objects, None)
    assert found.back(line[0].id, 4999) == (line[-1].id, 4999)
    assert objects.asked == 4999
    objects.asked = 0
    for start in (0, 1, 700, 4000):
        for steps in (0, 1, 130, 999 - start % 7):
            assert found.back(line[start].id, steps) == (line[start + steps].id, steps)
    assert found.back(younger[0].id, 300 + 4000) == (line[4000].id, 4300)
    assert found.back(younger[0].id, 9999) == (line[-1].id, 5299)
    assert objects.asked < 4 * 3 * 128 + 2 * 301 + 2


def test_a_way_goes_on_where_somebody_goes_further():
    line = history(6000)
    objects = Counting(line)
    found = FirstParents(objects, None)
    found.back(line[0].id, 2000)
    assert found.back(line[0].id, 5000) == (line[5000].id, 5000)
    assert objects.asked == 5000
    assert found.back(line[0].id, 4900) == (line[4900].id, 4900)
    assert objects.asked == 5000


def test_another_line_is_not_taken_for_the_one_that_was_walked():
    base = history(2000)
    one, other = history(1500, base[0].id), history(1500, base[1].id)
    found = FirstParents(ObjectMap([*base, *one, *other]), None)
    for line in (one, other, one):
        assert found.back(line[0].id, 1600)[0] == (base[100].id if line is one else base[101].id)


def test_a_commit_that_is_missing_is_told():
    git = memory_repository()
    commit(git, {"a": "1"})
    with pytest.raises(CorruptRepository, match="missing"):
        FirstParents(git.objects, None).back(b"1" * 40, 1)

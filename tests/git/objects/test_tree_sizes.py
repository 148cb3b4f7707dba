import pytest
from support import packs

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.reader import ObjectMap, make_blob
from gitconfig_server.git.objects.tree_sizes import TreeSizes


class Counting(ObjectMap):
    """Counts how often it is asked."""

    asked = 0

    def get_raw(self, name):
        self.asked += 1
        return super().get_raw(name)


def doubled(levels, width, leaf):
    """Trees that name one another ``width`` times on ``levels`` levels; the last is the root."""
    trees = [leaf]
    for _ in range(levels):
        below = trees[-1].id
        trees.append(packs.tree(*((b"40000", b"%02d" % number, below) for number in range(width))))
    return trees


def test_each_distinct_tree_is_read_once_and_every_path_counts():
    leaf = packs.tree((b"100644", b"a.yml", make_blob(b"a: 1").id))
    objects = Counting(trees := doubled(10, 10, leaf))
    sizes = TreeSizes()
    assert sizes.count(objects, trees[-1].id) == sum(10**level for level in range(1, 11)) + 10**10
    assert objects.asked == len(trees)
    assert sizes.count(objects, trees[3].id) == 10 + 100 + 1000 + 1000
    assert objects.asked == len(trees)


def test_folders_without_files_count_too():
    trees = doubled(3, 2, packs.tree())
    assert TreeSizes().count(ObjectMap(trees), trees[-1].id) == 2 + 4 + 8


def test_a_missing_tree_is_told():
    trees = doubled(2, 2, packs.tree())
    with pytest.raises(CorruptRepository, match="missing"):
        TreeSizes().count(ObjectMap(trees[1:]), trees[-1].id)

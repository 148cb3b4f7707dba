import pytest
from support import packs

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.reader import ObjectMap, make_blob, make_object
from gitconfig_server.git.objects.tree_sizes import TreeSizes
from gitconfig_server.storage.objects import TREE


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


def test_what_differs_from_a_tree_counted_before_is_counted_alone():
    file = make_blob(b"a: 1").id
    beneath = [packs.tree(*((b"100644", b"%03d.yml" % one, file) for one in range(width))) for width in range(1, 60)]
    before = packs.tree(*((b"40000", b"%02d" % number, one.id) for number, one in enumerate(beneath)))
    entries = [(b"40000", b"%02d" % number, one.id) for number, one in enumerate(beneath)]
    entries[7] = (b"100644", b"07", file)  # a folder that becomes a file
    entries[9] = (b"40000", b"09", beneath[50].id)  # another content
    after = packs.tree(*entries[:-1], (b"40000", b"zz", packs.tree().id))
    objects = Counting([*beneath, before, after, packs.tree()])
    sizes = TreeSizes()
    assert sizes.count(objects, before.id) == 59 + sum(range(1, 60))
    objects.asked = 0
    assert sizes.count(objects, after.id, like=before.id) == 59 + sum(range(1, 60)) - 8 - 10 + 51 - 59
    assert objects.asked == 3  # both roots and the empty folder
    assert TreeSizes().count(objects, after.id) == sizes.count(objects, after.id)


def test_a_tree_that_somebody_else_made_is_compared_with_the_last_one():
    file = make_blob(b"a: 1").id
    beneath = [packs.tree((b"100644", b"%03d.yml" % one, file)) for one in range(50)]
    entries = [(b"40000", b"%02d" % number, one.id) for number, one in enumerate(beneath)]
    ours, theirs, next_one = (packs.tree(*entries[: 50 - gone]) for gone in (0, 1, 2))
    objects = Counting([*beneath, ours, theirs, next_one])
    sizes = TreeSizes()
    assert sizes.count(objects, ours.id) == 100
    objects.asked = 0
    assert sizes.count(objects, next_one.id, like=theirs.id) == 96
    assert objects.asked == 4  # each of the two pairs of roots
    refused = packs.tree(*entries, (b"100644", b"zz", file))
    assert sizes.count(ObjectMap([refused, ours]), refused.id, like=ours.id) == 101
    strange = packs.tree(*entries[:10])
    assert sizes.count(ObjectMap([*beneath, strange]), strange.id, like=strange.id) == 20


def test_folders_within_folders_are_compared_and_those_too_deep_counted_whole():
    leaves = [packs.tree((b"100644", b"a.yml", make_blob(b"a: 1").id)), packs.tree()]
    chains = []
    for leaf in leaves:
        trees = [leaf]
        for _ in range(100):
            trees.append(packs.tree((b"40000", b"in", trees[-1].id)))
        chains.append(trees)
    objects = ObjectMap([*chains[0], *chains[1]])
    sizes = TreeSizes()
    assert sizes.count(objects, chains[0][-1].id) == 101
    assert sizes.count(objects, chains[1][-1].id, like=chains[0][-1].id) == 100


def test_a_malformed_tree_beside_one_counted_before_is_told():
    sound = packs.tree((b"100644", b"a.yml", make_blob(b"a: 1").id))
    broken = make_object(TREE, sound.raw[:-1] + b"x100644 b")
    sizes = TreeSizes()
    objects = ObjectMap([sound, broken])
    sizes.count(objects, sound.id)
    with pytest.raises(CorruptRepository, match="malformed"):
        sizes.count(objects, broken.id, like=sound.id)

import random

import pytest
from support import packs

from gitconfig_server.git.objects.reader import ObjectMap
from gitconfig_server.git.objects.similar_trees import OnlyChange, SimilarTrees
from gitconfig_server.git.objects.tree_bytes import split_tree
from gitconfig_server.git.objects.tree_sets import TreeCache, names_folder, parts, read_entries

NAMES = [b"a", b"b.yml", b"c", b"c1", b"dd"]


def tree(chance, names=NAMES, ids=b"012"):
    """Ids that share bytes with each other, so that what differs is short, and may be at either end."""
    made = [bytes(chance.choices(ids, k=2)) + b"1" * 36 + bytes(chance.choices(ids, k=2)) for _ in names]
    modes = [b"40000" if name == b"a" else b"100644" for name in names]
    return packs.tree(*zip(modes, names, made, strict=True))


def raw_id(one):
    return bytes.fromhex(one.id.decode())


@pytest.mark.parametrize("seed", range(20))
def test_what_is_found_is_what_comparing_entry_by_entry_finds(seed):
    chance, similar, before = random.Random(seed), SimilarTrees(), None
    for _ in range(30):
        one = tree(chance, chance.choice([NAMES, NAMES, [b"a", b"b.yml", b"x", b"c1", b"dd"]]))
        found = similar.find(raw_id(one), one.raw)
        entries = split_tree(one.raw)
        if before:
            differing = [pair for pair in zip(split_tree(before.raw), entries, strict=True) if pair[0] != pair[1]]
            alike = len(differing) == 1 and parts(differing[0][0])[:2] == parts(differing[0][1])[:2]
            assert found == (OnlyChange(raw_id(before), *differing[0]) if alike else None)
        similar.keep(raw_id(one), one.raw, entries)
        before = one


def test_an_id_of_zeros_is_for_a_whole_check():
    similar, (sound, bad) = SimilarTrees(), (packs.tree((b"100644", b"a", one)) for one in (b"1" * 40, b"0" * 40))
    similar.keep(raw_id(sound), sound.raw, split_tree(sound.raw))
    assert similar.find(raw_id(bad), bad.raw) is None


def test_the_first_tree_an_empty_one_and_many_lengths_are_no_trouble():
    similar, empty = SimilarTrees(), packs.tree()
    assert similar.find(raw_id(empty), empty.raw) is None
    for length in range(1, 100):
        one = packs.tree((b"100644", b"a" * length, b"1" * 40))
        assert similar.find(raw_id(one), one.raw) is None
        similar.keep(raw_id(one), one.raw, split_tree(one.raw))


@pytest.mark.parametrize("room", [20, 10_000])
@pytest.mark.parametrize("seed", range(10))
def test_a_cache_makes_trees_of_what_they_are_like(seed, room):
    chance, similar = random.Random(seed), SimilarTrees()
    made = list({one.id: one for one in (tree(chance, ids=b"01") for _ in range(60))}.values())
    objects = ObjectMap(made)
    cache = TreeCache(objects, room)
    for one in made:
        if only := similar.find(raw_id(one), one.raw):
            cache.keep_similar(raw_id(one), only)
        else:
            cache.keep(raw_id(one), split_tree(one.raw))
            similar.keep(raw_id(one), one.raw, split_tree(one.raw))
    for _ in range(100):
        before, after = (raw_id(chance.choice(made)) for _ in range(2))
        old, new = (set(read_entries(objects, one)) for one in (before, after))
        assert cache.read(after) == new
        changes = cache.folder_changes(before, after)
        assert changes.more == len(new) - len(old)
        for found, entries in ((changes.gone, old - new), (changes.come, new - old)):
            assert found == {parts(one)[1]: parts(one)[2] for one in entries if names_folder(one)}

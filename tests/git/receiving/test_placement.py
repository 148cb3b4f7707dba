from support import packs
from support.repositories import commit, memory_repository

from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.deadline import Deadline
from gitconfig_server.git.objects.reader import ObjectMap, Overlay, make_blob
from gitconfig_server.git.objects.tree_sets import TreeCache
from gitconfig_server.git.receiving.placement import Placement, Planted
from gitconfig_server.storage.objects import BLOB, TREE

FILE, FOLDER = b"100644", b"40000"


def raw(name):
    return bytes.fromhex(name.decode())


def placement(git, objects, planted):
    overlay = Overlay(ObjectMap(objects), git.objects)
    return Placement(overlay, {raw(one.id): one.type for one in objects}, planted, TreeCache(overlay), Deadline())


def test_stored_trees_vouch_for_what_they_name():
    git = memory_repository()
    tip = commit(git, {"a.yml": "1", "app/b.yml": "2", "other/c.yml": "3"})
    blob = make_blob(b"new")
    root = packs.tree((FILE, b"a.yml", blob.id))
    follows = placement(git, [blob, root], {b"c": Planted(raw(root.id), (raw(tip),))})
    assert list(follows.follow()) == []
    assert {kind: len(ids) for kind, ids in follows.vouched.items()} == {TREE: 2, BLOB: 1}


def test_a_place_is_found_through_new_trees():
    git = memory_repository()
    blob = make_blob(b"x")
    inner = packs.tree((FILE, b"x.yml", blob.id))
    root = packs.tree((FOLDER, b"app", inner.id))
    found = placement(git, [blob, inner, root], {b"c": Planted(raw(root.id), ())})
    assert found.locate(raw(blob.id)) == (b"c".hex(), "app/x.yml")
    assert found.locate(raw(inner.id)) == (b"c".hex(), "app")
    assert found.locate(raw(root.id)) == (b"c".hex(), "")
    assert found.locate(bytes(20)) == ("", "")


def test_what_is_missing_is_left_to_others():
    git = memory_repository()
    tip = commit(git, {"a.yml": "1"})
    missing = packs.tree((FOLDER, b"app", b"1" * 40))
    planted = {b"c": Planted(raw(missing.id), (bytes(20), raw(tree_of(git.objects, tip)), raw(tip)))}
    assert list(placement(git, [missing], planted).follow()) == []

from datetime import timedelta

from support import packs
from support.repositories import EPOCH, build_commit, commit, memory_repository, move

from gitconfig_server.git.graph import new_commits
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import make_object
from gitconfig_server.git.serving.pack_contents import PackContents
from gitconfig_server.storage.objects import BLOB, COMMIT, TAG, TREE


def kinds(git, contents):
    """How many objects of each type were collected."""
    found = [git.objects.get_raw(name)[0] for name in [*contents.ids, *contents.tags]]
    return {kind: found.count(kind) for kind in sorted(set(found))}


def difference(git, new, old):
    contents = PackContents(git.objects)
    list(contents.add_new(new_commits(git.objects, [new], [old]), frozenset()))
    return contents


def test_a_whole_history_is_collected_once():
    git = memory_repository()
    commit(git, {"a.yml": "1", "app/x.yml": "x"})
    tip = commit(git, {"a.yml": "2"}, when=EPOCH + timedelta(1))
    contents = PackContents(git.objects)
    list(contents.add_history(new_commits(git.objects, [tip], [])))
    assert kinds(git, contents) == {COMMIT: 2, TREE: 3, BLOB: 3}
    assert len(contents.ids) == len(set(contents.ids))


def test_what_a_parent_has_at_the_same_place_is_left_out():
    git = memory_repository()
    old = commit(git, {f"app{number}/x.yml": str(number) for number in range(20)})
    new = commit(git, {"app3/x.yml": "new"}, when=EPOCH + timedelta(1))
    assert kinds(git, difference(git, new, old)) == {COMMIT: 1, TREE: 2, BLOB: 1}


def test_what_came_back_is_sent_though_dates_lie():
    git = memory_repository()
    base = commit(git, {"a/x.yml": "1", "b/y.yml": "1"}, when=EPOCH)
    first = commit(git, {"a/x.yml": "2"}, when=EPOCH - timedelta(1))
    commit(git, {"a/x.yml": "3"}, when=EPOCH - timedelta(2))
    tip = commit(git, {"a/x.yml": "2"}, when=EPOCH - timedelta(3))
    contents = PackContents(git.objects)
    list(contents.add_new([base, first, git.objects.get_raw(tip)[1][53:93], tip][::-1], frozenset({base})))
    every = {name for name, *_ in git.objects.get_many_raw(iter(git.stored.objects))}
    assert {name.hex().encode() for name in contents.ids} == every


def test_a_merge_is_compared_with_each_parent():
    git = memory_repository()
    base = commit(git, {"a/x.yml": "1", "b/y.yml": "1"})
    one = build_commit(git, {"a/x.yml": "2"}, [base], when=EPOCH + timedelta(1))
    move(git, b"refs/heads/one", one)
    two = build_commit(git, {"b/y.yml": "2"}, [base], when=EPOCH + timedelta(2))
    move(git, b"refs/heads/two", two)
    merge = build_commit(git, {"b/y.yml": "2"}, [one[-1].id, two[-1].id], when=EPOCH + timedelta(3))
    move(git, b"refs/heads/one", merge)
    contents = PackContents(git.objects)
    list(contents.add_new([merge[-1].id], frozenset()))
    assert kinds(git, contents) == {COMMIT: 1, TREE: 1}


def test_tags_are_followed_to_what_they_name():
    git = memory_repository()
    tip = commit(git, {"a.yml": "1"})
    tree = tree_of(git.objects, tip)
    inner = make_object(TAG, b"object " + tip + b"\ntype commit\ntag v1\n\nx\n")
    outer = make_object(TAG, b"object " + inner.id + b"\ntype tag\ntag v2\n\nx\n")
    of_tree = make_object(TAG, b"object " + tree + b"\ntype tree\ntag t\n\nx\n")
    of_blob = make_object(TAG, b"object " + packs.make_object(BLOB, b"1").id + b"\ntype blob\ntag b\n\nx\n")
    git.objects.put([inner, outer, of_tree, of_blob])
    contents = PackContents(git.objects)
    assert contents.add_tags([outer.id, of_tree.id, of_blob.id]) == [tip]
    assert kinds(git, contents) == {TREE: 1, BLOB: 1, TAG: 4}
    assert outer.id in contents


def test_submodules_are_not_looked_for():
    git = memory_repository()
    root = packs.tree((b"160000", b"vendor", b"1" * 40))
    tip = packs.commit(root.id)
    git.objects.put([root, tip])
    contents = PackContents(git.objects)
    list(contents.add_history([tip.id]))
    list(contents.add_new([tip.id], frozenset()))
    assert kinds(git, contents) == {COMMIT: 1, TREE: 1}

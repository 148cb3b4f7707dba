import pytest
from support.repositories import build_commit, commit, memory_repository

from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.tree_dependencies import KeptDifferences, TracedTree
from gitconfig_server.git.objects.trees import TreeView

FILES = {"a.yml": "1", "orders/orders.yml": "1", "orders/deep/x.yml": "1"}


def changed(files):
    """What tells differences, and the ids of a tree before and after a change."""
    git = memory_repository()
    first = commit(git, FILES)
    second = commit(git, files)
    return git.objects, tree_of(git.objects, first), tree_of(git.objects, second)


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"b.yml": "1"}, {b"b.yml", b"///"}),
        ({"a.yml": "2"}, {b"a.yml", b"///"}),
        ({"orders/orders.yml": "2"}, {b"orders", b"orders/orders.yml", b"orders///", b"///"}),
        ({"new/x.yml": "1"}, {b"new", b"new/x.yml", b"new/", b"new///", b"//", b"///"}),
        (
            {"orders/deep/x.yml": None},
            {b"orders", b"orders/deep", b"orders/deep/", b"orders/deep/x.yml"}
            | {b"orders/deep///", b"orders//", b"orders///", b"///"},
        ),
    ],
)
def test_a_change_differs_in_no_more_than_it_touches(change, differing):
    objects, old, new = changed(change)
    everything = differing | {b"a.yml", b"b.yml", b"orders/orders.yml", b"orders/", b"//", b"orders//", b"none"}
    differences = KeptDifferences(objects)
    assert {one for one in everything if not differences.spare({one}, old, new)} == differing


def test_what_is_asked_is_remembered_once():
    objects, tree, _ = changed({"b.yml": "1"})
    traced = TracedTree(TreeView(objects, tree))
    assert traced.entry(b"orders/orders.yml") == TreeView(objects, tree).entry(b"orders/orders.yml")
    assert traced.entry(b"none") is None
    assert traced.has_folder(b"orders")
    assert traced.folders(b"") == (b"orders",)
    assert traced.asked == {b"orders/orders.yml", b"none", b"orders/", b"//"}
    assert list(traced.walk(b"orders/deep"))
    assert b"orders/deep///" in traced.asked
    traced.raw(b"")
    assert b"///" in traced.asked


def test_a_tree_that_is_gone_spares_nothing():
    objects, old, _ = changed({"b.yml": "1"})
    assert not KeptDifferences(objects).spare({b"none"}, b"1" * 40, old)
    assert KeptDifferences(objects).spare({b"none"}, b"1" * 40, b"1" * 40)


def test_trees_far_apart_are_compared_too():
    git = memory_repository()
    one, two = (build_commit(git, {f"{name}/{name}.yml": "1"}) for name in ("a", "b"))
    git.objects.put([*one, *two])
    old, new = (tree_of(git.objects, objects[-1].id) for objects in (one, two))
    differences = KeptDifferences(git.objects, kept=4)
    assert differences.spare({b"c.yml", b"c/"}, old, new)
    assert not differences.spare({b"a/"}, old, new)

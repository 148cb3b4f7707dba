import pytest
from support.merging import merge_files
from support.repositories import build_commit, commit, memory_repository, move

from gitconfig_server.git.merge import Ancestor, common_ancestor
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, Overlay
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.ref_names import branch_ref


def merged(base, ours, theirs, *deciding):
    """The files of the merge, or the conflicts; each side is given by its files."""
    git = memory_repository()
    trees = [_tree(git, f"side{number}", files) if files else None for number, files in enumerate((base, ours, theirs))]
    empty = _tree(git, "empty", {})
    ancestor = Ancestor(TreeView(git.objects, trees[0])) if trees[0] else None
    result = merge_files(git.objects, ancestor, trees[1] or empty, trees[2] or empty, *deciding)
    if result.conflicts:
        return list(result.conflicts)
    view = TreeView(Overlay(ObjectMap(result.objects), git.objects), result.tree)
    return {path.decode(): view.read(entry.id).decode() for path, entry in view.walk()}


def _tree(git, label, files):
    return tree_of(git.objects, move(git, branch_ref(label), build_commit(git, files)))


BASE = {"a": "1", "b": "1", "d/c": "1"}


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [
        (BASE | {"a": "2"}, BASE, BASE | {"a": "2"}),
        (BASE, BASE | {"a": "2"}, BASE | {"a": "2"}),
        (BASE | {"a": "2"}, BASE | {"b": "2"}, BASE | {"a": "2", "b": "2"}),
        (BASE | {"a": "2"}, BASE | {"a": "2"}, BASE | {"a": "2"}),
        (BASE | {"new/x": "1"}, BASE | {"new/y": "1"}, BASE | {"new/x": "1", "new/y": "1"}),
        (BASE, {"a": "1", "b": "1"}, {"a": "1", "b": "1"}),
        (BASE, {"b": "1", "d/c": "1", "a/x": "1"}, {"b": "1", "d/c": "1", "a/x": "1"}),
        (BASE, {"a": "1", "b": "1", "d": "1"}, {"a": "1", "b": "1", "d": "1"}),
        (BASE | {"d/e": "1"}, {"a": "1", "b": "1", "d": "1"}, ["d"]),
        (BASE | {"a": "2"}, BASE | {"a": "3"}, ["a"]),
        (BASE | {"a": "2", "d/c": "2"}, {"b": "1"}, ["a", "d/c"]),
        (BASE | {"n": "1"}, BASE | {"n": "2"}, ["n"]),
        (BASE | {"n": "1"}, BASE | {"n/x": "1"}, ["n/x"]),
        (BASE | {"n/x": "1"}, BASE | {"n": "1"}, ["n"]),
        (BASE | {"n/x": "1"}, BASE | {"n/x/y": "1"}, ["n/x/y"]),
    ],
)
def test_what_one_side_changed_goes_onto_the_other(ours, theirs, result):
    assert merged(BASE, ours, theirs) == result


MOVED = {"b": "1", "d/c": "2"}
START = MOVED | {"a": "x"}


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [
        (START | {"a": "y"}, MOVED | {"e": "x"}, MOVED | {"e": "y"}),
        (MOVED | {"e": "x"}, START | {"a": "y"}, MOVED | {"e": "y"}),
        (MOVED | {"e": "x"}, MOVED | {"e": "x"}, MOVED | {"e": "x"}),
        # moved to two places, or removed and moved
        (MOVED | {"e": "x"}, MOVED | {"f": "x"}, ["f"]),
        (MOVED, MOVED | {"f": "x"}, ["f"]),
        (MOVED | {"e": "x"}, MOVED, ["e"]),
        # moved to where the other side has put something, having changed what was moved
        (START | {"a": "y", "e": "z"}, MOVED | {"e": "x"}, ["e"]),
        (MOVED | {"e": "x"}, START | {"a": "y", "e": "z"}, ["e"]),
    ],
)
def test_a_move_is_followed_or_conflicts_where_it_went(ours, theirs, result):
    assert merged(START, ours, theirs, keep_theirs) == result


def test_of_two_files_alike_nobody_can_say_which_one_moved():
    alike = {"a": "x", "b": "x"}
    assert merged(alike, {"a": "y", "b": "z"}, {"e": "x"}, keep_theirs) == ["a", "b"]
    empty = {"a": "", "b": "1"}
    assert merged(empty, {"a": "y", "b": "1"}, {"e": "", "b": "1"}, keep_theirs) == ["a"]


@pytest.mark.parametrize(
    ("theirs_is_right", "ours", "theirs", "result"),
    [
        (True, MOVED | {"e": "x"}, MOVED | {"f": "x"}, MOVED | {"f": "x"}),
        (False, MOVED | {"e": "x"}, MOVED | {"f": "x"}, MOVED | {"e": "x"}),
        (True, MOVED, MOVED | {"f": "x"}, MOVED | {"f": "x"}),
        (False, MOVED, MOVED | {"f": "x"}, MOVED),
        (True, MOVED | {"e": "x"}, MOVED, MOVED),
        (False, MOVED | {"e": "x"}, MOVED, MOVED | {"e": "x"}),
        (True, START | {"a": "y", "e": "z"}, MOVED | {"e": "x"}, MOVED | {"e": "x"}),
        (False, START | {"a": "y", "e": "z"}, MOVED | {"e": "x"}, START | {"a": "y", "e": "z"}),
    ],
)
def test_who_is_right_about_a_move_is_right_about_all_of_it(theirs_is_right, ours, theirs, result):
    assert merged(START, ours, theirs, keep_theirs, lambda path: theirs_is_right) == result


def keep_theirs(path, base, ours, theirs):
    """A ``MergeContent`` that knows no keys."""
    return ours if theirs == base else theirs if ours == base else None


def test_histories_with_nothing_in_common():
    assert merged(None, {"a": "1"}, {"b": "1"}) == {"a": "1", "b": "1"}
    assert merged(None, {"a": "1"}, {"a": "2", "b": "1"}) == ["a"]
    assert merged({"a": "1"}, {"a": "1"}, None) == {}


def test_what_two_commits_grew_from():
    git = memory_repository()
    root, fork = (commit(git, {"a.yml": f"a: {number}\n"}) for number in range(2))
    one = commit(git, {"b.yml": "b: 1\n"})
    two = move(git, branch_ref("two"), build_commit(git, {"c.yml": "c: 1\n"}, [fork]))
    alone = move(git, branch_ref("alone"), build_commit(git, {"z.yml": "z: 1\n"}))
    for pair, found in (((one, two), fork), ((root, one), root), ((one, root), root), ((one, one), one)):
        assert common_ancestor(git.objects, *pair).view.tree == tree_of(git.objects, found)
    assert common_ancestor(git.objects, one, alone) is None


def criss_cross(git, one, two, first, second):
    """Two commits that each merged an earlier state of the other, ``first`` and ``second`` being their files."""
    root = move(git, branch_ref("root"), build_commit(git, BASE))
    sides = [move(git, branch_ref(f"side{n}"), build_commit(git, files, [root])) for n, files in enumerate((one, two))]
    return [
        move(git, branch_ref(f"tip{n}"), build_commit(git, files, parents))
        for n, (files, parents) in enumerate(((first, sides), (second, sides[::-1])))
    ]


def test_several_merge_bases_are_merged_first():
    """Either base alone would have the other's change undone on one side."""
    git = memory_repository()
    both = BASE | {"a": "2", "b": "3"}
    tips = criss_cross(git, BASE | {"a": "2"}, BASE | {"b": "3"}, both | {"a": "4"}, both | {"b": "5"})
    ancestor = common_ancestor(git.objects, *tips)
    assert ancestor.view.read(ancestor.view.entry(b"a").id) == b"2"
    assert ancestor.view.read(ancestor.view.entry(b"b").id) == b"3"
    result = merge_files(git.objects, ancestor, *(tree_of(git.objects, tip) for tip in tips))
    view = TreeView(Overlay(ObjectMap(result.objects), git.objects), result.tree)
    assert [view.read(view.entry(path).id) for path in (b"a", b"b")] == [b"4", b"5"]


def test_what_merge_bases_disagree_about_is_unknown():
    git = memory_repository()
    tips = criss_cross(git, BASE | {"a": "2"}, BASE | {"a": "3"}, BASE | {"a": "2"}, BASE | {"a": "3"})
    ancestor = common_ancestor(git.objects, *tips)
    assert ancestor.unknown == {b"a"}
    trees = [tree_of(git.objects, tip) for tip in tips]
    assert merge_files(git.objects, ancestor, *trees).conflicts == ("a",)
    assert merge_files(git.objects, ancestor, trees[0], trees[0]).conflicts == ()

import pytest
from support.repositories import build_commit, commit, memory_repository, move

from gitconfig_server.git.merge import merge_base, merge_files
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, Overlay
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.ref_names import branch_ref


def merged(base, ours, theirs):
    """The files of the merge, or the conflicts; each side is given by its files."""
    git = memory_repository()
    trees = [_tree(git, f"side{number}", files) if files else None for number, files in enumerate((base, ours, theirs))]
    empty = _tree(git, "empty", {})
    result = merge_files(git.objects, trees[0], trees[1] or empty, trees[2] or empty)
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


def test_histories_with_nothing_in_common():
    assert merged(None, {"a": "1"}, {"b": "1"}) == {"a": "1", "b": "1"}
    assert merged(None, {"a": "1"}, {"a": "2", "b": "1"}) == ["a"]
    assert merged({"a": "1"}, {"a": "1"}, None) == {}


def test_merge_base():
    git = memory_repository()
    root, fork = (commit(git, {"a.yml": f"a: {number}\n"}) for number in range(2))
    one = commit(git, {"b.yml": "b: 1\n"})
    two = move(git, branch_ref("two"), build_commit(git, {"c.yml": "c: 1\n"}, [fork]))
    alone = move(git, branch_ref("alone"), build_commit(git, {"z.yml": "z: 1\n"}))
    assert merge_base(git.objects, one, two) == fork
    assert merge_base(git.objects, root, one) == merge_base(git.objects, one, root) == root
    assert merge_base(git.objects, one, one) == one
    assert merge_base(git.objects, one, alone) is None

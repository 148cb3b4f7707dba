import pytest
from dulwich.object_store import MemoryObjectStore, commit_tree_changes
from dulwich.objects import Blob, ShaFile, Tree
from hypothesis import given
from hypothesis import strategies as st
from support.repositories import build_commit, memory_repository, move

from gitconfig_server.errors import Conflict, FileNotFound
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import ObjectMap, Overlay, make_blob
from gitconfig_server.git.objects.trees import EMPTY_TREE, FILE, TreeEntry, TreeView, changed_files, edit_tree
from gitconfig_server.git.ref_names import branch_ref

NAMES = st.sampled_from(["a", "a.b", "a-b", "ab", "b", "z0"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
BLOB = TreeEntry(FILE, make_blob(b"x").id)


def tree_of_files(*paths):
    tree, objects = edit_tree(ObjectMap([]), EMPTY_TREE, dict.fromkeys(paths, BLOB))
    return TreeView(ObjectMap([*objects, make_blob(b"x")]), tree)


@given(st.lists(PATHS, max_size=8))
def test_trees_equal_those_of_dulwich(paths):
    chosen = [path for path in dict.fromkeys(paths) if not any(o != path and o.startswith(path + "/") for o in paths)]
    ours = tree_of_files(*(path.encode() for path in chosen)).tree
    store = MemoryObjectStore()
    store.add_object(Blob.from_string(b"x"))
    empty = Tree()
    store.add_object(empty)
    theirs = commit_tree_changes(store, empty.id, [(path.encode(), FILE, BLOB.id) for path in chosen])
    assert ours == (theirs.id if isinstance(theirs, ShaFile) else theirs)


def test_an_edit_makes_only_the_trees_on_its_path():
    before = tree_of_files(b"a/one", b"b/two", b"c")
    tree, made = edit_tree(before.objects, before.tree, {b"a/three": BLOB})
    after = TreeView(Overlay(ObjectMap(made), before.objects), tree)
    assert len(made) == 2
    assert made[-1].id == tree
    assert after.entries(b"b") == before.entries(b"b")
    assert [path for path, _ in after.walk()] == [b"a/one", b"a/three", b"b/two", b"c"]


def test_folders_that_become_empty_vanish():
    before = tree_of_files(b"a/b/c", b"d")
    tree, made = edit_tree(before.objects, before.tree, {b"a/b/c": None})
    assert list(TreeView(Overlay(ObjectMap(made), before.objects), tree).entries(b"")) == [b"d"]


def test_the_last_deletion_leaves_the_empty_tree():
    before = tree_of_files(b"a/b")
    tree, made = edit_tree(before.objects, before.tree, {b"a/b": None})
    assert tree == EMPTY_TREE == made[-1].id


def test_a_file_takes_the_place_of_a_folder_that_becomes_empty():
    before = tree_of_files(b"a/one", b"a/two/three", b"b")
    gone = {b"a/one": None, b"a/two/three": None}
    assert edit_tree(before.objects, before.tree, {**gone, b"a": BLOB})[0] == tree_of_files(b"a", b"b").tree
    with pytest.raises(Conflict):
        edit_tree(before.objects, before.tree, {b"a/one": None, b"a": BLOB})


def test_what_stands_there_already_makes_no_objects():
    before = tree_of_files(b"a/one", b"b/two")
    assert edit_tree(before.objects, before.tree, {b"a/one": BLOB, b"b/two": BLOB}) == (before.tree, [])
    tree, made = edit_tree(before.objects, before.tree, {b"a/one": BLOB, b"b/three": BLOB})
    after = TreeView(Overlay(ObjectMap(made), before.objects), tree)
    assert [one.id for one in made] == [after.entries(b"")[b"b"].id, tree]


def test_an_edit_of_nothing_still_has_the_empty_tree_to_store():
    assert [one.id for one in edit_tree(ObjectMap([]), EMPTY_TREE, {})[1]] == [EMPTY_TREE]


@pytest.mark.parametrize("paths", [[b"a.b", b"a/x", b"a0"], [b"a0", b"a/x", b"a.b"], [b"a/x", b"a0", b"a.b"]])
def test_a_folder_is_sorted_as_if_its_name_ended_in_a_slash(paths):
    edited = tree_of_files(b"a")
    objects, tree = edited.objects, edited.tree
    for changes in ({b"a": None, paths[0]: BLOB}, {paths[1]: BLOB}, {paths[2]: BLOB}):
        tree, made = edit_tree(objects, tree, changes)
        objects = Overlay(ObjectMap(made), objects)
    assert list(TreeView(objects, tree).entries(b"")) == [b"a.b", b"a", b"a0"]


def test_many_files_at_once_make_the_tree_that_one_by_one_makes():
    paths = [b"f/%d" % number for number in range(20)]
    view = tree_of_files(b"f")
    objects, tree = view.objects, view.tree
    for changes in ({b"f": None, paths[0]: BLOB}, *({path: BLOB} for path in paths[1:])):
        tree, made = edit_tree(objects, tree, changes)
        objects = Overlay(ObjectMap(made), objects)
    assert tree == tree_of_files(*paths).tree


@pytest.mark.parametrize(
    ("path", "entry", "error"),
    [
        (b"file/below", BLOB, Conflict),
        (b"folder", BLOB, Conflict),
        (b"folder", None, Conflict),
        (b"nothing", None, FileNotFound),
        (b"nowhere/nothing", None, FileNotFound),
    ],
)
def test_edits_that_do_not_fit_are_refused(path, entry, error):
    before = tree_of_files(b"file", b"folder/inner")
    with pytest.raises(error):
        edit_tree(before.objects, before.tree, {path: entry})


def test_changed_files_names_each_difference_once():
    git = memory_repository()
    one = move(git, branch_ref("main"), build_commit(git, {"same": "1", "gone": "2", "kind": "3", "f/deep": "4"}))
    two = build_commit(git, {"gone": None, "kind": None, "kind/inner": "5", "f/deep": "6", "new": "7"}, [one])
    reader = Overlay(ObjectMap(two), git.objects)
    before = TreeView(git.objects, tree_of(git.objects, one))
    after = TreeView(reader, tree_of(reader, two[-1].id))
    changes = [(path, bool(old), bool(new)) for path, old, new in changed_files(before, after)]
    assert changes == [
        (b"f/deep", True, True),
        (b"gone", True, False),
        (b"kind/inner", False, True),
        (b"kind", True, False),
        (b"new", False, True),
    ]

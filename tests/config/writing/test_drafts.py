import pytest
from support.repositories import build_commit, commit, memory_repository

from gitconfig_server.config.writing.drafts import Draft, check_new_path
from gitconfig_server.errors import Conflict, FileNotFound, InvalidName
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.trees import EMPTY_TREE, EXECUTABLE, SYMLINK, TreeEntry, TreeView


def draft_of(files):
    git = memory_repository()
    return git, Draft(git.objects, tree_of(git.objects, commit(git, files)))


def test_changes_are_seen_by_those_that_follow():
    _, draft = draft_of({"a.txt": "1", "x/b.txt": "1"})
    draft.put("a.txt", b"2")
    draft.put("x/y/c.txt", b"new")
    draft.delete("x/b.txt")
    assert (draft.read("a.txt"), draft.read("x/y/c.txt")) == (b"2", b"new")
    assert [path for path, _ in draft.tree.walk()] == [b"a.txt", b"x/y/c.txt"]
    assert draft.base.entry(b"x/b.txt") is not None
    draft.put("x/b.txt", b"1")
    draft.delete("x/y/c.txt")
    assert draft.paths == ("a.txt",)


def test_only_what_is_new_in_the_end_is_stored():
    git, draft = draft_of({"a.txt": "1", "x/b.txt": "1"})
    for number in range(5):
        draft.put("x/c.txt", str(number).encode())
        assert draft.tree.entry(b"x/c.txt")
    tree, objects = draft.finish()
    assert len(objects) == 3  # one blob, two trees
    git.objects.remember(objects)
    assert TreeView(git.objects, tree).entry(b"x/c.txt").id == objects[0].id
    draft.delete("x/c.txt")
    assert draft.finish() == (draft.base.tree, [])


def test_a_file_keeps_its_mode():
    _, draft = draft_of({"run.sh": "1"})
    draft.place("run.sh", TreeEntry(EXECUTABLE, draft.file("run.sh").id))
    draft.put("run.sh", b"2")
    assert draft.file("run.sh").mode == EXECUTABLE


def test_links_are_not_written_through():
    _, draft = draft_of({"a.txt": "1"})
    draft.place("link", TreeEntry(SYMLINK, draft.file("a.txt").id))
    for attempt in (lambda: draft.put("link", b"x"), lambda: draft.delete("link"), lambda: draft.read("link")):
        with pytest.raises(Conflict):
            attempt()


def test_what_is_not_there_is_told_with_its_place():
    git = memory_repository()
    draft = Draft(git.objects, EMPTY_TREE, "main")
    for attempt in (lambda: draft.read("a.txt"), lambda: draft.delete("a.txt"), lambda: draft.delete("a")):
        with pytest.raises(FileNotFound, match="main"):
            attempt()
    draft.put("a.txt", b"1")
    draft.delete("a.txt")
    assert draft.finish()[0] == EMPTY_TREE


def test_files_and_folders_do_not_take_each_others_place():
    _, draft = draft_of({"x/b.txt": "1"})
    draft.put("x", b"1")
    with pytest.raises(Conflict):
        draft.finish()
    _, draft = draft_of({"x": "1"})
    draft.put("x/y", b"1")
    with pytest.raises(Conflict):
        _ = draft.tree


UNSOUND = ["", "/a", "a/", "a//b", "../a", "a/../b", ".", "a\\b", "a\nb", "x" * 256, "/".join("abcdefgh" * 7), "\x7f"]
GITS_OWN = [".git/config", "a/.GIT/b", "a/git~1", ".gitmodules", "a\u200c/.g\u200cit/b"]


@pytest.mark.parametrize("path", [*UNSOUND, *GITS_OWN, "a/\ud800"], ids=ascii)
def test_unsound_paths_are_refused(path):
    with pytest.raises(InvalidName):
        check_new_path(path)


def test_sound_paths_are_not():
    for path in ("a b/ü/日本.yml", "..a", "a..b", ".gitattributes", "-", "x" * 255):
        check_new_path(path)


def test_a_stored_file_of_an_odd_name_can_be_changed():
    git = memory_repository()
    objects = build_commit(git, {"git~1": "old"})
    git.objects.remember(objects)
    draft = Draft(git.objects, tree_of(git.objects, objects[-1].id))
    draft.put("git~1", b"new")
    assert draft.paths == ("git~1",)

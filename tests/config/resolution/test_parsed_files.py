import pytest
from support.repositories import commit, memory_repository

from gitconfig_server.config.resolution.parsed_files import ParsedFiles
from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.trees import TreeView


def view(files):
    git = memory_repository()
    return TreeView(git.objects, tree_of(git.objects, commit(git, files)))


def read(parsed, tree, path):
    return parsed.documents(tree, path, tree.entry(path.encode()).id)


def test_equal_content_is_parsed_once_a_format():
    tree = view({"a.yml": "k=v: 1\n", "b.yml": "k=v: 1\n", "c.properties": "k=v: 1\n"})
    parsed = ParsedFiles()
    assert read(parsed, tree, "a.yml") is read(parsed, tree, "b.yml")
    assert read(parsed, tree, "c.properties")[0].properties == {"k": "v: 1"}


def test_content_is_read_as_the_caller_says():
    tree = view({"a": "k=v: 1\n"})
    parsed, blob = ParsedFiles(), tree.entry(b"a").id
    assert parsed.documents(tree, "a", blob, "yml")[0].properties == {"k=v": 1}
    assert parsed.documents(tree, "a", blob, "properties")[0].properties == {"k": "v: 1"}


def test_the_least_recently_used_leave_first():
    tree = view({name: f"{name[0]}: 1234567\n" for name in ("a.yml", "b.yml", "c.yml")})
    parsed = ParsedFiles(bound=2000)
    kept, gone = read(parsed, tree, "a.yml"), read(parsed, tree, "b.yml")
    read(parsed, tree, "a.yml")
    read(parsed, tree, "c.yml")
    assert read(parsed, tree, "a.yml") is kept
    assert read(parsed, tree, "b.yml") is not gone


def test_what_cannot_be_parsed_is_not_kept():
    tree = view({"a.yml": "[\n", "b.yml": "[\n"})
    parsed = ParsedFiles()
    for path in ("a.yml", "b.yml"):
        with pytest.raises(InvalidContent, match=f"^{path}"):
            read(parsed, tree, path)

import pytest
from spring.make_repos import fixtures
from support.repositories import EPOCH, commit, memory_repository
from support.trees import tree_of

from gitconfig_server.config.engine import ConfigEngine
from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.resolution.plain_files import find_plain_file
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.errors import FileNotFound, TooLarge
from gitconfig_server.git.objects.trees import SYMLINK
from gitconfig_server.model.reads import Reading

VEC = fixtures()["vec"]


def found(path, profiles=("z",), label=b"refs/heads/main", applications=("svc",), search_paths=(), reverse=False):
    options = ResolveOptions(tuple(map(parse_search_path, search_paths)), reverse_locations=reverse)
    tree = VEC.tree(VEC.refs[label])
    file = find_plain_file(tree, applications, profiles, path, "main", options)
    return file and file.path


@pytest.mark.parametrize(
    ("path", "profiles", "file"),
    [
        ("svc.yml", ("z",), "svc.yml"),
        ("svc.yml", ("a",), "svc-a.yml"),
        ("application.yml", ("a", "b"), "application-a.yml"),
        ("application.yml", ("b", "a"), "application-b.yml"),
        ("application.yml", ("default", "a"), "application.yml"),
        ("application.yml", ("z", "a"), "application-a.yml"),
        ("sub/svc.yml", ("a",), "sub/svc-a.yml"),
        ("nginx.conf", (), "nginx.conf"),
        ("extra/noext", ("a",), "extra/noext"),
    ],
)
def test_profiles_choose_in_the_order_they_are_asked_for(path, profiles, file):
    assert found(path, profiles) == file


@pytest.mark.parametrize(
    "path",
    ["nothere.txt", "sub", "sub/", "/svc.yml", "", ".", "./svc.yml", "sub//svc.yml", "svc.yml/x", "sub\\svc.yml"],
)
def test_what_names_no_plain_file_is_not_there(path):
    assert found(path) is None


@pytest.mark.parametrize("path", [".git/config", ".GIT/config", "sub/.git", "a\x00b", "git~1/x", "x" * 5000])
def test_nothing_is_looked_for_under_names_that_no_sound_path_has(path):
    assert found(path) is None


def test_the_root_comes_first_and_search_paths_as_they_are_listed():
    assert found("svc.yml", search_paths=["sub"]) == "svc.yml"
    assert found("svc.yml", search_paths=["sub"], reverse=True) == "sub/svc.yml"
    assert found("application.yml", search_paths=["svc", "sub"], reverse=True) == "sub/application.yml"
    assert found("more.yml", ("a",), search_paths=["sub", "extra"]) == "extra/more-a.yml"
    assert found("svc.yml", ("a",), search_paths=["{profile}", "{application}"]) == "svc-a.yml"


def test_each_application_has_its_folder_but_no_say_in_the_name():
    tree = tree_of({"one/x.txt": "1", "two/x.txt": "2", "two/y-dev.tar.gz": "", "two/y.tar-dev.gz": ""})
    options = ResolveOptions((parse_search_path("{application}"),))

    def path_of(path, *applications):
        file = find_plain_file(tree, applications, ("dev",), path, None, options)
        return file and file.path

    assert path_of("x.txt", "two", "one") == "two/x.txt"
    assert path_of("y.tar.gz", "one", "two") == "two/y.tar-dev.gz"
    assert path_of("x.txt", "three") is None


def test_symbolic_links_are_never_followed():
    assert find_plain_file(tree_of({"link.txt": "/etc/passwd"}, SYMLINK), ("a",), ("b",), "link.txt") is None


def test_too_many_names_are_refused():
    with pytest.raises(TooLarge):
        found("svc.yml", tuple(f"p{number}" for number in range(10_000)))


def repository():
    git = memory_repository()
    commit(git, {"gitconfig.yml": "search_paths: [conf]\n", "conf/x.txt": "one", "conf/x-dev.txt": "dev"})
    return ConfigEngine(git)


def test_a_repository_reads_the_file_of_one_commit():
    repo = repository()
    first = repo.plain_file(("orders",), ("dev",), "x.txt", Reading())
    assert (first.path, first.content) == ("conf/x-dev.txt", b"dev")
    commit(repo.git, {"conf/x-dev.txt": "changed"})
    assert repo.plain_file(("orders",), ("dev",), "x.txt", Reading("main")).content == b"changed"
    assert repo.plain_file(("orders",), ("dev",), "x.txt", Reading(first.commit)).content == b"dev"
    with pytest.raises(FileNotFound):
        repo.plain_file(("orders",), ("dev",), "y.txt", Reading())


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({"other.txt": "x"}, True),
        ({"conf/other.txt": "x"}, True),
        ({"conf/x.txt": "changed"}, True),
        ({"conf/x-dev.txt": "changed"}, False),
        ({"conf/x-dev.txt": None}, False),
        ({"x-dev.txt": "in front"}, False),
        ({"x.txt": "in front"}, False),
        ({"gitconfig.yml": None}, False),
    ],
    ids=str,
)
def test_the_answer_stands_for_as_long_as_nothing_it_asked_for_changes(change, stands):
    repo = repository()
    basis = repo.plain_file(("orders",), ("dev",), "x.txt", Reading()).basis
    new = commit(repo.git, change)
    renewed = basis.renewed()
    assert (renewed is not None) is stands
    assert renewed is None or renewed.commit == new.decode()


def test_a_file_says_since_when_it_is_as_it_is():
    repo = repository()
    asked = (("orders",), ("dev",), "x.txt")
    moved = repo.git.last_move(b"refs/heads/main").received_at
    assert repo.plain_file(*asked, Reading()).since == moved
    commit(repo.git, {"y.txt": "y"})
    assert repo.plain_file(*asked, Reading()).since > moved
    assert repo.plain_file(*asked, Reading("main~1")).since != moved
    head = repo.plain_file(*asked, Reading()).commit
    assert repo.plain_file(*asked, Reading(head)).since == EPOCH

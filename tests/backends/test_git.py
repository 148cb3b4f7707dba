"""Sources in a Git repository: labels are branches and tags, saves are commits."""

import asyncio

import pytest
from support.git import git

from gitconfig_server.backend import ConfigBackend, ConfigSource
from gitconfig_server.backends.git import GitConfigBackend
from gitconfig_server.errors import InvalidName, LabelReadOnly, NotARepository, RemoteFailed


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture
def backend(tmp_path):
    """Over a new bare repository at ``tmp_path / "c.git"``."""
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "c.git")
    with GitConfigBackend(tmp_path / "c.git") as made:
        yield made


def save(backend, properties, *names):
    run(backend.save(ConfigSource(*names, properties=properties)))


def test_saves_are_commits_and_the_same_again_is_none(backend, tmp_path):
    assert isinstance(backend, ConfigBackend)
    for properties in ({"a": {"b": 1}}, {"a": {"b": 1}}, {"a": {"b": 2}, "l": [1, {"c": "x"}]}):
        save(backend, properties, "orders", "prod")
        assert run(backend.fetch("orders", "prod")).properties == properties
    assert git(tmp_path / "c.git", "rev-list", "--count", "main").strip() == "2"
    assert git(tmp_path / "c.git", "fsck", "--full", "--strict") == ""


def test_labels_are_branches_and_tags(backend, tmp_path):
    save(backend, {"k": 1}, "orders", "prod")
    git(tmp_path / "c.git", "tag", "v1", "main")
    git(tmp_path / "c.git", "branch", "feature/x", "main")
    while run(backend.fetch("orders", "prod", "feature/x")) is None:  # moves by stock git show within 10 ms
        pass
    save(backend, {"k": 2}, "orders", "prod", "feature/x")
    found = {label: run(backend.fetch("orders", "prod", label)) for label in ("main", "v1", "feature/x", "none")}
    assert {label: one and one.properties["k"] for label, one in found.items()} == {
        "main": 1,
        "v1": 1,
        "feature/x": 2,
        "none": None,
    }
    assert [(one.label, one.properties["k"]) for one in run(backend.list())] == [("feature/x", 2), ("main", 1)]
    with pytest.raises(LabelReadOnly):
        save(backend, {"k": 3}, "orders", "prod", "v1")
    save(backend, {"k": 3}, "orders", "prod", "none")
    assert run(backend.fetch("orders", "prod", "none")).properties == {"k": 3}


def test_what_git_commits_is_read_at_once(backend, tmp_path):
    save(backend, {"k": 1}, "orders", "prod")
    git(tmp_path, "clone", "--quiet", "c.git", "work")
    (tmp_path / "work" / "order-service-dev.yaml").write_text("k: git\n")
    git(tmp_path / "work", "add", "--all")
    git(tmp_path / "work", "commit", "--quiet", "--message", "by hand")
    git(tmp_path / "work", "push", "--quiet")
    run(backend.refresh())
    assert run(backend.fetch("order-service", "dev")).properties == {"k": "git"}
    assert run(backend.fetch("order-service", "prod")) is None


@pytest.mark.parametrize(
    "names", [("..", "prod", "main"), ("o", "..", "main"), ("o", "p", "../x"), ("a/b", "p", "main")]
)
def test_hostile_names_read_and_write_nothing(backend, names):
    with pytest.raises(InvalidName):
        run(backend.fetch(*names))
    with pytest.raises(InvalidName):
        save(backend, {"k": 1}, *names)
    assert run(backend.list()) == []


def test_a_repository_in_memory_and_one_that_is_not_there(tmp_path):
    with GitConfigBackend("memory://") as backend:
        save(backend, {"k": 1}, "orders", "prod")
        assert run(backend.fetch("orders", "prod")).properties == {"k": 1}
    with pytest.raises(NotARepository):
        GitConfigBackend(tmp_path / "nothing.git")


def test_a_remote_repository_is_copied_and_gets_what_was_saved(backend, tmp_path):
    save(backend, {"k": 1}, "orders", "prod")
    with GitConfigBackend(f"file://{tmp_path / 'c.git'}", clone_dir=tmp_path / "copy.git") as copy:
        assert run(copy.fetch("orders", "prod")).properties == {"k": 1}
        save(copy, {"k": 2}, "orders", "prod")
        assert run(backend.fetch("orders", "prod")).properties == {"k": 1}
        run(copy.refresh())
        assert git(tmp_path / "c.git", "show", "main:orders-prod.yml") == "k: 2\n"
    (tmp_path / "c.git").rename(tmp_path / "gone.git")
    with GitConfigBackend(f"file://{tmp_path / 'c.git'}", clone_dir=tmp_path / "copy.git") as copy:
        with pytest.raises(RemoteFailed):
            run(copy.refresh())
        assert run(copy.fetch("orders", "prod")).properties == {"k": 2}


def test_a_remote_that_was_never_there_is_an_error(tmp_path):
    with GitConfigBackend("http://127.0.0.1:9/x.git") as backend, pytest.raises(RemoteFailed):
        run(backend.fetch("orders", "prod"))


def test_an_empty_repository_is_made_where_that_is_wanted(tmp_path):
    with pytest.raises(NotARepository):
        GitConfigBackend(tmp_path / "new.git")
    for pool in (8, 9):  # the second time it is there already
        with GitConfigBackend(tmp_path / "new.git", create=True) as backend:
            save(backend, {"pool": pool}, "orders", "prod")
    assert git(tmp_path / "new.git", "rev-list", "--count", "main").strip() == "2"

import pytest
from support.git import git
from support.server import running_server
from support.writers import assert_linear, push_together


def new_repository(folder):
    """A bare repository with one commit on ``main``."""
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "config.git")
    git(folder, "init", "--quiet", "--initial-branch=main", "first")
    git(folder / "first", "commit", "--quiet", "--allow-empty", "--message", "first")
    git(folder / "first", "push", "--quiet", "../config.git", "main")
    return folder / "config.git"


@pytest.mark.parametrize("version", [0, 2])
def test_four_clients_push_and_rebase_against_two_workers(tmp_path, version):
    repository = new_repository(tmp_path)
    base = git(repository, "rev-parse", "main").strip()
    names = ["ann", "bob", "cid", "dee"]
    pushes = 20 if version == 2 else 5
    with running_server(repository, "--workers", "2") as server:
        push_together(dict.fromkeys(names, server.remote), tmp_path, pushes, version)
    assert_linear(repository, base, names, pushes)

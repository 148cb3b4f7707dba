import subprocess

import pytest

from gitconfig_server.git.ancestors import FirstParents
from gitconfig_server.storage.disk.storage import open_path

CHANGE = b"commit refs/heads/main\ncommitter a <a@b> %d +0000\ndata 0\nM 100644 inline a.yml\ndata 10\n%d"
HISTORY = b"".join(CHANGE % (at, at) for at in range(1_700_000_000, 1_700_003_000))


def git(root, *arguments, input=None):
    return subprocess.run(["git", *arguments], cwd=root, input=input, check=True, capture_output=True).stdout.decode()


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "config.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", root], check=True)
    git(root, "fast-import", "--quiet", input=HISTORY)
    return root


class Unread:
    """Objects that nobody may read: what is known of them stands elsewhere."""

    def get_raw(self, name):
        raise AssertionError(f"{name} was read")


def write_graph(root, layers):
    """A graph of one file, or of several on top of each other."""
    if layers == 1:
        git(root, "commit-graph", "write", "--reachable")
        return
    for back in (2500, 1000, 0):
        git(
            root,
            "commit-graph",
            "write",
            "--stdin-commits",
            "--split=no-merge",
            input=git(root, "rev-parse", f"main~{back}").encode(),
        )


@pytest.mark.parametrize("layers", [1, 3])
def test_first_parents_are_read_in_the_commit_graph(root, layers):
    write_graph(root, layers)
    storage, name = open_path(root)
    found = FirstParents(Unread(), storage.open(name).folder)
    ids = git(root, "rev-list", "--first-parent", "main").encode().split()
    for start, steps in ((0, 2999), (0, 1), (5, 994), (1001, 1998), (2998, 1)):
        assert found.back(ids[start], steps) == (ids[start + steps], steps)
    found = FirstParents(storage.open(name).objects, storage.open(name).folder)
    assert found.back(ids[10], 100_000) == (ids[-1], 2989)
    storage.close()


def test_commits_that_are_younger_than_the_graph_are_read(root):
    write_graph(root, 1)
    storage, name = open_path(root)
    stored = storage.open(name)
    found = FirstParents(stored.objects, stored.folder)
    tree = git(root, "rev-parse", "main^{tree}").strip()
    for _ in range(3):
        made = git(
            root, "-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", "-m", "x", "-p", "main", tree
        ).strip()
        git(root, "update-ref", "refs/heads/main", made)
    ids = git(root, "rev-list", "--first-parent", "main").encode().split()
    assert found.back(ids[0], 3002) == (ids[-1], 3002)
    storage.close()


@pytest.mark.parametrize("kept", [0, 99, 50_000])
def test_a_damaged_graph_is_as_if_it_were_not_there(root, kept):
    write_graph(root, 1)
    path = root / "objects" / "info" / "commit-graph"
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:kept] + (b"x" + content[kept + 1 :] if kept == 50_000 else b""))
    storage, name = open_path(root)
    stored = storage.open(name)
    ids = git(root, "rev-list", "--first-parent", "main").encode().split()
    assert FirstParents(stored.objects, stored.folder).back(ids[0], 2500) == (ids[2500], 2500)
    storage.close()

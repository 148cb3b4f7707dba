"""Stock Git pushing straight into a served folder meets the same rules, through the hook."""

import pytest
from support.git import git, try_git
from support.server import clone_bundle

from gitconfig_server.server.hooks import hook_scripts
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.storage.disk.repository import DiskStorage


@pytest.fixture
def clone(tmp_path):
    """A clone of petclinic, whose origin is a folder as ``serve`` prepares it."""
    folder = clone_bundle("petclinic.bundle", tmp_path / "petclinic.git")
    storage = DiskStorage(tmp_path, hook_scripts(DoorRules()))
    assert storage.open(folder.name).prepare() == []
    storage.close()
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(folder), "clone")
    return tmp_path / "clone"


def commit(clone):
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "change")


def test_a_sound_change_goes_in(clone):
    (clone / "new.yml").write_text("a: 1\n")
    commit(clone)
    said = try_git(clone, "push", "--quiet").stderr
    assert "remote: affects new/default: " in said


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda clone: (clone / "new.yml").write_text("a: [\n"), "remote: new.yml:2:1: "),
        (lambda clone: (clone / "link.yml").symlink_to("/etc/passwd"), "link.yml"),
        (lambda clone: git(clone, "checkout", "--quiet", "--detach", "HEAD~2"), "non-fast-forward"),
    ],
)
def test_what_the_server_would_refuse_is_refused(clone, spoil, told):
    before = git(clone, "ls-remote", "origin")
    spoil(clone)
    if git(clone, "status", "--porcelain"):
        commit(clone)
    pushed = try_git(clone, "push", "--force", "origin", "HEAD:main")
    assert pushed.returncode != 0
    assert told in pushed.stderr
    assert git(clone, "ls-remote", "origin") == before

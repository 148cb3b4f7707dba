"""Pushes to labels that are frozen, have something pending, or are rewritten: over HTTP and into the folder alike."""

from contextlib import closing

import pytest
from support.git import git, try_git
from support.git_server import serving
from support.pending import PendingDesk
from support.writing import request

from gitconfig_server.config.running.clocks import storage_moments
from gitconfig_server.errors import MergeConflict, UpdateRefused
from gitconfig_server.model.pending import Brake
from gitconfig_server.server.hooks import hook_scripts
from gitconfig_server.service.door_rules import DoorRules
from gitconfig_server.storage.disk.storage import DiskStorage


@pytest.fixture
def served(tmp_path):
    """A desk by the machine's own clocks, whose folder is served with its hook: a clone, and the two ways to push."""

    def make(**rules):
        storage = DiskStorage(tmp_path, hook_scripts(DoorRules(**rules)))
        desk = PendingDesk(storage.create("config.git"), **rules)
        desk.moment = storage_moments(desk.stored)
        desk.open_again(**rules)
        desk.stored.prepare()
        desk.begin()
        git(tmp_path, "clone", "--quiet", str(tmp_path / "config.git"), "clone")
        return storage, desk, tmp_path / "clone"

    return make


def commit(clone, **files):
    for name, text in files.items():
        (clone / f"{name}.yml").write_text(text)
    git(clone, "commit", "--quiet", "--all", "--message", "change")


def freeze(desk):
    desk.engine.freeze(request("main"), Brake(reason="release night"))


@pytest.mark.parametrize("hold", [freeze, PendingDesk.apply_for], ids=["frozen", "pending"])
def test_a_push_to_a_held_label_is_refused_with_the_reason_that_a_save_gets(served, hold):
    storage, desk, clone = served()
    with closing(storage), serving(desk.git) as url:
        hold(desk)
        with pytest.raises(UpdateRefused) as refused:
            desk.write({"orders.yml": "pool: 7\n"})
        commit(clone, orders="pool: 7\n")
        for remote in (url, "origin"):
            pushed = try_git(clone, "push", remote, "HEAD:main")
            assert (pushed.returncode, refused.value.reason in pushed.stderr) == (1, True), pushed.stderr
        assert desk.saved() == 5


def rewrite(clone, **files):
    """A history of its own, which has nothing in common with what was there."""
    git(clone, "checkout", "--quiet", "--orphan", "other")
    commit(clone, **files)


def test_a_forced_push_is_refused_by_both_ways(served):
    storage, desk, clone = served()
    with closing(storage), serving(desk.git) as url:
        tip = desk.commit().id
        rewrite(clone, orders="pool: 6\n")
        for remote in (url, "origin"):
            assert "non-fast-forward" in try_git(clone, "push", "--force", remote, "HEAD:main").stderr
        assert (desk.commit().id, desk.reasons()[-1]) == (tip, "save")


def test_a_forced_push_that_is_allowed_is_journalled_as_such_and_what_was_staged_before_conflicts(served):
    storage, desk, clone = served(allow_non_fast_forward=True)
    with closing(storage), serving(desk.git) as url:
        staged = desk.commit("staged").id
        rewrite(clone, orders="pool: 6\nurl: a\n")
        git(clone, "push", "--quiet", "--force", url, "HEAD:main", "HEAD:refs/heads/next")
        assert (desk.reasons()[-1], desk.saved()) == ("push-forced", 6)
        with pytest.raises(MergeConflict) as refused:
            desk.apply()
        assert [one.path for one in refused.value.conflicts] == ["orders.yml"]
        assert (desk.commit("staged").id, desk.text("orders.yml")) == (staged, "pool: 6\nurl: a\n")
        commit(clone, orders="pool: 8\n")
        git(clone, "push", "--quiet", url, "HEAD:main")
        assert desk.reasons()[-1] == "push"

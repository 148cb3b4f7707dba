"""Everybody at once on one label: two workers, pushes over HTTP, pushes by stock Git straight into the folder."""

import os

from support.git import git
from support.server import clone_bundle, running_server
from support.writers import assert_linear, push_together

from gitconfig_server.storage.urls import open_storage

COMMITS = 200 if os.environ.get("GITCONFIG_TEST_ALL") else 8
MAIN = b"refs/heads/main"


def moves_of_main(repository):
    storage, name = open_storage(str(repository))
    stored = storage.open(name)
    try:
        stored.snapshot()
        return [update for record in stored.journal(ref=MAIN) for update in record.updates if update.ref == MAIN]
    finally:
        storage.close()


def test_nothing_is_lost_and_every_move_is_journalled_once(tmp_path):
    repository = clone_bundle("petclinic.bundle", tmp_path / "petclinic.git")
    base = git(repository, "rev-parse", "main").strip()
    with running_server(repository, "--workers", "2") as server:
        remotes = {"ann": server.remote, "bob": server.remote, "cid": str(repository), "dee": str(repository)}
        git(tmp_path, "clone", "--quiet", server.remote, "warm")
        push_together(remotes, tmp_path, COMMITS)
    tip = git(repository, "rev-parse", "main").strip().encode()
    moves = moves_of_main(repository)
    assert moves[-1].new == tip
    assert [move.old for move in moves[1:]] == [move.new for move in moves[:-1]]
    assert len(moves) == 1 + 4 * COMMITS
    assert_linear(repository, base, sorted(remotes), COMMITS)

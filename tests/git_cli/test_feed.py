"""Moves by stock git in the folder are heard by listeners, once each."""

import re
import urllib.request
from contextlib import closing

from support.git import git
from support.repositories import commit
from support.server import running_server

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.conformance.handles import eventually
from gitconfig_server.storage.disk.storage import DiskStorage


def test_moves_by_stock_git_are_heard(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        repository = storage.create("config.git")
        repository.prepare()
        ours, heard = GitRepository(repository), []
        ours.add_listener(lambda record: heard.append((record.seq, record.reason)))
        ours.feed.start()
        first = commit(ours, {"a": "1"}).decode()
        folder = tmp_path / "config.git"
        git(folder, "branch", "copy", first)
        eventually(lambda: len(heard) == 2)
        commit(ours, {"a": "2"}, label="copy")
        git(folder, "update-ref", "refs/heads/copy", first)
        eventually(lambda: len(heard) == 4)
        ours.feed.stop()
    assert heard == [(1, "push"), (2, "external"), (3, "push"), (4, "external-forced")]


def test_each_move_is_counted_once_whichever_worker_is_asked(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        first = commit(GitRepository(storage.create("config.git")), {"a": "1"}).decode()
        folder = tmp_path / "config.git"
        with running_server(str(folder), "--workers", "2") as server:
            git(folder, "branch", "copy", first)

            def counted():
                text = urllib.request.urlopen(f"{server.url}/metrics").read().decode()
                found = re.search(r'gitconfig_moves_total\{reason="external"\} (\S+)', text)
                return float(found[1]) if found else 0.0

            eventually(lambda: counted() == 1)
            assert [counted() for _ in range(20)] == [1.0] * 20

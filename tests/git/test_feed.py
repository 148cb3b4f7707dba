from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from support.repositories import commit
from support.storages import KINDS, Made

from gitconfig_server.git.repository import GitRepository
from gitconfig_server.storage.conformance.handles import eventually
from gitconfig_server.storage.disk.storage import DiskStorage


class Hearing:
    """A repository with what its listeners heard."""

    def __init__(self, stored):
        self.git = GitRepository(stored)
        self.heard, self.own = [], []
        self.git.add_listener(lambda record: self.heard.append((record.epoch, record.seq)))
        self.git.add_listener(lambda record: self.own.append(record.seq), own=True)


@contextmanager
def two(kind, tmp_path):
    made = Made(kind, tmp_path)
    storage = made()
    storage.create("config")
    both = [Hearing(one.open("config")) for one in (storage, made.again(storage))]
    for one in both:
        one.git.feed.start()
    try:
        yield both
    finally:
        for one in both:
            one.git.feed.stop()
        made.close()


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_move_is_heard_once_by_each(kind, tmp_path):
    with two(kind, tmp_path) as (one, other):
        commit(one.git, {"a": "0"})
        assert len(one.heard) == 1, "own moves are heard before the call returns"

        def save(at):
            for number in range(5):
                commit((one, other)[at].git, {"a": f"{at} {number}"}, label=f"label-{at}")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(save, (0, 1)))
        expected = [(record.epoch, record.seq) for record in one.git.stored.journal()]
        assert len(expected) == 11
        eventually(lambda: len(one.heard) >= 11 and len(other.heard) >= 11)
        assert one.heard == other.heard == expected
        assert sorted(one.own + other.own) == list(range(1, 12))
        assert len(one.own) == 6


def test_what_was_moved_between_is_told_before_an_own_move(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage, closing(DiskStorage(tmp_path)) as beside:
        one, other = Hearing(storage.create("config")), Hearing(beside.open("config"))
        for label in ("a", "b"):
            commit(other.git, {"a": "1"}, label=label)
        assert one.heard == []
        commit(one.git, {"a": "1"})
        assert [seq for _, seq in one.heard] == [1, 2, 3]
        assert one.own == [3]


def test_a_listener_may_move_refs_itself(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        one = Hearing(storage.create("config"))
        one.git.add_listener(lambda record: commit(one.git, {"a": "1"}, label="b") if record.seq == 1 else None)
        commit(one.git, {"a": "1"})
        assert [seq for _, seq in one.heard] == [1, 2]


def test_a_journal_that_begins_anew_is_told_from_its_beginning(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        one = Hearing(storage.create("config"))
        for number in range(3):
            commit(one.git, {"a": f"{number}"})
        (tmp_path / "config" / "gitconfig" / "journal").unlink()
        commit(one.git, {"a": "4"})
        epochs = [epoch for epoch, _ in one.heard]
        assert [seq for _, seq in one.heard] == [1, 2, 3, 1, 2]
        assert len(set(epochs[:3])) == 1
        assert epochs[3] == epochs[4] != epochs[0]

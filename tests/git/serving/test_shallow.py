from datetime import timedelta

import pytest
from support.repositories import EPOCH, commit, memory_repository

from gitconfig_server.git.serving.negotiation import INFINITE_DEPTH
from gitconfig_server.git.serving.shallow import Edge, move_edge


@pytest.fixture
def history():
    """A repository and its five commits, newest first."""
    git = memory_repository()
    commits = [commit(git, {"a.yml": str(n)}, when=EPOCH + timedelta(hours=n)) for n in range(5)]
    return git.objects, commits[::-1]


def test_without_a_depth_the_edge_stays(history):
    objects, commits = history
    assert move_edge(objects, commits[:1], 0, {commits[2]}) == Edge([], [], frozenset({commits[2]}), [])
    assert move_edge(objects, commits[:1], 0, {b"1" * 40}) == Edge([], [], frozenset(), [])


def test_a_depth_sets_the_edge(history):
    objects, commits = history
    assert move_edge(objects, commits[:1], 1, ()) == Edge([commits[0]], [], frozenset({commits[0]}), [])
    assert move_edge(objects, commits[:1], 5, ()) == Edge([], [], frozenset(), [])


def test_a_greater_depth_moves_it_down(history):
    objects, commits = history
    edge = move_edge(objects, commits[:1], 3, {commits[0]})
    assert edge == Edge([commits[2]], [commits[0]], frozenset({commits[2]}), [commits[1]])


def test_an_endless_depth_removes_it(history):
    objects, commits = history
    edge = move_edge(objects, commits[:1], INFINITE_DEPTH, {commits[3]})
    assert edge == Edge([], [commits[3]], frozenset(), [commits[4]])


def test_an_edge_out_of_reach_stays(history):
    objects, commits = history
    edge = move_edge(objects, commits[:1], 2, {commits[3]})
    assert edge == Edge([commits[1]], [], frozenset({commits[1], commits[3]}), [])

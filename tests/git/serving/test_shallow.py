from datetime import timedelta

import pytest
from support.repositories import EPOCH, commit, memory_repository

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.git.serving.request import INFINITE_DEPTH, FetchRequest
from gitconfig_server.git.serving.shallow import Edge, move_edge


@pytest.fixture
def history():
    """A repository and its five commits, newest first."""
    git = memory_repository()
    commits = [commit(git, {"a.yml": str(n)}, when=EPOCH + timedelta(hours=n)) for n in range(5)]
    return git.objects, commits[::-1]


def test_without_a_depth_the_edge_stays(history):
    objects, commits = history
    assert move_edge(objects, commits[:1], FetchRequest(), {commits[2]}) == Edge([], [], frozenset({commits[2]}), [])


def test_a_depth_sets_the_edge(history):
    objects, commits = history
    assert move_edge(objects, commits[:1], FetchRequest(depth=1), ()) == Edge(
        [commits[0]], [], frozenset({commits[0]}), []
    )
    assert move_edge(objects, commits[:1], FetchRequest(depth=5), ()) == Edge([], [], frozenset(), [])


def test_a_greater_depth_moves_it_down(history):
    objects, commits = history
    edge = move_edge(objects, commits[:1], FetchRequest(depth=3), {commits[0]})
    assert edge == Edge([commits[2]], [commits[0]], frozenset({commits[2]}), [commits[1]])


def test_an_endless_depth_removes_it(history):
    objects, commits = history
    edge = move_edge(objects, commits[:1], FetchRequest(depth=INFINITE_DEPTH), {commits[3]})
    assert edge == Edge([], [commits[3]], frozenset(), [commits[4]])


def test_an_edge_out_of_reach_stays(history):
    objects, commits = history
    edge = move_edge(objects, commits[:1], FetchRequest(depth=2), {commits[3]})
    assert edge == Edge([commits[1]], [], frozenset({commits[1], commits[3]}), [])


def test_a_relative_depth_counts_from_the_edge(history):
    objects, commits = history
    asked = FetchRequest(depth=1, flags=frozenset({b"deepen-relative"}))
    edge = move_edge(objects, commits[:1], asked, {commits[1]})
    assert edge == Edge([commits[2]], [commits[1]], frozenset({commits[2]}), [commits[2]])
    assert move_edge(objects, commits[:1], asked) == Edge([], [], frozenset(), [])


def test_a_time_or_another_history_sets_the_edge(history):
    objects, commits = history
    since = int((EPOCH + timedelta(hours=2)).timestamp())
    edge = Edge([commits[2]], [], frozenset({commits[2]}), [])
    assert move_edge(objects, commits[:1], FetchRequest(since=since)) == edge
    assert move_edge(objects, commits[:1], FetchRequest(without=[b"v1"]), (), {commits[3]}) == edge
    with pytest.raises(MalformedRequest, match="no commits selected"):
        move_edge(objects, commits[:1], FetchRequest(since=since * 2))

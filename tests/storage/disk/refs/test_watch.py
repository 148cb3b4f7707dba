"""What the refs' watch answers while a move is under way, with the clock in the test's hand."""

import pytest

from gitconfig_server.storage.disk.counter import MappedCounter, new_counter
from gitconfig_server.storage.disk.refs.reader import DiskRefs
from gitconfig_server.storage.disk.refs.watch import RefWatch


@pytest.fixture
def clock(monkeypatch):
    """A time that stands still: a list of one number."""
    now = [100.0]
    monkeypatch.setattr("gitconfig_server.storage.disk.refs.watch.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def watched(tmp_path, clock):
    """A repository's watch, and the counter through which somebody else moves."""
    (tmp_path / "refs" / "heads").mkdir(parents=True)
    (tmp_path / "HEAD").write_bytes(b"ref: refs/heads/main\n")
    (tmp_path / "counter").write_bytes(new_counter())
    mine, others = (MappedCounter(f"{tmp_path}/counter") for _ in range(2))
    for one in (mine, others):
        one.attach(writable=True)
    return RefWatch(DiskRefs(str(tmp_path)), mine, writable=True), others


def test_a_move_shows_at_once_when_it_ends_and_not_before(watched):
    watch, others = watched
    before = watch.generation_at_once()
    others.begin_move()
    assert watch.generation_at_once() == before
    others.end_move()
    after = watch.generation_at_once()
    assert after != before
    assert watch.generation_at_once() == after == watch.generation()


def test_a_move_that_does_not_end_is_seen_at_the_next_look(watched, clock):
    watch, others = watched
    before = watch.generation_at_once()
    others.begin_move()
    clock[0] += 0.1
    under_way = watch.generation_at_once()
    assert under_way != before
    others.end_move()
    assert watch.generation_at_once() not in (before, under_way)


def test_who_waits_for_a_move_to_end_does_not_change_what_is_seen_meanwhile(watched):
    watch, others = watched
    before, seen = watch.generation_at_once(), watch.sighting
    others.begin_move()
    assert watch.generation() != before
    assert (seen.words[0], seen.until > 100.0) == (seen.begun, True)
    others.end_move()
    assert seen.words[0] not in (seen.moves, seen.begun)


def test_what_stock_git_moves_ends_what_was_seen(watched, tmp_path):
    watch, _ = watched
    before, seen = watch.generation_at_once(), watch.sighting
    (tmp_path / "refs" / "heads" / "main").write_bytes(b"1" * 40 + b"\n")
    assert watch.look() != before
    assert seen.until < 100.0
    assert watch.generation_at_once() == watch.sighting.generation != before


def test_what_is_forgotten_holds_no_file(watched):
    watch, _ = watched
    watch.generation_at_once()
    seen = watch.sighting
    watch.forget()
    assert (seen.until, watch.sighting.words) == (0.0, (0,))

from pathlib import Path

import pytest

from gitconfig_server.storage.disk.counter import MappedCounter, new_counter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "counter"
    path.write_bytes(new_counter())
    return path


def attached(path: Path, *, writable: bool = True) -> MappedCounter:
    counter = MappedCounter(str(path))
    counter.attach(writable=writable)
    return counter


def test_what_one_writes_all_read(path: Path) -> None:
    writer, reader = attached(path), attached(path, writable=False)
    before = reader.moves
    writer.begin_move()
    assert reader.moves == before + 1
    assert reader.moves % 2 == 1
    writer.end_move()
    writer.mark_done(7)
    assert (reader.moves, reader.done) == (before + 2, 7)


def test_a_move_that_was_begun_twice_ends_once(path: Path) -> None:
    counter = attached(path)
    before = counter.moves
    counter.begin_move()
    counter.begin_move()
    counter.end_move()
    assert counter.moves == before + 2
    counter.end_move()
    assert counter.moves == before + 4


def test_without_a_file_nothing_counts(tmp_path: Path) -> None:
    counter = attached(tmp_path / "counter")
    counter.begin_move()
    assert (counter.moves, counter.attached) == (0, False)


def test_a_file_that_is_too_short_is_not_mapped(tmp_path: Path) -> None:
    (tmp_path / "counter").write_bytes(b"short")
    assert not attached(tmp_path / "counter").attached


def test_a_new_file_never_repeats_the_old_numbers(path: Path) -> None:
    counter = attached(path)
    for _move in range(100):
        counter.end_move()
    path.unlink()
    assert not counter.attached
    path.write_bytes(new_counter())
    last = counter.moves
    counter.attach(writable=True)
    assert counter.attached
    assert counter.moves > last


def test_numbers_stay_readable_after_closing(path: Path) -> None:
    counter = attached(path)
    counter.mark_done(3)
    counter.close()
    counter.mark_done(4)
    assert counter.done == 3

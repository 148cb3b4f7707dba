import itertools
from pathlib import Path

import pytest

from gitconfig_server.storage.disk.refs import external_moves

A, B, C, D = (digit * 40 for digit in (b"a", b"b", b"c", b"d"))
NOTHING = b"0" * 40


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Made by stock Git: nothing -> A -> B -> A -> C."""
    path = tmp_path / "log"
    values = [NOTHING, A, B, A, C]
    for old, new in itertools.pairwise(values):
        append(path, old, new)
    return path


def append(path: Path, old: bytes, new: bytes) -> int:
    """One more line: where the log ends then."""
    with path.open("ab") as file:
        file.write(b"%s %s Ann Other <ann@example.org> 1700000000 +0100\tpush: \xff\n" % (old, new))
    return path.stat().st_size


def moves(log: Path, start: int, known: bytes | None, current: bytes | None) -> list[tuple[bytes | None, bytes | None]]:
    return [(move.old, move.new) for move in external_moves.moves_between(str(log), start, known, current)]


def test_the_whole_chain_from_where_it_was_read(log: Path) -> None:
    line = log.stat().st_size // 4
    assert moves(log, 0, None, C) == [(None, A), (A, B), (B, A), (A, C)]
    assert moves(log, line, A, C) == [(A, B), (B, A), (A, C)]
    assert moves(log, line, A, A) == [(A, B), (B, A)]
    assert moves(log, 3 * line, A, C) == [(A, C)]


def test_who_and_why(log: Path) -> None:
    (move, *_others) = external_moves.moves_between(str(log), 0, None, C)
    assert (move.actor, move.message) == ("Ann Other", "push: \N{REPLACEMENT CHARACTER}")


def test_moves_that_are_logged_but_not_made_yet_are_left_for_later(log: Path) -> None:
    end = log.stat().st_size
    append(log, C, D)
    assert moves(log, end, C, C) == []
    assert moves(log, end // 4 * 3, A, C) == [(A, C)]
    assert moves(log, end, C, D) == [(C, D)]


def test_moves_of_our_own_are_gaps(log: Path) -> None:
    end = log.stat().st_size
    append(log, D, A)
    assert moves(log, end, D, A) == [(D, A)]


def test_a_log_that_was_rewritten_is_read_from_its_end(log: Path) -> None:
    assert moves(log, 10_000, A, C) == [(A, C)]
    assert moves(log, 10_000, B, C) == [(B, A), (A, C)]


def test_a_log_that_does_not_lead_there_tells_nothing(log: Path, tmp_path: Path) -> None:
    assert moves(log, 0, D, C) == []
    assert moves(log, 0, A, D) == []
    assert moves(tmp_path / "none", 0, A, C) == []
    assert (external_moves.size(str(tmp_path / "none")), external_moves.size(str(log))) == (0, log.stat().st_size)


def test_lines_that_are_none_are_passed_over(log: Path) -> None:
    log.write_bytes(b"nonsense\n" + log.read_bytes() + b"%s %s" % (C, D))
    assert moves(log, 9, None, C)[-1] == (A, C)

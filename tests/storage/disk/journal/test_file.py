from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.journal import file as journal_module
from gitconfig_server.storage.disk.journal import reader
from gitconfig_server.storage.disk.journal.file import Journal
from gitconfig_server.storage.disk.journal.format import JournalEntry

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
Open = Callable[[], Journal]


def entry(number: int, ref: bytes = b"refs/heads/main", **fields: str) -> JournalEntry:
    old = b"%040x" % (number - 1) if number > 1 else None
    return JournalEntry(JournalRecord((RefUpdate(ref, old, b"%040x" % number),), "save", **fields))


def ticking(start: datetime = NOON) -> Callable[[], datetime]:
    times: Iterator[datetime] = (start + timedelta(seconds=second) for second in range(1_000_000))
    return lambda: next(times)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def reopen(path: Path) -> Open:
    return lambda: Journal(str(path), DiskFiles(), ticking())


@pytest.fixture
def filled(reopen: Open) -> Journal:
    """A journal of 20 records, every fourth of them about another ref."""
    journal = reopen()
    journal.create([])
    for number in range(1, 21):
        journal.append([entry(number, b"refs/heads/main" if number % 4 else b"refs/heads/other")])
    return journal


def seqs(records: Iterator[JournalRecord]) -> list[int]:
    return [record.seq for record in records]


def test_filters(filled: Journal, reopen: Open) -> None:
    for journal in (filled, reopen()):
        assert seqs(journal.records()) == list(range(1, 21))
        assert seqs(journal.records(after=17)) == [18, 19, 20]
        assert seqs(journal.records(after=-1)) == list(range(1, 21))
        assert seqs(journal.records(after=20)) == []
        assert seqs(journal.records(after=4, ref=b"refs/heads/other")) == [8, 12, 16, 20]
        assert seqs(journal.records(ref=b"refs/heads/none")) == []


def test_no_journal_has_no_records(reopen: Open) -> None:
    assert not reopen().catch_up()
    assert seqs(reopen().records()) == []


def test_appending_is_seen_by_others(filled: Journal, reopen: Open) -> None:
    other = reopen()
    assert seqs(other.records(after=19, ref=b"refs/heads/other")) == [20]
    filled.append([entry(21), entry(22, b"refs/heads/other")])
    assert seqs(other.records(after=19, ref=b"refs/heads/other")) == [20, 22]
    assert other.state.refs == filled.state.refs
    assert other.append([entry(23)]).seq == 23
    assert seqs(filled.records(after=22)) == [23]


def test_time_never_runs_backwards(path: Path) -> None:
    times = iter([NOON, NOON - timedelta(hours=1), NOON + timedelta(microseconds=5)])
    journal = Journal(str(path), DiskFiles(), lambda: next(times))
    journal.create([entry(1)])
    journal.append([entry(2)])
    journal.append([entry(3)])
    received = [record.received_at for record in journal.records()]
    assert received == [NOON, NOON, NOON + timedelta(microseconds=5)]


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_last_line_that_was_cut_short_never_was(cut: int, filled: Journal, path: Path, reopen: Open) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    for journal in (filled, reopen()):
        assert seqs(journal.records())[-1] == 19
        journal.settle()
    assert path.stat().st_size == filled.state.end
    assert filled.append([entry(20)]).seq == 20


@pytest.mark.parametrize("rest", [b"\0" * 100, b"0000", b"garbage\nand more\n"])
def test_what_no_line_is_at_the_end_is_removed(rest: bytes, filled: Journal, path: Path, reopen: Open) -> None:
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + rest)
    journal = reopen()
    journal.settle()
    assert path.stat().st_size == size
    assert journal.state.seq == 20


def test_damage_within_is_told_and_not_removed(filled: Journal, path: Path, reopen: Open) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptRepository, match=r"journal is damaged at byte \d+: run gitconfig-server doctor"):
        reopen().settle()
    with pytest.raises(CorruptRepository):
        list(filled.records())
    assert path.stat().st_size == len(content)


def test_a_journal_without_its_first_line_is_damaged(filled: Journal, path: Path, reopen: Open) -> None:
    path.write_bytes(b"x" + path.read_bytes())
    with pytest.raises(CorruptRepository, match="byte 0"):
        reopen().catch_up()


def test_strange_texts_come_back(reopen: Open) -> None:
    journal = reopen()
    journal.create([])
    texts = {"actor": 'a "quoted" name', "message": 'line\nline,"refs":[],"actor":"\udc80\0', "reason_": "☃"}
    ref = b'refs/heads/","actor":"\xff'
    journal.append(
        [JournalEntry(JournalRecord((RefUpdate(ref, None, b"1" * 40),), "save", texts["actor"], texts["message"]))]
    )
    (found,) = reopen().records(ref=ref)
    assert (found.actor, found.message, found.updates[0].ref) == (texts["actor"], texts["message"], ref)


@pytest.mark.parametrize("spoil", ["nothing", "checkpoint", "journal", "other journal"])
def test_checkpoints_are_trusted_only_where_they_fit(
    spoil: str, path: Path, reopen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "_CHECKPOINT_EVERY", 5)
    journal = reopen()
    journal.create([])
    for number in range(1, 13):
        journal.append([entry(number)])
    checkpoint = path.with_name("journal-checkpoint")
    assert checkpoint.exists()
    count = 12
    if spoil == "checkpoint":
        checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    elif spoil == "journal":
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:6]))
        count = 5
    elif spoil == "other journal":
        path.unlink()
        reopen().create([entry(1)])
        count = 1
    again = reopen()
    again.catch_up()
    assert again.state.refs == {b"refs/heads/main": b"%040x" % count}
    assert (again.state.seq, seqs(again.records())) == (count, list(range(1, count + 1)))


def test_a_failed_append_leaves_no_trace(filled: Journal, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    real = DiskFiles.append

    def half(files: DiskFiles, target: str, content: bytes) -> None:
        real(files, target, content[: len(content) // 2])
        raise OSError(28, "No space left on device", target)

    monkeypatch.setattr(DiskFiles, "append", half)
    with pytest.raises(OSError, match="No space"):
        filled.append([entry(21)])
    assert path.read_bytes() == before
    monkeypatch.undo()
    assert filled.append([entry(21)]).seq == 21


def test_long_journals_are_entered_near_the_place(reopen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_CHUNK", 700)
    journal = reopen()
    journal.create([])
    journal.append([entry(number, message="x" * (number % 50) * 20) for number in range(1, 200)])
    for after in (0, 1, 2, 50, 99, 150, 197, 198):
        assert seqs(journal.records(after=after)) == list(range(after + 1, 200))


def test_the_last_records_are_found_without_a_search(reopen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, follower = reopen(), reopen()
    writer.create([])
    follower.catch_up()
    for number in range(1, 101):
        writer.append([entry(number, message="x" * (number % 7))])
    follower.catch_up()
    monkeypatch.setattr(reader.JournalReader, "place_of", lambda *_: pytest.fail("searched"))
    for journal in (writer, follower, reopen()):
        for after in (36, 37, 60, 98, 99):
            assert seqs(journal.records(after=after)) == list(range(after + 1, 101))
            assert seqs(journal.records(after=after, before=100)) == list(range(after + 1, 100))

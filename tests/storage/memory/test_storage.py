from datetime import UTC, datetime

from gitconfig_server.storage.conformance.repositories import MAIN, save
from gitconfig_server.storage.memory.storage import MemoryStorage


def test_everybody_opens_the_same_repository() -> None:
    storage = MemoryStorage()
    name = save(storage.create("one"), MAIN, 1)
    assert storage.open("one").snapshot()[MAIN] == name


def test_time_in_the_journal_never_runs_backwards() -> None:
    times = iter([datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)])
    repository = MemoryStorage(clock=lambda: next(times)).create("one")
    first = save(repository, MAIN, 1)
    save(repository, MAIN, 2, first)
    assert [entry.received_at for entry in repository.journal()] == [datetime(2026, 1, 2, tzinfo=UTC)] * 2

"""What every storage must do with cursors: places in a journal, whose epochs tell one life of it from another."""

from __future__ import annotations

from collections.abc import Callable

from gitconfig_server.errors import CursorLost, StorageStale
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import JournalRecord, StoredRepository
from gitconfig_server.storage.conformance.handles import SOON, two
from gitconfig_server.storage.conformance.objects import MAIN, Make, commit, refused
from gitconfig_server.storage.conformance.repositories import OTHER, save

_UNKNOWN = "ffff"


def check_cursors(make: Make) -> None:
    """Who was told of a record on one side finds it on the other; what there is not is not waited for for ever."""
    with two(make) as (one, other):
        name = save(one, MAIN, 1)
        save(one, OTHER, 2)
        for record in one.journal():
            other.reach(record.epoch, record.seq, SOON)
        assert dict(other.snapshot())[MAIN] == name
        last = list(one.journal())[-1]
        refused((StorageStale, CursorLost), other.reach, last.epoch, last.seq + 1, 0.05)
        refused(CursorLost, other.reach, _UNKNOWN, 1, SOON)
        save(other, MAIN, 3, name)
        other.reach(last.epoch, last.seq + 1, SOON)
        one.reach(last.epoch, last.seq + 1, SOON)


def check_one_epoch_goes_on(make: Make) -> None:
    """Opening, writing on either side and opening again begin no new epoch: cursors stay good."""
    storage = make()
    first = storage.create("one")
    name = save(first, MAIN, 1)
    first.close()
    beside = make.again(storage)
    second = beside.open("one")
    save(second, MAIN, 2, name)
    assert len({record.epoch for record in second.journal()}) == 1
    record = next(second.journal())
    second.reach(record.epoch, record.seq, SOON)
    beside.close()


def check_epochs(make: Make) -> None:
    """A journal of two epochs is taken over; a cursor is good where its epoch had that record, and lost otherwise."""
    source, target = make().create("one"), make().create("copy")
    name = save(source, MAIN, 1)
    save(source, OTHER, 2)
    save(source, MAIN, 3, name)
    given = [replace(record, epoch="aa" if record.seq < 3 else "bb") for record in source.journal()]
    target.objects.put([one for number in (1, 2) for one in commit(number)[1]] + commit(3, name)[1])
    target.adopt(given)
    taken = list(target.journal())
    assert [replace(record, epoch="") for record in taken] == [replace(record, epoch="") for record in given]
    assert [record.epoch for record in taken] in (["aa", "aa", "bb"], ["bb", "bb", "bb"])
    assert _is_reached(target, taken[0])
    assert _is_reached(target, given[2])
    refused(CursorLost, target.reach, "aa", 3, SOON)
    stamped = target.update_refs((), record=JournalRecord((), "save"))
    assert (stamped.seq, stamped.epoch) == (4, "bb")


def _is_reached(repository: StoredRepository, record: JournalRecord) -> bool:
    repository.reach(record.epoch, record.seq, SOON)
    return True


EPOCH_CHECKS: tuple[Callable[[Make], None], ...] = (check_cursors, check_one_epoch_goes_on, check_epochs)

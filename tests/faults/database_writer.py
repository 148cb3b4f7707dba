"""A process of tests: writes to one label again and again, and says what was acknowledged."""

import sys
import time

from gitconfig_server.errors import OutcomeUnknown, RefChanged, StorageError
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.conformance.objects import MAIN, commit
from gitconfig_server.storage.urls import open_storage


def write(url: str, first: int) -> None:
    """Commits numbered from ``first`` on, each upon what is there; a line for each that was acknowledged."""
    storage, name = open_storage(url)
    number = first
    while True:
        try:
            repository = storage.open(name)
            while True:
                number += 1
                with repository.turn() as turn:
                    _once(repository, turn, number)
        except StorageError:
            time.sleep(0.05)


def _once(repository, turn, number):
    while True:
        old = repository.snapshot().get(MAIN)
        new, objects = commit(number, old)
        updates = (RefUpdate(MAIN, old, new),)
        print("try", number, new.decode(), flush=True)
        try:
            stored = turn.update_refs(updates, objects=objects, record=JournalRecord(updates, "save", str(number)))
        except RefChanged:
            continue
        except OutcomeUnknown:
            print("unknown", number, flush=True)
            raise
        if repository.snapshot()[MAIN] != new and repository.snapshot(fresh=True)[MAIN] == new:
            print("stale", number, flush=True)
        print("ack", number, stored.seq, new.decode(), flush=True)
        return


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]))

"""What a storage must do when it is held up: every call ends, and what became of a write can be told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from threading import Thread
from typing import Protocol

from gitconfig_server.errors import AlreadyRecorded, GitConfigError, OutcomeUnknown, RefChanged
from gitconfig_server.storage.base import REQUEST_KEY, JournalRecord, RefUpdate, Storage, StoredRepository, Turn
from gitconfig_server.storage.conformance.objects import MAIN, Make, commit, refused
from gitconfig_server.storage.conformance.repositories import OTHER, save

_LIMIT = 30.0
"""Seconds in which a call has ended whose own deadline is one second: machines may be busy."""


class TroubledWire(Protocol):
    """A storage opened over a connection that can fail."""

    @property
    def storage(self) -> Storage:
        """The storage. A call of it takes a second at most where the connection fails."""

    def lose_an_answer(self) -> None:
        """The next write reaches its database, and what that answers is lost with the connection."""

    def swallow(self) -> None:
        """From now on nothing arrives on either side, and nobody is told."""

    def heal(self) -> None:
        """End the connections that ``swallow`` has spoiled; new ones work."""


class WiredMake(Make, Protocol):
    """Makes storages that lie behind a network."""

    def wired(self, storage: Storage) -> AbstractContextManager[TroubledWire]:
        """What ``storage`` holds, reached over a connection that can fail."""


def check_nobody_waits_for_ever(make: Make) -> None:
    """While one holds a turn that never ends every call of the other ends, and works once the turn is over."""
    storage = make(patience=0.5)
    one = storage.create("one")
    name = save(one, MAIN, 1)
    other = make.again(storage, patience=0.5).open("one")
    with one.turn() as turn:
        refused(RefChanged, save, turn, MAIN, 2)  # whoever lost may hold what others wait for
        _all_end(other, name)
    with other.turn() as turn:
        save(turn, b"refs/heads/later", 5)


def check_a_lost_answer_is_settled(make: WiredMake) -> None:
    """A write whose answer is lost is in the journal once and acknowledged, or its writer is told that nobody knows."""
    storage = make()
    direct = storage.create("one")
    with make.wired(storage) as wire:
        repository = wire.storage.open("one")
        name = save(repository, MAIN, 1)
        for number in range(2, 8):
            wire.lose_an_answer()
            made, objects = commit(number, name)
            updates = (RefUpdate(MAIN, name, made),)
            record = JournalRecord(updates, "save", "ann", details={REQUEST_KEY: str(number)})
            with suppress(OutcomeUnknown):
                assert repository.update_refs(updates, objects=objects, record=record).seq == number
            if dict(direct.snapshot(fresh=True))[MAIN] != made:  # it had been unknown, and has not happened
                repository.update_refs(updates, objects=objects, record=record)
            error = refused(AlreadyRecorded, partial(repository.update_refs, (), record=_again(record)))
            assert error.seq == number
            name = made
        assert [entry.seq for entry in direct.journal()] == list(range(1, 8))
        assert dict(direct.snapshot(fresh=True)) == {MAIN: name}


def check_a_silent_network_costs_a_deadline(make: WiredMake) -> None:
    """Every call ends while bytes are swallowed, and works again afterwards; nothing is stored twice."""
    storage = make()
    direct = storage.create("one")
    with make.wired(storage) as wire:
        repository = wire.storage.open("one")
        name = save(repository, MAIN, 1)
        wire.swallow()
        _all_end(repository, name)
        wire.heal()
        assert dict(repository.snapshot(fresh=True))[MAIN] == name
        second = save(repository, MAIN, 2, name)
        assert dict(direct.snapshot(fresh=True))[MAIN] == second
        stored = [update.new for record in direct.journal() for update in record.updates]
        assert len(set(stored)) == len(stored)


def _again(record: JournalRecord) -> JournalRecord:
    return JournalRecord((), record.reason, record.actor, details=record.details)


def _all_end(repository: StoredRepository, name: bytes) -> None:
    """Each call, made at once with all others, answers or raises an error of ours, in time."""
    ended: dict[str, BaseException | None] = {}

    def run(call: str, action: Callable[[], object]) -> None:
        try:
            action()
            ended[call] = None
        except BaseException as error:
            ended[call] = error

    calls = _calls(repository, name)
    threads = [Thread(target=run, args=one, daemon=True) for one in calls.items()]
    deadline = time.monotonic() + _LIMIT
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    assert ended.keys() == calls.keys(), f"{calls.keys() - ended.keys()} had not ended after {_LIMIT:g} s"
    foreign = {call: error for call, error in ended.items() if error and not isinstance(error, GitConfigError)}
    assert not foreign, f"errors that are not ours: {foreign}"


def _calls(repository: StoredRepository, name: bytes) -> Mapping[str, Callable[[], object]]:
    return {
        "snapshot": lambda: repository.snapshot(fresh=True),
        "journal": lambda: list(repository.journal()),
        "journal_at": lambda: repository.journal_at(MAIN, repository.now()),
        "recorded": lambda: repository.recorded("ann", "key"),
        "commits": lambda: list(repository.commits([name])),
        "get_raw": lambda: repository.objects.get_raw(name),
        "get_many_raw": lambda: list(repository.objects.get_many_raw([name])),
        "contains_many": lambda: repository.objects.contains_many([name]),
        "iter_prefix": lambda: list(repository.objects.iter_prefix(name[:4])),
        "generation": lambda: repository.generation(ask=True),
        "wait": lambda: repository.wait(repository.generation(ask=True), 0.05),
        "reach": lambda: repository.reach("ffff", 1, 0.05),
        "put": lambda: repository.objects.put(commit(3)[1]),
        "update_refs": lambda: save(repository, OTHER, 3),
        "turn": lambda: _take_a_turn(repository),
        "set_head": lambda: repository.set_head(MAIN),
        "lease": lambda: _take_the_lease(repository),
    }


def _take_a_turn(repository: StoredRepository) -> None:
    with repository.turn() as turn:
        _move_in(turn)


def _move_in(turn: Turn) -> None:
    save(turn, b"refs/heads/third", 4)


def _take_the_lease(repository: StoredRepository) -> None:
    with repository.lease("task") as held:
        if held:
            held.is_held()


DEADLINE_CHECKS: tuple[Callable[[Make], None], ...] = (check_nobody_waits_for_ever,)

WIRE_CHECKS: tuple[Callable[[WiredMake], None], ...] = (
    check_a_lost_answer_is_settled,
    check_a_silent_network_costs_a_deadline,
)

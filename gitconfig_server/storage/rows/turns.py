"""Writes of a repository in a database: who may begin one, and a turn that tries until its move is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from random import random
from secrets import token_hex

from gitconfig_server.errors import OutcomeUnknown, StorageBusy, StorageError, StorageUnreachable
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.line import Line
from gitconfig_server.storage.objects import RawObject, ReceivedPack
from gitconfig_server.storage.records import from_micros, micros
from gitconfig_server.storage.ref_rules import check_folders, check_request, check_values
from gitconfig_server.storage.rows.database import (
    Database,
    Look,
    Lost,
    Point,
    RowChange,
    RowMove,
    Transaction,
    Unsettled,
)
from gitconfig_server.storage.rows.follower import Follower
from gitconfig_server.storage.rows.packs import WHOLE
from gitconfig_server.storage.rows.view import RefsView

_PAUSE = 0.002
"""Seconds between two looks at what another server may be about to do."""


class RowWrites:
    """What all writes of this process share: the database, what is known of it, and the line in front of it."""

    def __init__(self, database: Database, view: RefsView, follower: Follower, line: Line) -> None:
        self.database = database
        self.view = view
        self.follower = follower
        self._line = line

    @contextmanager
    def begin(self, timeout: float) -> Iterator[Transaction]:
        """A transaction; one thread of a process at most waits in the database."""
        with self._line.held(timeout):
            since, asked = self.view.point, time.monotonic()
            with self.database.begin(since, timeout) as transaction:
                self.view.take(transaction.look, asked, since)
                yield transaction

    def change(self, change: Callable[[], RowChange]) -> None:
        """Make the change that ``change`` answers behind the lock of the writers, whoever else writes."""
        deadline = time.monotonic() + self.database.patience
        while True:
            try:
                with self.begin(self.database.patience) as transaction:
                    transaction.change(change())
                break
            except Lost:
                self.pause(deadline)
            except Unsettled as error:
                told = "the connection to the database was lost: whether it is done shows the next time"
                raise StorageUnreachable(told, inside=f"{self.database.place}: {error}") from error
        self.follower.look()

    def pause(self, deadline: float) -> None:
        """A moment, after which a write that lost to others is tried again; StorageBusy where it is too late."""
        if time.monotonic() > deadline:
            raise StorageBusy(
                "the repository was moved by others again and again: try again", inside=self.database.place
            )
        time.sleep(_PAUSE * (0.5 + random()))

    def take_own(self, look: Look, move: RowMove) -> None:
        """What was just stored, without asking for it."""
        before = look.point
        point = Point(before.era, before.changes + 1, move.record.seq, move.token)
        packs = look.packs + (move.pack is not None and move.pack.count >= WHOLE)
        own = Look(
            point, look.epoch, look.head, micros(move.record.received_at or self.view.now()), 0, packs, [move.record]
        )
        self.view.take_own(own, before)


class RowTurn:
    """The front of the process's line, and the transaction of its move; the lock is held from a lost try on."""

    def __init__(self, writes: RowWrites, deadline: float) -> None:
        self._writes = writes
        self._deadline = deadline
        self._held = ExitStack()
        self._transaction: Transaction | None = None

    def begin(self) -> Transaction:
        """The transaction that is open, else a new one."""
        if self._transaction is None:
            timeout = max(0.05, self._deadline - time.monotonic())
            self._transaction = self._held.enter_context(self._writes.begin(timeout))
        return self._transaction

    def end(self) -> None:
        """Give up what is not committed."""
        self._transaction = None
        held, self._held = self._held, ExitStack()
        held.close()

    def update_refs(
        self,
        updates: Sequence[RefUpdate],
        *,
        objects: Iterable[RawObject] = (),
        pack: ReceivedPack | None = None,
        record: JournalRecord,
    ) -> JournalRecord:
        """As ``Turn.update_refs``."""
        check_request(updates, record)
        new, token = tuple(objects), token_hex(16)  # by its token a record is found whose commit was not answered
        self._deadline = time.monotonic() + self._writes.database.patience
        while True:
            try:
                return self._try(updates, new, pack, record, token)
            except Lost:
                self._writes.pause(self._deadline)
            except Unsettled as error:
                self.end()
                found = self._settled(token, error)
                if found:
                    return found

    def _try(
        self,
        updates: Sequence[RefUpdate],
        objects: Sequence[RawObject],
        pack: ReceivedPack | None,
        record: JournalRecord,
        token: str,
    ) -> JournalRecord:
        transaction = self.begin()
        look = transaction.look
        point, refs = self._writes.view.known()
        if point != look.point:
            self.end()
            raise Lost
        check_values(updates, refs)  # RefChanged leaves the lock ours: what is made of these refs now cannot be lost
        try:
            check_folders(updates, refs)
            at = from_micros(max(look.now, look.last_at))
            stamped = replace(record, seq=look.point.seq + 1, epoch=look.epoch, received_at=at)
            move = RowMove(stamped, token, updates, objects, pack)
            transaction.commit(move)
        finally:
            self.end()
        self._writes.take_own(look, move)
        return stamped

    def _settled(self, token: str, error: Unsettled) -> JournalRecord | None:
        try:
            found = self._writes.database.settled(token, self._writes.database.patience)
            self._writes.follower.look()  # our own readers are to see it
            return found
        except StorageError as failure:
            raise OutcomeUnknown(
                "the connection to the database was lost while the change was being stored:"
                " it may have been; look before you try again",
                inside=self._writes.database.place,
            ) from (failure.__cause__ or error)

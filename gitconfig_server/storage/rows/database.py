"""What a database must be able to do for ``RowsRepository``; the rest is the same for all of them.

A database keeps for each repository one head (its number of changes, its journal's last record), its refs, its
journal and its objects. Times are microseconds since 1970, ids and names ``bytes``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from gitconfig_server.storage.base import JournalRecord, Lease, RefUpdate
from gitconfig_server.storage.objects import RawObject, ReceivedPack


class Point(Struct, frozen=True):
    """A place in a repository's life: ``changes`` grows with each record and each move of HEAD.

    ``token`` is that of the record ``seq``: where it differs, what was thought to be stored is not.
    """

    era: int = 0
    changes: int = -1
    seq: int = 0
    token: str = ""


class Look(Struct, frozen=True):
    """What is new since a point. ``refs`` holds all refs where the records alone do not lead from there to here.

    ``lost``: what was known at that point is not so. ``packs``: how many are kept whole.
    """

    point: Point
    epoch: str
    head: bytes
    last_at: int
    now: int
    packs: int
    records: Sequence[JournalRecord] = ()
    refs: dict[bytes, bytes] | None = None
    lost: bool = False


class RowMove(Struct, frozen=True):
    """What one transaction stores; ``record`` is stamped."""

    record: JournalRecord
    token: str
    updates: Sequence[RefUpdate]
    objects: Sequence[RawObject]
    pack: ReceivedPack | None


PackPiece = tuple[str, str, int, bytes]
"""Of a pack: its name, ``pack`` or ``idx``, number, content."""


class RowChange(Struct, frozen=True):
    """What maintenance changes at once.

    ``index``: the pieces of an index, which make a pack of what was stored before. ``replaced``: packs that go, and
    ``condemned`` what they held that is nowhere else. ``removed``: condemned objects that go, if they are so since
    ``before``.
    """

    index: Sequence[PackPiece] = ()
    replaced: Sequence[str] = ()
    condemned: Sequence[RawObject] = ()
    removed: Sequence[bytes] = ()
    before: int = 0


class Transaction(Protocol):
    """A write under way. ``look`` is what was there when it began, and is still there unless ``commit`` says Lost."""

    look: Look

    def commit(self, move: RowMove) -> None:
        """Store it, durably. Raises Lost (nothing is stored), AlreadyRecorded, Unsettled, StorageError."""

    def point_head(self, ref: bytes) -> None:
        """Make HEAD name ``ref``, and be done."""

    def adopt(self, records: Sequence[JournalRecord]) -> None:
        """Store records as they are, with the refs that they lead to, into an empty journal, and be done."""

    def change(self, change: RowChange) -> None:
        """Do what maintenance asks for, and be done. Raises Lost, Unsettled, StorageError."""


class Database(Protocol):
    """One repository's part of a database. Safe to use from any thread; every call has a deadline of its own."""

    name: str
    place: str
    """What messages call the database; without credentials."""
    identity: str
    """Names the repository, and no other one, whatever it was opened by."""
    patience: float
    """Seconds that a writer waits for others."""
    is_local: bool
    """Whether all who write are processes of this machine, which tell each other by ``Acknowledged``."""

    def look(self, since: Point) -> Look:
        """What is there now."""

    def begin(self, since: Point, timeout: float) -> AbstractContextManager[Transaction]:
        """Begin a write. What is not committed when the block ends never was."""

    def settled(self, token: str, timeout: float) -> JournalRecord | None:
        """The record with this token, once every write that was under way at the call has ended."""

    def journal(
        self, after: int, before: int | None, ref: bytes | None, newest_first: bool, limit: int
    ) -> list[JournalRecord]:
        """At most ``limit`` records, as ``StoredRepository.journal`` gives them."""

    def journal_at(self, ref: bytes, at: int) -> JournalRecord | None:
        """As ``StoredRepository.journal_at``."""

    def epochs(self) -> list[tuple[str, int]]:
        """Each epoch with the seq of its first record, oldest first."""

    def recorded(self, actor: str, key: str) -> JournalRecord | None:
        """As ``StoredRepository.recorded``."""

    def read(self, ids: Sequence[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """``(id, type, size, zlib stream)`` of those of ``ids`` (20 bytes each) that are there."""

    def read_ahead(self, commits: Sequence[bytes], count: int) -> Iterator[tuple[bytes, int, int, bytes]]:
        """As ``read`` gives them, ``commits`` and others that they descend from, up to ``count``, in one query."""

    def contains(self, ids: Sequence[bytes]) -> set[bytes]:
        """Those of ``ids`` that are there and not condemned."""

    def ids(self, low: bytes, high: bytes) -> Iterator[bytes]:
        """The ids from ``low`` to ``high``, all of 20 bytes."""

    def put(self, objects: Iterable[RawObject]) -> None:
        """Store objects; those that are there count as new."""

    def packs(self) -> set[str]:
        """The names of the packs that are kept whole."""

    def pack_pieces(self, name: str, kind: str) -> Iterator[bytes]:
        """The file of a pack (``pack`` or ``idx``), piece by piece."""

    def count(self, most: int) -> int:
        """How many objects are rows and not condemned, counted up to ``most``."""

    def old(self, before: int) -> Iterator[bytes]:
        """The rows that were stored before then and are not condemned."""

    def condemned(self, before: int | None) -> Iterator[bytes]:
        """The rows that were condemned before then, or at all."""

    def condemn(self, ids: Sequence[bytes], before: int) -> None:
        """Condemn those of ``ids`` that ``old`` would still give."""

    def pardon(self, ids: Sequence[bytes]) -> None:
        """Make objects of ``ids`` like any other that is new."""

    def remove_copies(self, ids: Sequence[bytes]) -> None:
        """Delete the rows of objects that a pack holds."""

    def keep_pieces(self, pieces: Sequence[PackPiece]) -> None:
        """Store pieces of a pack, which is none before its index is stored."""

    def remove_torn_packs(self) -> None:
        """Delete the pieces of packs that never got an index."""

    def lease(self, name: str) -> AbstractContextManager[Lease | None]:
        """As ``StoredRepository.lease``."""

    def wait_for_notice(self, timeout: float) -> bool:
        """Wait until something may have changed; False where this database tells nothing (then nobody waited)."""

    def close(self) -> None:
        """Release connections."""


class Lost(Exception):
    """Another writer was quicker: begin again."""


class Unsettled(Exception):
    """The connection was lost after the commit had been asked for: it may have happened."""

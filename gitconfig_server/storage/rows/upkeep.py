"""Maintenance of a repository in a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Protocol

from gitconfig_server.storage.disk.objects.pack_file import PackFile
from gitconfig_server.storage.objects import RawObject
from gitconfig_server.storage.records import micros
from gitconfig_server.storage.rows.database import Database, Lost, RowChange
from gitconfig_server.storage.rows.packs import WholePacks, pieces_of
from gitconfig_server.storage.upkeep import MOST_PACKS, MOST_SINGLES, YOUNG, Due, Foldable, Reachable

_BATCH = 500
_PIECES = 8
"""Pieces of a pack that are stored at once."""


class _Writer(Protocol):
    def change(self, change: Callable[[], RowChange]) -> None:
        """Make the change that ``change`` answers; it is asked behind the lock of the writers."""

    def now(self) -> datetime:
        """The database's time."""


class RowsUpkeep:
    """As ``Upkeep``. ``writer`` is the repository."""

    def __init__(self, database: Database, packs: WholePacks, writer: _Writer) -> None:
        self._database = database
        self._packs = packs
        self._writer = writer

    def due(self) -> Due:
        """By counting."""
        if len(self._database.packs()) > MOST_PACKS:
            return Due.ALL
        return Due.SINGLES if self._database.count(MOST_SINGLES) >= MOST_SINGLES else Due.NOTHING

    def pack_refs(self) -> int:
        """None: refs are rows, read at once."""
        return 0

    def foldable(self, due: Due) -> Foldable:
        """The rows, and what the packs on this machine hold."""
        packs = self._packs.open() if due is Due.ALL else ()
        singles = set(self._database.ids(b"\0" * 20, b"\xff" * 20))
        return Foldable(singles, {name for pack in packs for name in pack}, frozenset(_name(pack) for pack in packs))

    def fold(self, pack: Path, replaced: frozenset[str]) -> None:
        """The pack first; then its index, which makes it one, and what goes with it, at once; then the rows."""
        pieces = pieces_of(pack)
        index: list[tuple[str, str, int, bytes]] = []
        while batch := list(islice(pieces, _PIECES)):
            index += [piece for piece in batch if piece[1] == "idx"]
            self._database.keep_pieces([piece for piece in batch if piece[1] != "idx"])
        with closing(PackFile(pack)) as new:
            # the same objects make the same pack: one of those that go may be the new one
            old = [one for one in self._packs.open() if _name(one) in replaced and _name(one) != index[0][0]]
            change = RowChange(index=index, replaced=[_name(one) for one in old], condemned=list(_beyond(old, new)))
            self._writer.change(lambda: change)
            names = iter(new)
            while some := list(islice(names, _BATCH)):
                with suppress(Lost):  # two who wait for each other: the copy stays until the next time
                    self._database.remove_copies(some)

    def condemn(self, reachable: Reachable) -> int:
        """In batches."""
        before = micros(self._writer.now() - YOUNG)
        garbage = [name for name in self._database.old(before) if name not in reachable]
        for batch in _batches(garbage):
            self._database.condemn(batch, before)
        return len(garbage)

    def sweep(self, refresh: Callable[[], Reachable], condemned_for: timedelta) -> int:
        """Behind the writers' lock, where a push that is over is known to be over."""
        self._database.remove_torn_packs()
        reachable = refresh()
        condemned = list(self._database.condemned(None))
        for batch in _batches([name for name in condemned if name in reachable]):
            self._database.pardon(batch)
        before = micros(self._writer.now() - condemned_for)
        removed = 0
        for batch in _batches([name for name in self._database.condemned(before) if name not in reachable]):
            removed += self._remove(batch, before, refresh)
        return removed

    def _remove(self, names: Sequence[bytes], before: int, refresh: Callable[[], Reachable]) -> int:
        removed: list[bytes] = []

        def change() -> RowChange:
            reachable = refresh()
            removed[:] = [name for name in names if name not in reachable]
            return RowChange(removed=removed, before=before)

        self._writer.change(change)
        return len(removed)


def _beyond(packs: Iterable[PackFile], new: PackFile) -> Iterator[RawObject]:
    """What ``packs`` hold and ``new`` does not."""
    seen: set[bytes] = set()
    for pack in packs:
        for name in pack:
            if name not in new and name not in seen and (found := pack.read(name)):
                seen.add(name)
                yield RawObject(name.hex().encode(), *found)


def _name(pack: PackFile) -> str:
    return pack.path.stem.removeprefix("pack-")


def _batches(names: Iterable[bytes]) -> Iterator[list[bytes]]:
    remaining = iter(sorted(names))
    while batch := list(islice(remaining, _BATCH)):
        yield batch

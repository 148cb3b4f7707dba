"""The turn of a writer, on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.objects import RawObject, ReceivedPack


class _Move(Protocol):
    def __call__(
        self,
        updates: Sequence[RefUpdate],
        objects: Iterable[RawObject],
        pack: ReceivedPack | None,
        record: JournalRecord,
        when_shown: Callable[[], None],
    ) -> JournalRecord:
        """Move refs; ``when_shown`` is called where the next one may look, be it not all synced yet."""


class DiskTurn:
    """A turn that ends as soon as its move is shown: the next one builds on it while it is still being synced."""

    def __init__(self, move: _Move, end: Callable[[], None]) -> None:
        self._move = move
        self._end = end

    def update_refs(
        self,
        updates: Sequence[RefUpdate],
        *,
        objects: Iterable[RawObject] = (),
        pack: ReceivedPack | None = None,
        record: JournalRecord,
    ) -> JournalRecord:
        """As ``Turn.update_refs``."""
        return self._move(updates, objects, pack, record, self._end)

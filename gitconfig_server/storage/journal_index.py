"""Which records moved which ref: derived, built when first asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from gitconfig_server.storage.journal_format import Line, refs_of


class JournalIndex:
    """Offsets of records by ref, up to byte ``end`` of the journal."""

    def __init__(self) -> None:
        self.end = 0
        self._offsets: dict[bytes, array[int]] = {}

    def extend(self, lines: Iterable[Line]) -> None:
        """Take more lines in; they begin at ``end``."""
        for line in lines:
            for ref in refs_of(line.body):
                self._offsets.setdefault(ref, array("Q")).append(line.start)
            self.end = line.end

    def offsets(self, ref: bytes) -> Sequence[int]:
        """Where the records begin that moved ``ref``, oldest first."""
        return tuple(self._offsets.get(ref, ()))

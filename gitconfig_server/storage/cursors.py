"""Places in a journal, as callers name them: ``<epoch>.<seq>``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from gitconfig_server.errors import CursorLost, InvalidInput
from gitconfig_server.storage.base import JournalRecord

_CURSOR = re.compile(r"([0-9a-f]{1,64})\.([0-9]{1,18})", re.ASCII)


def read_cursor(cursor: str) -> tuple[str, int]:
    """Epoch and seq; InvalidInput for what is no cursor."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidInput(f"Config-Cursor {cursor[:80]!r}: expected the value of an answer's Config-Cursor")
    return found[1], int(found[2])


def check_reached(last: JournalRecord | None, epoch: str, seq: int) -> None:
    """CursorLost unless a journal whose last record is ``last`` holds the record."""
    if last is None or last.epoch != epoch or seq > last.seq:
        raise lost_cursor(epoch, seq)


def check_in_past(epochs: Sequence[tuple[str, int]], epoch: str, seq: int) -> None:
    """CursorLost unless an epoch that is over has the record; each has the seq of its first record beside it."""
    for (name, first), (_, following) in pairwise(epochs):
        if name == epoch and first <= seq < following:
            return
    raise lost_cursor(epoch, seq)


def lost_cursor(epoch: str, seq: int) -> CursorLost:
    """The refusal of a cursor."""
    return CursorLost(
        f"the journal has no record {epoch}.{seq}: it was lost with its server, or is of another repository;"
        " read without a cursor, and check what was written"
    )

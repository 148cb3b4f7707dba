"""What a whole journal leads to, and where one may be put."""

from __future__ import annotations

from collections.abc import Iterable

from gitconfig_server.errors import StorageError
from gitconfig_server.storage.base import JournalRecord


def refs_after(records: Iterable[JournalRecord]) -> dict[bytes, bytes]:
    """Where a whole journal leads."""
    refs: dict[bytes, bytes] = {}
    for record in records:
        for update in record.updates:
            if update.new is None:
                refs.pop(update.ref, None)
            else:
                refs[update.ref] = update.new
    return refs


def check_empty(name: str, seq: int) -> None:
    """StorageError for a journal that has begun."""
    if seq:
        raise StorageError(f"{name} has a journal of {seq} records already: another one cannot take its place")

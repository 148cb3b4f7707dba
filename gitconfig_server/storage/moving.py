"""What a whole journal leads to, and where one may be put."""

from __future__ import annotations

from collections.abc import Iterable

from gitconfig_server.errors import StorageError
from gitconfig_server.storage.base import JournalRecord
from gitconfig_server.storage.ref_rules import move_refs


def refs_after(records: Iterable[JournalRecord]) -> dict[bytes, bytes]:
    """Where a whole journal leads."""
    refs: dict[bytes, bytes] = {}
    for record in records:
        move_refs(refs, record.updates)
    return refs


def check_empty(name: str, seq: int) -> None:
    """StorageError for a journal that has begun."""
    if seq:
        raise StorageError(f"{name} has a journal of {seq} records already: another one cannot take its place")

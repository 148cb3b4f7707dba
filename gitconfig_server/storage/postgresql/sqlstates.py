"""PostgreSQL's errors as ours (its manual, appendix A)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from gitconfig_server.errors import (
    CorruptRepository,
    NotARepository,
    RepositoryReadOnly,
    StorageBusy,
    StorageError,
    StorageFull,
    StorageUnreachable,
)
from gitconfig_server.storage.rows.database import Lost

_LOST = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "22012",  # division_by_zero: a statement that must change one row changed none (connection.py)
    }
)
_BUSY = frozenset(
    {
        "55P03",  # lock_not_available
        "57014",  # query_canceled, by a timeout of ours
        "53300",  # too_many_connections
        "53200",  # out_of_memory
    }
)
_GONE = frozenset(
    {
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
        "57P05",  # idle_session_timeout
        "25P03",  # idle_in_transaction_session_timeout
    }
)

_REFUSED = {
    '" does not exist': "create the database and the role first (createdb, createuser)",
    "authentication failed": "check user and password",
    "no password supplied": "give a password in the URL, PGPASSWORD or .pgpass",
    "no pg_hba.conf entry": "its pg_hba.conf has no line for user and host",
}
"""What a server says to a connection that no second try makes any better; libpq tells no state of these."""


class Duplicate(StorageError):
    """A row with this key is there already."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise our errors within the block; messages name ``place``."""
    try:
        yield
    except psycopg.Error as error:
        raise _translation(place, error) from error


def _translation(place: str, error: psycopg.Error) -> Exception:
    """What an error of the driver means."""
    state = error.sqlstate or ""
    told = str(error).strip().partition("\n")[0]
    inside = f"{place}: {told}"
    if state in _LOST:
        return Lost(told)
    if state == "23505":
        return Duplicate("it is there already", inside=inside)
    if state in _BUSY:
        return StorageBusy("PostgreSQL is busy: try again", inside=inside)
    if not state and (way_out := next((way for words, way in _REFUSED.items() if words in told), "")):
        return StorageUnreachable(f"PostgreSQL does not let this server in: {way_out}", inside=inside)
    if state in _GONE or state.startswith("08") or (not state and isinstance(error, psycopg.OperationalError)):
        return StorageUnreachable("PostgreSQL cannot be reached: try again", inside=inside)
    if state == "53100":
        return StorageFull("no room is left in PostgreSQL: free some on its server", inside=inside)
    if state == "25006":
        return RepositoryReadOnly("the PostgreSQL database cannot be written", inside=inside)
    if state == "42501":
        return RepositoryReadOnly("PostgreSQL does not allow that: the server's role lacks rights", inside=inside)
    if state in ("XX001", "XX002"):
        return CorruptRepository("the PostgreSQL database is damaged", inside=inside)
    if state in ("42P01", "3D000"):
        return NotARepository("PostgreSQL holds no repositories: create one with init", inside=inside)
    return StorageError("PostgreSQL refused what was asked", inside=inside)

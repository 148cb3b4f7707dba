"""MongoDB's errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import errors

from gitconfig_server.errors import (
    RepositoryReadOnly,
    StorageBusy,
    StorageError,
    StorageFull,
    StorageUnreachable,
)

_UNAUTHORIZED, _OUT_OF_DISK = 13, 14031


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise our errors within the block; messages name ``place``."""
    try:
        yield
    except errors.PyMongoError as error:
        raise _translation(place, error) from error


def _translation(place: str, error: errors.PyMongoError) -> StorageError:
    """What an error of the driver means."""
    # what the driver knows of each server and of its own timeouts is no help
    inside = f"{place}: {error}".partition("\n")[0].partition(" (configured timeouts")[0][:400]
    if isinstance(error, errors.ConnectionFailure | errors.WaitQueueTimeoutError):
        return StorageUnreachable("MongoDB cannot be reached: try again", inside=inside)
    if error.timeout:
        return StorageBusy("MongoDB did not answer in time: try again", inside=inside)
    code = getattr(error, "code", None)
    if code == _UNAUTHORIZED:
        return RepositoryReadOnly("the MongoDB database cannot be written", inside=inside)
    if code == _OUT_OF_DISK:
        return StorageFull("no room is left in MongoDB: free some on its server", inside=inside)
    return StorageError("MongoDB refused what was asked", inside=inside)

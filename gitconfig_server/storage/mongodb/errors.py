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
    told = str(error).partition("\n")[0][:300]
    if isinstance(error, errors.ConnectionFailure | errors.WaitQueueTimeoutError):
        return StorageUnreachable(f"{place} cannot be reached: {told}: try again")
    if error.timeout:
        return StorageBusy(f"{place} did not answer in time: {told}: try again")
    code = getattr(error, "code", None)
    if code == _UNAUTHORIZED:
        return RepositoryReadOnly(f"{place} cannot be written: {told}")
    if code == _OUT_OF_DISK:
        return StorageFull(f"{place}: {told}")
    return StorageError(f"{place}: {told}")

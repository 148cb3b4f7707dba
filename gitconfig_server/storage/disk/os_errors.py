"""What the operating system says, in the words of ``errors``."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from gitconfig_server.errors import NotARepository, RepositoryReadOnly, StorageError, StorageFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn OSErrors that leave the block into StorageErrors that name ``place``."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, place) from error


def storage_error(error: OSError, place: str) -> StorageError:
    """The StorageError that an OSError stands for."""
    inside = f"{os.fsdecode(error.filename or place)}: {error.strerror or error}"
    if error.errno in _FULL:
        return StorageFull("no room left to write: free some on the server, and try again", inside=inside)
    if error.errno in READ_ONLY:
        return RepositoryReadOnly("the repository cannot be written", inside=inside)
    if error.errno in _GONE:
        return NotARepository("the repository is gone: was it moved, or its file system unmounted?", inside=inside)
    return StorageError("a file of the repository cannot be used", inside=inside)

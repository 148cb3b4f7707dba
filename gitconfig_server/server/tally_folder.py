"""The folder in which the workers of one server count, and those that killed servers have left."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

log = structlog.get_logger()

_PREFIX, _HELD = "gitconfig-tallies-", "held"
_UNHELD_SECONDS = 3600
"""A folder without a lock file is one that is just being made, unless it is as old as this."""


@contextmanager
def open_tally_folder() -> Iterator[Path | None]:
    """A folder for as long as the context lasts; None where there is no room for it, so that each counts by itself.

    The lock of its owner ends with the process, whatever ends that: the next server on this machine sweeps it away.
    """
    try:
        _sweep(Path(tempfile.gettempdir()))
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        lock = _lock(Path(folder.name), os.O_CREAT)
    except OSError as error:
        log.warning("no folder for temporary files: /metrics tells of one worker at a time", error=error.strerror)
        yield None
        return
    try:
        with folder as path:
            yield Path(path)
    finally:
        os.close(lock)


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # somebody else's, or just going: not ours to sweep
            if not _is_held(folder):
                shutil.rmtree(folder)


def _is_held(folder: Path) -> bool:
    try:
        lock = _lock(folder)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime < _UNHELD_SECONDS
    os.close(lock)
    return False


def _lock(folder: Path, flags: int = 0) -> int:
    descriptor = os.open(folder / _HELD, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor

"""A folder of this machine for each repository in a database: what its processes share, and pushes that come in."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitconfig_server.errors import StorageError
from gitconfig_server.storage.disk.os_errors import translated

_INCOMING = "incoming-"
_STALE_SECONDS = 3600.0


def machine_folder(identity: str) -> Path:
    """Where the processes of this user on this machine share what they know of a repository."""
    base = Path(tempfile.gettempdir(), f"gitconfig-{os.getuid()}")
    with translated(str(base)):
        base.mkdir(mode=0o700, exist_ok=True)
        status = base.lstat()
    # anybody may make a folder of this name first: what is read from it is believed
    if status.st_uid != os.getuid() or status.st_mode & 0o77 or base.is_symlink():
        raise StorageError(
            "the folder of copies belongs to somebody else, or is open to others: remove it, or set TMPDIR",
            inside=str(base),
        )
    return base / identity


@contextmanager
def scratch_in(folder: Path) -> Iterator[Path]:
    """A new folder in ``folder``, removed on leaving."""
    with translated(str(folder)):
        made = tempfile.mkdtemp(prefix=_INCOMING, dir=folder)
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def remove_abandoned(folder: Path) -> None:
    """Remove the ``scratch_in`` of processes that died; those of the last hour may be in use."""
    for left in folder.glob(f"{_INCOMING}*"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)

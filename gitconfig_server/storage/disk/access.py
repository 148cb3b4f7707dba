"""What may be written of a repository on disk, as rights, mounts and work trees allow."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gitconfig_server.errors import RepositoryReadOnly, UpdateRefused
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.disk import layout
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.layout import RepositoryPlace
from gitconfig_server.storage.disk.os_errors import READ_ONLY
from gitconfig_server.storage.disk.refs.loose import symbolic_target

_PROBE_SECONDS = 1.0


class WriteAccess:
    """Looked at again each second where it is not granted, since a mount may become writable; not where it is.

    What is lost later shows by the error of the write itself.
    """

    def __init__(self, place: RepositoryPlace, files: DiskFiles) -> None:
        self._root = place.root
        self._bare = place.bare
        self._files = files
        self.granted = self._is_granted()
        self._probed = time.monotonic()

    def look_again(self, prepare: Callable[[], None]) -> bool:
        """Whether it is granted; ``prepare`` is called before it is said for the first time."""
        if not self.granted and time.monotonic() - self._probed > _PROBE_SECONDS:
            self._probed = time.monotonic()
            if self._is_granted():
                prepare()
                self.granted = True
        return self.granted

    def check_not_checked_out(self, updates: Iterable[RefUpdate]) -> None:
        """UpdateRefused for a branch whose work tree would no longer be what its HEAD says."""
        checked_out = set(self._work_tree_heads())
        for update in updates:
            if update.ref in checked_out:
                reason = "checked out in a work tree: commit there, or serve a bare clone"
                raise UpdateRefused(update.ref, "checked-out", reason)

    def refusal(self) -> RepositoryReadOnly:
        """What a write is told that is not granted."""
        return RepositoryReadOnly(
            "the repository cannot be written: check its owner, mode and mount", inside=self._root
        )

    def _is_granted(self) -> bool:
        folders = (self._root, f"{self._root}/objects", f"{self._root}/refs")
        if not all(os.access(folder, os.W_OK) for folder in folders):
            return False
        private = Path(self._root, layout.PRIVATE)
        if private.exists():
            return os.access(private, os.W_OK)
        try:
            layout.make_private(self._root, self._files)
        except OSError as error:
            return error.errno not in READ_ONLY
        return True

    def _work_tree_heads(self) -> Iterator[bytes | None]:
        if not self._bare:
            yield symbolic_target(Path(self._root, "HEAD").read_bytes())
        if os.path.isdir(f"{self._root}/worktrees"):  # noqa: PTH112 - a hot path
            for head in Path(self._root, "worktrees").glob("*/HEAD"):
                yield symbolic_target(head.read_bytes())

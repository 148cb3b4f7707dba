"""Git's ``<file>.lock`` protocol, with locks that are known as ours after a kill.

Each lock is a hard link to a file in a private folder. Whoever next holds the repository's lock finds there what a
dead process left, and removes it at once; the lock of a foreign process counts as dead when it is old.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from gitconfig_server.errors import StorageBusy, UpdateRefused
from gitconfig_server.storage.disk.files import DiskFiles, folder_of

STALE_SECONDS = 30.0
_PAUSE = 0.002


class RefLocks:
    """The locks of one repository; used only while the repository's lock is held."""

    def __init__(self, root: str, folder: str, files: DiskFiles) -> None:
        self._root = root
        self._folder = folder
        self._files = files
        self._held: dict[bytes, str] = {}
        self._numbers = count()

    def path(self, name: bytes) -> str:
        """The file that the lock ``name`` protects: a ref, ``HEAD``, ``packed-refs`` or ``config``."""
        return f"{self._root}/{os.fsdecode(name)}"

    def take(self, name: bytes, content: bytes, deadline: float) -> None:
        """Lock a file, its new content ready and durable; StorageBusy when ``deadline`` (monotonic) passes first."""
        staged = f"{self._folder}/{next(self._numbers)}"
        self._files.create(staged, content)
        self._held[name] = staged
        if content:
            # before it can become the ref: a rename may be durable before the content is
            self._files.sync_file(staged)
        lock = self.path(name) + ".lock"
        while True:
            try:
                return self._files.link(staged, lock)
            except FileExistsError:
                self._wait(lock, deadline)
            except FileNotFoundError:
                self._make_folders(folder_of(lock))
            except NotADirectoryError as error:
                raise UpdateRefused(name, "name-conflict", "a ref stands where a folder is needed") from error

    def fill(self, name: bytes, content: bytes) -> None:
        """Give a lock that was taken with no content its content."""
        self._files.append(self._held[name], content)
        self._files.sync_file(self._held[name])

    def holds(self, name: bytes) -> bool:
        """Whether this lock is held."""
        return name in self._held

    def publish(self, name: bytes) -> None:
        """Put the new content in place and unlock. Empty folders in the way are removed, as Git does."""
        path = self.path(name)
        try:
            self._files.rename(path + ".lock", path)
        except (IsADirectoryError, FileExistsError):
            self.clear_the_way(name)
            self._files.rename(path + ".lock", path)
        self._files.unlink(self._held.pop(name))

    def drop(self, name: bytes) -> None:
        """Unlock; the file stays as it is."""
        staged = self._held[name]
        # where somebody removed ours as dead and made another, that one stays
        if _inode(self.path(name) + ".lock") == _inode(staged):
            self._files.unlink(self.path(name) + ".lock")
        self._files.unlink(staged)
        del self._held[name]

    def drop_all(self) -> None:
        """Unlock what is still locked."""
        for name in list(self._held):
            self.drop(name)

    def clear_the_way(self, name: bytes) -> None:
        """Remove empty folders where the file ``name`` shall be; UpdateRefused where they are not empty."""
        path = self.path(name)
        if not os.path.isdir(path):  # noqa: PTH112 - a hot path
            return
        for folder, _folders, _names in os.walk(path, topdown=False):
            try:
                self._files.remove_folder(folder)
            except OSError as error:
                raise UpdateRefused(name, "name-conflict", "other refs lie beneath it") from error

    def remove_leftovers(self) -> None:
        """Remove the locks of a process that died; the folder is made where a copy has lost it, being empty."""
        try:
            with os.scandir(self._folder) as entries:
                left = {entry.inode(): entry.path for entry in entries}
        except FileNotFoundError:
            self._files.make_folder(self._folder)
            return
        if left:
            for lock in self._all_locks():
                if _inode(lock) in left:
                    self._files.unlink(lock)
            for staged in left.values():
                self._files.unlink(staged)

    def _all_locks(self) -> Iterator[str]:
        yield from (f"{self._root}/{name}.lock" for name in ("HEAD", "packed-refs", "config"))
        for folder, _folders, names in os.walk(f"{self._root}/refs"):
            yield from (f"{folder}/{name}" for name in names if name.endswith(".lock"))

    def _wait(self, lock: str, deadline: float) -> None:
        try:
            age = time.time() - Path(lock).stat().st_mtime
        except FileNotFoundError:
            return
        if age > STALE_SECONDS:
            self._files.unlink(lock)
        elif time.monotonic() > deadline:
            name = lock.removeprefix(f"{self._root}/")
            told = f"{name} exists: another Git process is writing, or died {age:.0f} s ago: try again"
            raise StorageBusy(told, inside=lock)
        else:
            time.sleep(_PAUSE)

    def _make_folders(self, folder: str) -> None:
        try:
            self._files.make_folder(folder)
        except FileExistsError:
            return
        except FileNotFoundError:
            self._make_folders(folder_of(folder))


def _inode(path: str) -> int | None:
    try:
        return os.stat(path, follow_symlinks=False).st_ino  # noqa: PTH116 - a hot path
    except (FileNotFoundError, NotADirectoryError):
        return None

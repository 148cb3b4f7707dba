"""The one door for everything the disk storage writes, so that a test can record it, or die before any step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType


def folder_of(path: str) -> str:
    """The folder that a path lies in. Paths are plain strings here: every save takes a dozen of them."""
    return path.rpartition("/")[0]


class DiskFiles:
    """Plain file operations; each is announced to ``step`` before it happens.

    Nothing is durable until ``sync_file`` (content) and ``sync_folder`` (the names in it) have returned.
    Errors are the operating system's own: ``os_errors`` translates them at the border.
    """

    _shared: Mapping[str, int] = MappingProxyType({})

    def share(self, root: str, mode: int) -> None:
        """What is made beneath ``root`` from now on can be used by others too (git-config(1), core.sharedRepository).

        ``mode``: the rights that files get beside those they have; a negative one: all they get; 0: nothing is shared.
        """
        if self._shared.get(root, 0) != mode:
            self._shared = {**self._shared, root: mode}

    def _shared_mode(self, path: str) -> int:
        return next((mode for root, mode in self._shared.items() if path.startswith(f"{root}/")), 0)

    def step(self, operation: str, path: str, detail: str | bytes = b"") -> None:
        """Called before each operation."""

    def create(self, path: str, content: bytes, mode: int = 0o666) -> None:
        """A new file; FileExistsError where there is one. A file that could not be filled is removed again."""
        self.step("create", path, content)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            _write_all(descriptor, content)
        except OSError:
            self.unlink(path)
            raise
        finally:
            os.close(descriptor)
        if self._shared:
            self._share_file(path)

    def _share_file(self, path: str) -> None:
        shared = self._shared_mode(path)
        if not shared:
            return
        Path(path).chmod(_shared_rights(Path(path).stat().st_mode & 0o777, shared))

    def append(self, path: str, content: bytes) -> None:
        """More bytes at the end of an existing file."""
        self.step("append", path, content)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            _write_all(descriptor, content)
        finally:
            os.close(descriptor)

    def truncate(self, path: str, size: int) -> None:
        """Cut a file off."""
        self.step("truncate", path, str(size))
        os.truncate(path, size)

    def touch(self, path: str) -> None:
        """Make a file count as new."""
        self.step("touch", path)
        os.utime(path)

    def protect(self, path: str) -> None:
        """Take the right to write a file away, as Git does with objects."""
        self.step("protect", path)
        Path(path).chmod(_shared_rights(0o444, self._shared_mode(path)))

    def sync_file(self, path: str) -> None:
        """Make a file's content durable."""
        self.step("sync_file", path)
        _sync(path, os.O_RDONLY)

    def sync_files(self, paths: Collection[str]) -> None:
        """Make the content of several files durable, side by side."""
        for path in paths:
            self.step("sync_file", path)
        for error in _side_by_side(partial(_sync, flags=os.O_RDONLY), paths):
            if error:
                raise error

    def sync_folder(self, path: str) -> None:
        """Make the names in a folder durable."""
        self.step("sync_folder", path)
        _sync(path, os.O_RDONLY | os.O_DIRECTORY)

    def sync_folders(self, paths: Collection[str]) -> set[str]:
        """Make the names in several folders durable, side by side; answers those of them that are there."""
        for path in paths:
            self.step("sync_folder", path)
        found = set()
        errors = _side_by_side(partial(_sync, flags=os.O_RDONLY | os.O_DIRECTORY), paths)
        for path, error in zip(paths, errors, strict=True):
            if error is None:
                found.add(path)
            elif not isinstance(error, FileNotFoundError):
                raise error
        return found

    def rename(self, old: str, new: str) -> None:
        """Move, replacing what is there."""
        self.step("rename", old, new)
        os.rename(old, new)  # noqa: PTH104

    def link(self, old: str, new: str) -> None:
        """A second name for a file; FileExistsError where there is one."""
        self.step("link", old, new)
        os.link(old, new)

    def unlink(self, path: str) -> None:
        """Remove a file; nothing where there is none."""
        self.step("unlink", path)
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108

    def make_folder(self, path: str) -> None:
        """A new folder; FileExistsError where there is one."""
        self.step("make_folder", path)
        Path(path).mkdir()
        if shared := self._shared_mode(path):
            rights = _shared_rights(Path(path).stat().st_mode & 0o777, shared)
            # Where the group may use it, whoever makes a file in it does so for that group, as Git has it.
            Path(path).chmod((0o2000 if rights & 0o060 else 0) | rights)

    def remove_folder(self, path: str) -> None:
        """Remove an empty folder."""
        self.step("remove_folder", path)
        Path(path).rmdir()

    def remove_tree(self, path: str) -> None:
        """Remove a folder and all it holds, as far as that is possible."""
        self.step("remove_tree", path)
        shutil.rmtree(path, ignore_errors=True)


def _shared_rights(have: int, shared: int) -> int:
    """The rights of what has ``have`` so far, in a repository that is ``shared`` (Git's ``calc_shared_perm``)."""
    if not shared:
        return have
    rights = abs(shared) if have & 0o200 else abs(shared) & 0o444
    rights |= (rights & 0o444) >> 2 if have & 0o100 else 0
    return rights if shared < 0 else have | rights


def _write_all(descriptor: int, content: bytes) -> None:
    remaining = memoryview(content)
    while remaining:  # a write may take a part alone, as where the disk is about to be full
        remaining = remaining[os.write(descriptor, remaining) :]


def _sync(path: str, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_SIDES = 8
_pools: dict[int, ThreadPoolExecutor] = {}
"""By process: threads do not live on in a fork."""


def _side_by_side(sync: Callable[[str], object], paths: Collection[str]) -> list[OSError | None]:
    """Do it for all paths at once: a file system writes its log once for all who wait for it. What each raised."""

    def run(path: str) -> OSError | None:
        try:
            sync(path)
        except OSError as error:
            return error
        return None

    first, *others = paths or [""]
    if not others:
        return [run(path) for path in paths]
    pool = _pools.get(os.getpid()) or _pools.setdefault(os.getpid(), ThreadPoolExecutor(_SIDES, "sync"))
    waiting = [pool.submit(run, path) for path in others]
    return [run(first), *(one.result() for one in waiting)]


class DurableFolders:
    """Syncs folders under ``root`` and, the first time each is met, those above it: anybody may have made them."""

    def __init__(self, root: str, files: DiskFiles) -> None:
        self._files = files
        self._known = {root}

    def sync(self, folders: Iterable[str]) -> None:
        """Every name in ``folders`` is durable when this returns; of a folder that vanished, its vanishing is."""
        waiting, synced = set(folders), set[str]()
        while waiting:
            unmet = waiting | {above for folder in waiting for above in self._unmet_above(folder)}
            found = self._files.sync_folders(sorted(unmet))
            self._known -= unmet - found
            synced |= found
            # Once more, though it was synced beside the one that vanished: that may have been before it did.
            waiting = {folder_of(folder) for folder in unmet - found} - {""}
        self._known |= synced

    def _unmet_above(self, folder: str) -> Iterator[str]:
        while folder not in self._known and (folder := folder_of(folder)):
            yield folder

"""Git's loose objects: one zlib file each, named by its id. Read and written without dulwich, whose lock files stay
behind after a kill and whose writers refuse to run side by side."""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Set
from contextlib import suppress
from hashlib import sha1
from pathlib import Path
from secrets import token_hex

from gitconfig_server.errors import CorruptRepository, StorageError
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.object_store import TYPE_NAMES, TYPE_NUMBERS
from gitconfig_server.storage.objects import RawObject

_TEMPORARY = "tmp_obj_gitconfig_"
"""Git's own prune removes files of such names from ``objects/``."""

_TRIES = 20
_LISTED_FROM = 1000
"""Objects asked for at once from which on it is quicker to list the 256 folders."""


class LooseObjects:
    """The loose objects under one ``objects`` folder."""

    def __init__(self, folder: str, files: DiskFiles) -> None:
        self._folder = folder
        self._files = files

    def path(self, name: bytes) -> str:
        """Where the object of this id (hex) would be."""
        return f"{self.folder(name)}/{name[2:].decode('ascii')}"

    def folder(self, name: bytes) -> str:
        """The folder of that path."""
        return f"{self._folder}/{name[:2].decode('ascii')}"

    def read(self, name: bytes) -> tuple[int, bytes] | None:
        """Type and content, None where there is no such file; CorruptRepository where it is damaged."""
        path = self.path(name)
        try:
            stored = Path(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _parse(stored, name, path)

    def contains(self, name: bytes) -> bool:
        """Whether there is a file that is not empty."""
        try:
            return os.stat(self.path(name)).st_size > 0  # noqa: PTH116 - a hot path
        except (FileNotFoundError, NotADirectoryError):
            return False

    def contains_many(self, names: Collection[bytes]) -> set[bytes]:
        """Those of ``names`` for which ``contains`` holds; of many, only such are looked at as a listing has."""
        if len(names) > _LISTED_FROM:
            stems = {name[:2].decode("ascii") for name in names}
            names = self._listed(stems).intersection(names)
        return {name for name in names if self.contains(name)}

    def _listed(self, stems: Set[str]) -> set[bytes]:
        """The names of the files in these folders."""
        there = stems & set(_names_in(self._folder))  # of a packed repository hardly any
        return {f"{stem}{rest}".encode() for stem in there for rest in _names_in(f"{self._folder}/{stem}")}

    def freshen(self, name: bytes) -> bool:
        """Make a sound object's content durable and count as new; False where there is none, or a damaged one."""
        path = self.path(name)
        try:
            if not self.contains(name) or self.read(name) is None:
                return False
            self._files.sync_file(path)
            self._files.touch(path)
        except (CorruptRepository, FileNotFoundError):
            return False
        return True

    def write(self, objects: Iterable[RawObject]) -> set[str]:
        """Write them, content durable, and give the folders whose names are still to be synced.

        Files are first written and synced under other names, so that a crash or a full disk leaves no half object.
        """
        waiting: deque[tuple[str, bytes]] = deque()
        try:
            for obj in objects:
                waiting.append((self._write_aside(obj), obj.id))
            self._files.sync_files([temporary for temporary, _name in waiting])
            folders: set[str] = set()
            while waiting:
                # in the order given: what an object names comes before it
                folders.update(self._publish(*waiting[0]))
                waiting.popleft()
            return folders
        finally:
            for temporary, _name in waiting:
                self._files.unlink(temporary)

    def _write_aside(self, obj: RawObject) -> str:
        path = f"{self._folder}/{_TEMPORARY}{token_hex(8)}"
        self._files.create(path, zlib.compress(_header(obj.type, len(obj.raw)) + obj.raw, 1), 0o444)
        return path

    def _publish(self, temporary: str, name: bytes) -> Iterator[str]:
        """Rename into place, against a prune that removes the folder between making it and filling it."""
        target, folder = self.path(name), self.folder(name)
        for _try in range(_TRIES):
            try:
                self._files.rename(temporary, target)
            except FileNotFoundError:
                with suppress(FileExistsError):
                    self._files.make_folder(folder)
                    yield self._folder
            else:
                yield folder
                return
        raise StorageError("a folder is removed again and again by somebody else: try again", inside=folder)


def _header(type_num: int, length: int) -> bytes:
    return b"%s %d\0" % (TYPE_NAMES[type_num], length)


def _parse(stored: bytes, name: bytes, path: str) -> tuple[int, bytes]:
    try:
        content = zlib.decompress(stored)
    except zlib.error as error:
        raise _damaged(path, str(error)) from error
    header, _nul, raw = content.partition(b"\0")
    kind, _space, length = header.partition(b" ")
    if kind not in TYPE_NUMBERS or length != b"%d" % len(raw):
        raise _damaged(path, "its header does not fit its content")
    if sha1(content).hexdigest().encode() != name:
        raise _damaged(path, "its content does not have this id")
    return TYPE_NUMBERS[kind], raw


def _damaged(path: str, detail: str) -> CorruptRepository:
    told = f"an object's file is damaged ({detail}): restore it from a clone or a backup"
    return CorruptRepository(told, inside=path)


def _names_in(folder: str) -> list[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return os.listdir(folder)  # noqa: PTH208 - a hot path
    return []

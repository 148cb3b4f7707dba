"""Packs written into files, with their index."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from gitconfig_server.errors import StorageFull
from gitconfig_server.git.pack_format import IndexEntry, encode_index, pack_header
from gitconfig_server.git.serving.pack_writer import PackWriter, Piece
from gitconfig_server.storage.objects import Objects

_NO_END = 1 << 62


class PackCopy:
    """A pack of ``count`` objects on its way into a file; given up at the first failure, and past ``most`` bytes."""

    def __init__(self, file: BinaryIO, count: int, most: int) -> None:
        self.index: list[IndexEntry] = []
        self._file: BinaryIO | None = file
        self._count = count
        self._most = most
        self._size = 0
        self._digest = hashlib.sha1(usedforsecurity=False)
        self.add(pack_header(count))

    def add(self, piece: Piece) -> None:
        """The next bytes."""
        if self._file is None:
            return
        try:
            self._file.write(piece)
        except OSError:
            self._file = None
        self._digest.update(piece)
        self._size += len(piece)
        if self._size > self._most:
            self._file = None

    def finish(self) -> bytes:
        """The pack's checksum, which is written behind it; empty where the copy is not whole."""
        checksum = self._digest.digest()
        self.add(checksum)
        if self._file is None or len(self.index) != self._count:
            return b""
        try:
            self._file.close()
        except OSError:
            return b""
        return checksum


def finished(pack: Path, copy: PackCopy, checksum: bytes) -> Path:
    """The pack under its own name, with its index beside it."""
    name = f"pack-{checksum.hex()}"
    pack.with_name(f"{name}.idx").write_bytes(encode_index(copy.index, checksum))
    return pack.rename(pack.with_name(f"{name}.pack"))


def write_pack(folder: Path, objects: Objects, ids: Collection[bytes]) -> Path:
    """A pack of the objects ``ids`` (20 bytes each), deltas made where there are none; StorageFull where it fails."""
    path, writer = folder / "new.pack", PackWriter(objects, ids)
    full = StorageFull(f"there was no room for a pack of {writer.count} objects", inside=folder)
    try:
        with path.open("wb") as file:
            copy = writer.copy = PackCopy(file, writer.count, _NO_END)
            for _ in writer.pieces():
                continue
            checksum = copy.finish()
        if not checksum:
            raise full
        return finished(path, copy, checksum)
    except OSError as error:
        raise full from error

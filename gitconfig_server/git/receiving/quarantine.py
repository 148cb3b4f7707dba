"""Where pushed objects wait: readable by the checks, and no part of the repository until its door takes them.

A handful of objects wait in memory and are stored one by one; more become a complete pack with its index in a folder
of the storage's own, which is moved in whole. Leaving the context forgets either.
"""

from __future__ import annotations

import errno
import hashlib
import zlib
from binascii import hexlify, unhexlify
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import RawObjectID
from dulwich.pack import Pack

from gitconfig_server.errors import MalformedRequest, StorageError, StorageFull
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.pack_format import IndexEntry, encode_index, entry_head, pack_header
from gitconfig_server.git.receiving.pack_scan import PackLimits, PackScan, scan_pack
from gitconfig_server.git.receiving.unpack import Unpacked, Unpacker
from gitconfig_server.storage.base import StoredRepository
from gitconfig_server.storage.object_store import TYPE_NAMES
from gitconfig_server.storage.objects import RawObject, ReceivedPack

_LOOSE_OBJECTS = 100
LOOSE_BYTES = 16 * 1024 * 1024
_HELD_BYTES = 32 * 1024 * 1024
"""Content that is kept for the checks, so that they need not unpack it again."""


class Quarantine:
    """The objects of one push, an ``ObjectReader`` once ``receive`` is exhausted. A context manager.

    ``types`` tells the type of each object that came, by its id in 20 bytes. ``objects`` and ``pack`` are what the
    door is to store; one of them is empty.
    """

    def __init__(self, stored: StoredRepository, known: ObjectReader, limits: PackLimits) -> None:
        self.types: dict[bytes, int] = {}
        self.objects: list[RawObject] = []
        self.pack: ReceivedPack | None = None
        self._stored = stored
        self._known = known
        self._limits = limits
        self._cleanup = ExitStack()
        self._held: dict[bytes, Unpacked] = {}
        self._packed: Pack | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def receive(self, file: BinaryIO) -> Iterator[Unpacked]:
        """Take the pack that is left of ``file``, object by object; iterate to the end.

        Raises MalformedRequest, TooLarge and StorageFull; CorruptRepository where a base it needs is damaged.
        """
        scan = scan_pack(file, file.tell(), self._limits)
        unpacker = Unpacker(scan, self._known, self._limits)
        loose = scan.count < _LOOSE_OBJECTS and scan.total <= LOOSE_BYTES
        entries: list[IndexEntry] = []
        types, held, room = self.types, self._held, _HELD_BYTES
        for one in unpacker:
            name, kind, raw = one.id, one.type, one.raw
            if name in types:
                raise MalformedRequest(f"object {name.hex()} is in the pack twice")
            types[name] = kind
            if loose or room >= len(raw):
                held[name] = one
                room -= len(raw)
            if loose:
                self.objects.append(RawObject(hexlify(name), kind, raw))
            else:
                entries.append((name, scan.offsets[one.entry], scan.crcs[one.entry]))
            yield one
        if not loose:
            with _translated():
                self._seal(scan, entries, unpacker.thin_bases)

    def object_folder(self) -> Path:
        """What came, in a folder as Git's ``GIT_OBJECT_DIRECTORY`` names one: for hooks to look at."""
        folder = self._cleanup.enter_context(self._stored.scratch())
        with _translated():
            if self.pack:
                (folder / "pack").mkdir()
                for path in (self.pack.path, self.pack.path.with_suffix(".idx")):
                    (folder / "pack" / path.name).hardlink_to(path)
            for one in self.objects:
                name = one.id.decode()
                (folder / name[:2]).mkdir(exist_ok=True)
                head = b"%s %d\0" % (TYPE_NAMES[one.type], len(one.raw))
                (folder / name[:2] / name[2:]).write_bytes(zlib.compress(head + one.raw, 1))
        return folder

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """Type number and content; KeyError where it did not come with the push."""
        binary = unhexlify(name)
        held = self._held.get(binary)
        if held:
            return held.type, held.raw
        if self._packed is None or binary not in self.types:
            raise KeyError(name)
        return self._packed.get_raw(RawObjectID(binary))

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of ``ids`` that came with the push."""
        return {one for one in ids if unhexlify(one) in self.types}

    def _seal(self, scan: PackScan, entries: list[IndexEntry], bases: dict[bytes, Unpacked]) -> None:
        """Write the pack, completed with the bases it lacks, and its index."""
        folder = self._cleanup.enter_context(self._stored.scratch())
        path = folder / "incoming.pack"
        lacking = [one for name, one in bases.items() if name not in self.types]
        with path.open("wb") as file:
            writer = _Summed(file)
            writer.write(pack_header(len(entries) + len(lacking)))
            scan.copy(writer.write)
            for one in lacking:
                entry = entry_head(one.type, len(one.raw)) + zlib.compress(one.raw, 1)
                entries.append((one.id, writer.size, zlib.crc32(entry)))
                writer.write(entry)
            checksum = writer.finish()
        (folder / f"pack-{checksum.hex()}.idx").write_bytes(encode_index(entries, checksum))
        sealed = path.rename(folder / f"pack-{checksum.hex()}.pack")
        self.pack = ReceivedPack(sealed, len(entries))
        self._packed = Pack(str(sealed.with_suffix("")), object_format=DEFAULT_OBJECT_FORMAT)
        self._cleanup.callback(self._packed.close)


class _Summed:
    """A file that ends in the checksum of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self.size = 0
        self._file = file
        self._digest = hashlib.sha1(usedforsecurity=False)

    def write(self, piece: bytes) -> None:
        """The next bytes."""
        self._file.write(piece)
        self._digest.update(piece)
        self.size += len(piece)

    def finish(self) -> bytes:
        """Write the checksum behind the rest."""
        self._file.write(checksum := self._digest.digest())
        return checksum


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("no room is left to receive the pack") from error
        raise StorageError("the pack cannot be kept", inside=str(error)) from error

"""What dulwich asks of an object store, told once in terms of our ``Objects``.

dulwich's walkers, merges and clients then run on every storage; a storage writes only the abstract methods.
"""

from __future__ import annotations

import re
import zlib
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from hashlib import sha1
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from dulwich.object_store import PackCapableObjectStore
from dulwich.objects import ObjectID, RawObjectID, ShaFile, hex_to_sha
from dulwich.pack import Pack, PackData, PackInflater, PackStreamCopier, UnpackedObject, write_pack_data

from gitconfig_server.storage.base import BLOB, COMMIT, TAG, TREE, PackEntry, RawObject

TYPE_NAMES = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}
TYPE_NUMBERS = {name: number for number, name in TYPE_NAMES.items()}

_ID = re.compile(rb"[0-9a-f]{40}\Z")

BATCH = 500
"""Objects fetched at once where dulwich asks for many."""

SPOOL_BYTES = 8 << 20


def is_id(value: bytes) -> bool:
    """Whether ``value`` is 40 lower-case hex digits."""
    return _ID.match(value) is not None


def hex_id(name: bytes) -> bytes:
    """The 40 hex digits of an id given as such or as 20 raw bytes."""
    return name.hex().encode() if len(name) == 20 else name


def object_id(type_num: int, raw: bytes) -> bytes:
    """The id of the object with this type and content."""
    content = b"%s %d\0" % (TYPE_NAMES[type_num], len(raw)) + raw
    return sha1(content, usedforsecurity=False).hexdigest().encode()


def raw_object(obj: ShaFile) -> RawObject:
    """A dulwich object as we store it."""
    return RawObject(obj.id, obj.type_num, obj.as_raw_string())


class StoredObjects(PackCapableObjectStore):
    """``Objects`` and a dulwich object store at once, over six methods. Without bitmaps and without packs."""

    @abstractmethod
    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """As ``Objects.get_raw``."""

    @abstractmethod
    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """As ``Objects.contains_many``."""

    @abstractmethod
    def iter_prefix(self, prefix: bytes) -> Iterator[ObjectID]:
        """As ``Objects.iter_prefix``."""

    @abstractmethod
    def put(self, objects: Iterable[RawObject]) -> None:
        """As ``Objects.put``."""

    @abstractmethod
    def __iter__(self) -> Iterator[ObjectID]:
        """Every id that is stored, each once."""

    def get_many_raw(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """As ``Objects.get_many_raw``."""
        for name in ids:
            yield name, *self.get_raw(name)

    def get_many_z(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """As ``Objects.get_many_z``."""
        for name, type_num, raw in self.get_many_raw(ids):
            yield name, type_num, len(raw), zlib.compress(raw, 1)

    def get_entries(self, ids: Collection[bytes]) -> Iterator[PackEntry]:
        """As ``Objects.get_entries``, of whole objects."""
        for name, type_num, size, deflated in self.get_many_z(map(hex_id, ids)):
            yield PackEntry(bytes.fromhex(name.decode()), type_num, size, None, deflated)

    @property
    def packs(self) -> list[Pack]:
        """None: packs are the storage's own business."""
        return []

    def contains_loose(self, sha: bytes) -> bool:
        """Whether the object is stored, in whatever form."""
        return bool(self.contains_many([hex_id(sha)]))

    def add_object(self, obj: ShaFile) -> None:
        """Store one dulwich object."""
        self.put([raw_object(obj)])

    def add_objects(
        self,
        objects: Sequence[tuple[ShaFile, str | None]],
        progress: Callable[..., None] | None = None,
    ) -> None:
        """Store dulwich objects; the paths are not used."""
        self.put(raw_object(obj) for obj, _path in objects)

    def add_pack(self) -> tuple[BinaryIO, Callable[[], None], Callable[[], None]]:
        """A file for a pack's bytes, what stores its objects, and what forgets it."""
        file = cast(BinaryIO, SpooledTemporaryFile(SPOOL_BYTES, prefix="incoming-"))  # noqa: SIM115 - handed out

        def commit() -> None:
            with file:
                if file.tell():
                    self._put_pack(file)

        return file, commit, file.close

    def add_pack_data(
        self,
        count: int,
        unpacked_objects: Iterator[UnpackedObject],
        progress: Callable[..., None] | None = None,
    ) -> None:
        """Store what dulwich is about to send or has received."""
        file, commit, _abort = self.add_pack()
        with file:
            write_pack_data(
                file.write,
                unpacked_objects,
                num_records=count,
                progress=progress,
                object_format=self.object_format,
            )
            commit()

    def add_thin_pack(
        self,
        read_all: Callable[[int], bytes],
        read_some: Callable[[int], bytes] | None,
        progress: Callable[..., None] | None = None,
        *,
        max_input_size: int | None = None,
    ) -> None:
        """Store a pack from a trusted remote; a push is checked by ``git/receiving`` instead."""
        file, commit, _abort = self.add_pack()
        with file:
            PackStreamCopier(self.object_format.hash_func, read_all, read_some, file).verify()
            commit()

    def iterobjects_subset(self, shas: Iterable[ObjectID], *, allow_missing: bool = False) -> Iterator[ShaFile]:
        """dulwich objects by id."""
        for name, type_num, raw in self._batches(shas, allow_missing):
            yield ShaFile.from_raw_string(type_num, raw, sha=ObjectID(name), object_format=self.object_format)

    def iter_unpacked_subset(
        self,
        shas: Iterable[ObjectID | RawObjectID],
        *,
        include_comp: bool = False,
        allow_missing: bool = False,
        convert_ofs_delta: bool = True,
    ) -> Iterator[UnpackedObject]:
        """Objects as pack entries, none of them a delta."""
        for name, type_num, raw in self._batches(shas, allow_missing):
            yield UnpackedObject(type_num, sha=hex_to_sha(ObjectID(name)), decomp_chunks=[raw])

    def _batches(self, ids: Iterable[bytes], allow_missing: bool) -> Iterator[tuple[bytes, int, bytes]]:
        remaining = iter(ids)
        while batch := [hex_id(name) for name in islice(remaining, BATCH)]:
            yield from self.get_many_raw(self.contains_many(batch) if allow_missing else batch)

    def _put_pack(self, file: BinaryIO) -> None:
        size = file.tell()
        file.seek(0)
        data = PackData.from_file(cast(IO[bytes], file), self.object_format, size)
        try:
            data.check()
            self.put(raw_object(obj) for obj in PackInflater.for_pack_data(data, self.get_raw))
        finally:
            data.close()

"""The objects of a repository on disk: loose ones and packs, beside stock Git that may repack at any moment."""

from __future__ import annotations

import os
import struct
import zlib
from binascii import unhexlify
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from traceback import clear_frames
from typing import TypeVar

from dulwich.errors import ApplyDeltaError, ChecksumMismatch
from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID, RawObjectID
from dulwich.pack import PackFileDisappeared, UnpackedObject

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.disk.files import DiskFiles, DurableFolders, folder_of
from gitconfig_server.storage.disk.objects.condemned import CondemnedObjects
from gitconfig_server.storage.disk.objects.loose import LooseObjects
from gitconfig_server.storage.disk.objects.pack_file import DAMAGE, PackFile
from gitconfig_server.storage.disk.objects.packs import PackFiles
from gitconfig_server.storage.disk.os_errors import translated
from gitconfig_server.storage.object_store import StoredObjects, hex_id, is_id, object_id, only_ids
from gitconfig_server.storage.objects import BLOB, COMMIT, TAG, TREE, PackEntry, RawObject, WholePack

_DAMAGE = (
    ApplyDeltaError,
    AssertionError,
    ChecksumMismatch,
    EOFError,
    IndexError,
    TypeError,  # where an index says that a name lies beyond its end
    ValueError,
    struct.error,
    zlib.error,
)
"""What dulwich raises on a pack that is not what it should be."""

_TRIES = 4
_WORTH_SENDING = 500
"""Objects from which on a pack is sent as it lies, rather than entry by entry."""
_WHOLE = frozenset({COMMIT, TREE, BLOB, TAG})

_Answer = TypeVar("_Answer")


class DiskObjects(StoredObjects):
    """Looks in the loose objects, then in packs and alternates, and again: a repack may move what was not found.

    dulwich's packs cannot be shared between threads (its issue 2424): they are read under a lock.
    """

    def __init__(
        self, folder: str, files: DiskFiles, durable: DurableFolders, condemned: CondemnedObjects | None = None
    ) -> None:
        self._condemned = condemned
        self._folder = folder
        self._durable = durable
        self._files = files
        self._loose = LooseObjects(folder, files)
        self._packed = DiskObjectStore(folder)
        self._lock = RLock()
        self._pack_files = PackFiles(Path(folder, "pack"))

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        """Checked against its id, whoever wrote it."""
        name = hex_id(name)
        if not is_id(name):
            raise KeyError(name)
        with translated(self._folder):
            for _try in range(_TRIES):  # a repack may move it from where is looked next to where was looked before
                found = self._read_known_pack(name) or self._loose.read(name) or self._read_packed(name)
                if found is not None:
                    return found
            condemned = self._condemned.read(name) if self._condemned else None
            if condemned is not None and object_id(*condemned) == name:
                return condemned
        raise KeyError(name)

    def get_many_raw(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
        """As ``get_raw``, with less ado for each that stands in a pack."""
        for name in map(hex_id, ids):
            found = self._read_known_pack(name) if is_id(name) else None
            yield name, *(found or self.get_raw(name))

    def whole_pack(self, ids: Collection[bytes]) -> WholePack | None:
        """As ``Objects.whole_pack``."""
        for pack in self.large_packs():
            if pack.count <= len(ids) and all(map(ids.__contains__, pack)):
                return pack
        return None

    def large_packs(self) -> list[PackFile]:
        """Those that are worth to be sent as they lie."""
        return [pack for pack in self._pack_files.open() if pack.count >= _WORTH_SENDING]

    def get_many_z(self, ids: Iterable[bytes]) -> Iterator[tuple[bytes, int, int, bytes]]:
        """As packs hold them; loose objects are compressed anew, theirs include Git's header."""
        for name in ids:
            entry = None if self._loose.contains(name) else self._packed_entry(name)
            if entry is None or entry.pack_type_num not in _WHOLE or entry.comp_chunks is None:
                type_num, raw = self.get_raw(name)
                yield name, type_num, len(raw), zlib.compress(raw, 1)
            else:
                yield name, entry.pack_type_num, entry.decomp_len or 0, b"".join(entry.comp_chunks)

    def get_entries(self, ids: Collection[bytes]) -> Iterator[PackEntry]:
        """As packs hold them, one pack after the other; then what is loose."""
        left = dict.fromkeys(ids)  # loose ones come in the order they were asked for: like ones beside each other
        for pack in self._pack_files.open():
            with _damage_told(pack.path):
                for entry in pack.entries(left):
                    del left[entry.id]
                    yield entry
        yield from super().get_entries(left)

    def contains_many(self, ids: Iterable[bytes]) -> set[bytes]:
        """Without reading them."""
        with translated(self._folder):
            wanted = only_ids(ids)
            found = self._loose.contains_many(wanted)
            packs = self._pack_files.open() if wanted - found else []  # later: a repack packs before it removes
            left = {unhexlify(name): name for name in wanted - found}
            for pack in packs:
                found |= {left.pop(name) for name in pack.among(left.keys())}
            elsewhere = filter(self._is_elsewhere, left.values()) if self._has_elsewhere() else ()
            return found.union(elsewhere)

    def iter_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """Loose and packed, each once."""
        if not all(digit in b"0123456789abcdef" for digit in prefix):
            return iter(())
        return iter(self._in_packs(lambda: sorted(self._packed.iter_prefix(prefix))))

    def put(self, objects: Iterable[RawObject]) -> None:
        """Loose, and durable when it returns."""
        with translated(self._folder):
            wanted = {obj.id: obj for obj in objects}
            folders = self._freshen(wanted)
            absent = [obj for name, obj in wanted.items() if name not in folders]
            self._durable.sync({*folders.values(), *self._loose.write(absent)})

    def put_pack(self, pack: Path) -> Path:
        """Move a complete pack and its index into place, which it answers; durable when it returns."""
        with translated(self._folder):
            index = pack.with_suffix(".idx")
            target = f"{self._folder}/pack/pack-{_trailer(pack)}"
            for source in (str(pack), str(index)):
                self._files.protect(source)
            self._files.sync_files([str(pack), str(index)])
            # readers find a pack by its index: that comes last
            self._files.rename(str(pack), f"{target}.pack")
            self._files.rename(str(index), f"{target}.idx")
            self._durable.sync([f"{self._folder}/pack"])
            return Path(f"{target}.pack")

    def __iter__(self) -> Iterator[bytes]:
        """Loose and packed, each once."""
        return iter(self._in_packs(lambda: sorted(set(self._packed))))

    def close(self) -> None:
        """Close the packs."""
        with self._lock:
            self._packed.close()
            self._pack_files.close()
            if self._condemned:
                self._condemned.close()

    def _read_known_pack(self, name: bytes) -> tuple[int, bytes] | None:
        """From the packs that are mapped, where they have it sound: most reads end here."""
        found = self._pack_files.read(bytes.fromhex(name.decode()))
        return found if found and object_id(*found) == name else None

    def _read_packed(self, name: bytes) -> tuple[int, bytes] | None:
        def read() -> tuple[int, bytes] | None:
            try:
                return self._packed.get_raw(ObjectID(name))
            except KeyError:
                return None

        found = self._in_packs(read)
        if found is not None:
            self._pack_files.open()  # the next one is read from there
        if found is not None and object_id(*found) != name:
            raise CorruptRepository(f"object {name.decode()} does not have this id", inside=f"{self._folder}/pack")
        return found

    def _packed_entry(self, name: bytes) -> UnpackedObject | None:
        """As its pack holds it; None where it is in none of ours (an alternate's are read whole).

        The packs are asked one by one: the store would turn offsets into ids, and search an index for each.
        """
        binary = RawObjectID(bytes.fromhex(name.decode()))

        def read() -> UnpackedObject | None:
            for pack in self._packed.packs:
                with suppress(KeyError):
                    return pack.get_unpacked_object(binary, include_comp=True, convert_ofs_delta=False)
            return None

        return self._in_packs(read)

    def _has_elsewhere(self) -> bool:
        """Whether there are alternates, or packs whose index is of another version."""
        return bool(self._packed.alternates) or not self._pack_files.complete

    def _is_elsewhere(self, name: bytes) -> bool:
        """Whether one of them has it."""
        packed, found = self._packed, ObjectID(name)
        return self._in_packs(
            lambda: packed.contains_packed(found) or any(found in alternate for alternate in packed.alternates)
        )

    def _in_packs(self, ask: Callable[[], _Answer]) -> _Answer:
        with self._lock, translated(self._folder):
            try:
                return _again_when_moved(ask)
            except _DAMAGE as error:
                clear_frames(error.__traceback__)  # they hold views of packs, which could not be closed any more
                inside = f"{self._folder}/pack: {error}"
                raise CorruptRepository(
                    "a pack is damaged: restore it from a clone or a backup", inside=inside
                ) from error

    def _freshen(self, names: Iterable[bytes]) -> dict[bytes, str]:
        """The folders of those objects that are there already; they count as new now."""
        loose = {name: self._loose.folder(name) for name in names if self._loose.freshen(name)}
        absent = [name for name in names if name not in loose]
        packed = self._packs_with(absent)
        touched = {pack for pack in set(packed.values()) if self._touch(pack)}
        return loose | {name: folder_of(pack) for name, pack in packed.items() if pack in touched}

    def _packs_with(self, names: Iterable[bytes]) -> dict[bytes, str]:
        """The packs that hold them; one that cannot be opened holds nothing: what is in it is written once more."""
        binary = {name: bytes.fromhex(name.decode()) for name in names}
        packs = self._pack_files.open() if binary else []
        return {name: os.fspath(pack.path) for pack in packs for name, id in binary.items() if id in pack}

    def _touch(self, pack: str) -> bool:
        try:
            self._files.touch(pack)
        except FileNotFoundError:
            return False
        return True


def _again_when_moved(ask: Callable[[], _Answer]) -> _Answer:
    for _try in range(_TRIES - 1):
        try:
            return ask()
        except (PackFileDisappeared, FileNotFoundError):
            continue
    return ask()


@contextmanager
def _damage_told(pack: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise CorruptRepository("a pack is damaged: run git fsck", inside=f"{pack}: {error}") from error


def _trailer(pack: Path) -> str:
    with pack.open("rb") as file:
        file.seek(-20, 2)
        return file.read().hex()

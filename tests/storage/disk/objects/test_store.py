import os
import threading
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest
from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.conformance.objects import ABSENT, blob, write_pack_in
from gitconfig_server.storage.disk.files import DiskFiles, DurableFolders
from gitconfig_server.storage.disk.objects.store import DiskObjects
from gitconfig_server.storage.objects import BLOB

Open = Callable[..., DiskObjects]

OBJECT = blob(b"x: 1\n" * 100)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "objects" / "pack").mkdir(parents=True)
    return tmp_path / "objects"


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens the objects of a folder, and closes them afterwards."""
    every: list[DiskObjects] = []

    def open_one(folder: Path, files: DiskFiles | None = None) -> DiskObjects:
        files = files or DiskFiles()
        every.append(DiskObjects(str(folder), files, DurableFolders(str(folder.parent), files)))
        return every[-1]

    yield open_one
    for objects in every:
        objects.close()


def path_of(folder: Path, name: bytes = OBJECT.id) -> Path:
    return folder / name[:2].decode() / name[2:].decode()


def damage(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def test_files_are_those_of_git(folder: Path, opened: Open) -> None:
    opened(folder).put([OBJECT])
    assert zlib.decompress(path_of(folder).read_bytes()) == b"blob 500\0" + OBJECT.raw
    assert path_of(folder).stat().st_mode & 0o777 == 0o444
    assert DiskObjectStore(str(folder))[ObjectID(OBJECT.id)].as_raw_string() == OBJECT.raw


@pytest.mark.parametrize(
    "content",
    [b"", b"no zlib", zlib.compress(b"blob 500\0short"), zlib.compress(b"blob 3\0abc"), zlib.compress(b"odd 1\0a")],
)
def test_damage_is_named_and_healed_by_writing_again(content: bytes, folder: Path, opened: Open) -> None:
    objects = opened(folder)
    objects.put([OBJECT])
    damage(path_of(folder), content)
    with pytest.raises(CorruptRepository, match=path_of(folder).name):
        objects.get_raw(OBJECT.id)
    objects.put([OBJECT])
    assert objects.get_raw(OBJECT.id) == (BLOB, OBJECT.raw)


def test_an_empty_file_is_no_object(folder: Path, opened: Open) -> None:
    objects = opened(folder)
    objects.put([OBJECT])
    damage(path_of(folder), b"")
    assert objects.contains_many([OBJECT.id]) == set()


def test_a_damaged_pack_is_told(folder: Path, opened: Open) -> None:
    pack = write_pack_in(folder.parent, [OBJECT]).path
    objects = opened(folder)
    objects.put_pack(pack)
    (stored,) = (folder / "pack").glob("*.pack")
    content = bytearray(stored.read_bytes())
    content[20] ^= 0xFF
    damage(stored, bytes(content))
    reader = opened(folder)
    with pytest.raises(CorruptRepository, match="restore it from a clone") as told:
        reader.get_raw(OBJECT.id)
    assert told.traceback  # which holds views of the pack
    reader.close()


def test_an_index_with_any_byte_flipped_gives_what_was_stored_or_is_told(folder: Path, opened: Open) -> None:
    blobs = [blob(b"x: %d\n" % number) for number in range(4)]
    opened(folder).put_pack(write_pack_in(folder.parent, blobs).path)
    (index,) = (folder / "pack").glob("*.idx")
    sound = index.read_bytes()
    places = [*range(0, 1032, 31), *range(1032, len(sound))]
    for at, mask in product(places, (0x80, 0x41)):
        damage(index, sound[:at] + bytes([sound[at] ^ mask]) + sound[at + 1 :])
        reader = opened(folder)
        for one in (*blobs, blob(b"another")):
            with suppress(CorruptRepository, KeyError):
                assert reader.get_raw(one.id) == (BLOB, one.raw)
                assert one in blobs
        reader.close()


def test_what_is_put_again_counts_as_new(folder: Path, opened: Open) -> None:
    objects = opened(folder)
    objects.put([OBJECT])
    os.utime(path_of(folder), (1e9, 1e9))
    objects.put([OBJECT])
    assert path_of(folder).stat().st_mtime > 1e9
    pack = write_pack_in(folder.parent, [blob(b"packed")]).path
    objects.put_pack(pack)
    (stored,) = (folder / "pack").glob("*.pack")
    os.utime(stored, (1e9, 1e9))
    objects.put([blob(b"packed")])
    assert stored.stat().st_mtime > 1e9
    assert not path_of(folder, blob(b"packed").id).exists()


def test_nothing_is_left_where_writing_fails(folder: Path, opened: Open) -> None:
    class Fails(DiskFiles):
        def sync_files(self, paths: Collection[str]) -> None:
            raise OSError(28, "No space left on device", min(paths))

    objects = opened(folder, Fails())
    with pytest.raises(Exception, match="no room left"):
        objects.put([OBJECT, blob(b"other")])
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_alternates_are_read(folder: Path, tmp_path: Path, opened: Open) -> None:
    other = tmp_path / "other" / "objects"
    (other / "pack").mkdir(parents=True)
    opened(other).put([OBJECT])
    (folder / "info").mkdir()
    (folder / "info" / "alternates").write_text(f"{other}\n")
    objects = opened(folder)
    assert objects.get_raw(OBJECT.id) == (BLOB, OBJECT.raw)
    assert objects.contains_many([OBJECT.id, ABSENT]) == {OBJECT.id}


def test_threads_put_the_same_objects(folder: Path, opened: Open) -> None:
    objects = opened(folder)
    batch = [blob(b"%d" % number) for number in range(20)]
    failures: list[BaseException] = []

    def put() -> None:
        try:
            objects.put(batch)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=put) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert objects.contains_many(obj.id for obj in batch) == {obj.id for obj in batch}
    assert list(folder.glob("tmp_*")) == []


def test_a_pack_is_whole_where_every_object_of_it_is_asked_for(folder: Path, opened: Open) -> None:
    blobs = [blob(b"%d" % number) for number in range(600)]
    objects = opened(folder)
    objects.put_pack(write_pack_in(folder.parent, blobs).path)
    objects.put_pack(write_pack_in(folder.parent, [blob(b"few"), blob(b"more")]).path)
    ids = {bytes.fromhex(one.id.decode()) for one in blobs}
    found = objects.whole_pack(ids | {bytes(20)})
    assert found is not None
    assert set(found) == ids
    assert objects.whole_pack(ids - {min(ids)} | {bytes(20)}) is None
    assert objects.whole_pack({bytes.fromhex(blob(text).id.decode()) for text in (b"few", b"more")}) is None

"""What dulwich does with our objects, in memory and on disk."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.object_store import tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.pack import write_pack_objects

from gitconfig_server.storage.base import Storage, StoredRepository
from gitconfig_server.storage.conformance.objects import ABSENT, commit
from gitconfig_server.storage.disk.repository import DiskStorage
from gitconfig_server.storage.memory import MemoryStorage
from gitconfig_server.storage.object_store import StoredObjects


@pytest.fixture(params=["memory", "disk"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoredObjects]:
    storage: Storage = MemoryStorage() if request.param == "memory" else DiskStorage(tmp_path)
    repository: StoredRepository = storage.create("one")
    assert isinstance(repository.objects, StoredObjects)
    yield repository.objects
    storage.close()


def test_dulwich_objects_go_in_and_come_out(objects: StoredObjects) -> None:
    file = Blob.from_string(b"x: 1\n")
    objects.add_object(file)
    objects.add_objects([(Blob.from_string(b"y: 2\n"), None)])
    assert objects[file.id].as_raw_string() == b"x: 1\n"
    assert file.id in objects
    assert ObjectID(ABSENT) not in objects
    assert len(list(objects)) == 2


def test_a_pack_stream_is_stored(objects: StoredObjects) -> None:
    files = [Blob.from_string(b"line\n" * 100 + b"%d" % number) for number in range(4)]
    stream = BytesIO()
    write_pack_objects(stream.write, files, DEFAULT_OBJECT_FORMAT, deltify=True)
    stream.seek(0)
    objects.add_thin_pack(stream.read, None)
    assert sorted(objects) == sorted(file.id for file in files)


def test_what_is_to_be_sent_can_be_generated_and_stored_elsewhere(objects: StoredObjects) -> None:
    name, stored = commit(1)
    objects.put(stored)
    count, unpacked = objects.generate_pack_data([], [ObjectID(name)])
    elsewhere = MemoryStorage().create("two").objects
    elsewhere.add_pack_data(count, unpacked)
    assert sorted(elsewhere) == sorted(obj.id for obj in stored)


def test_subsets_may_lack_objects_where_that_is_allowed(objects: StoredObjects) -> None:
    name, stored = commit(1)
    objects.put(stored)
    wanted = [ObjectID(name), ObjectID(ABSENT)]
    assert [obj.id for obj in objects.iterobjects_subset(wanted, allow_missing=True)] == [name]
    with pytest.raises(KeyError):
        list(objects.iterobjects_subset(wanted))
    assert [entry.sha() for entry in objects.iter_unpacked_subset(wanted[:1])] == [bytes.fromhex(name.decode())]


def test_trees_are_walked(objects: StoredObjects) -> None:
    name, stored = commit(1)
    objects.put(stored)
    found = objects[ObjectID(name)]
    assert isinstance(found, Commit)
    mode, file = tree_lookup_path(objects.__getitem__, found.tree, b"application.yml")
    assert (mode, objects[file].as_raw_string()) == (0o100644, b"number: 1\n")


def test_a_pack_that_was_given_up_leaves_nothing(objects: StoredObjects) -> None:
    file, _commit, abort = objects.add_pack()
    file.write(b"PACK")
    abort()
    assert list(objects) == []

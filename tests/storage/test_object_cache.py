from collections.abc import Iterable

import pytest

from gitconfig_server.storage.conformance.objects import ABSENT, blob
from gitconfig_server.storage.memory.repository import MemoryObjects
from gitconfig_server.storage.object_cache import CachedObjects
from gitconfig_server.storage.objects import BLOB, RawObject


class CountedObjects(MemoryObjects):
    """Counts how often it is asked."""

    def __init__(self, stored: Iterable[RawObject]) -> None:
        super().__init__()
        self.put(stored)
        self.asked = 0

    def get_raw(self, name: bytes) -> tuple[int, bytes]:
        self.asked += 1
        return super().get_raw(name)


def test_the_second_read_is_from_memory() -> None:
    obj = blob(b"x: 1\n")
    stored = CountedObjects([obj])
    cached = CachedObjects(stored)
    for name in (obj.id, obj.id, bytes.fromhex(obj.id.decode())):
        assert cached.get_raw(name) == (BLOB, obj.raw)
    assert stored.asked == 1


def test_what_is_put_is_remembered_and_stored() -> None:
    obj = blob(b"x: 1\n")
    stored = CountedObjects([])
    cached = CachedObjects(stored)
    cached.put([obj])
    assert cached.get_raw(obj.id) == stored.get_raw(obj.id)
    assert stored.asked == 1


def test_batches_ask_only_for_what_is_not_known() -> None:
    objects = [blob(b"%d" % number) for number in range(10)]
    stored = CountedObjects(objects)
    cached = CachedObjects(stored)
    cached.get_raw(objects[3].id)
    ids = [obj.id for obj in objects]
    for _again in range(2):
        assert {name for name, _type, _raw in cached.get_many_raw(ids)} == set(ids)
    assert stored.asked == 10


def test_absent_objects_are_asked_for_each_time() -> None:
    stored = CountedObjects([])
    cached = CachedObjects(stored)
    for _again in range(2):
        with pytest.raises(KeyError):
            cached.get_raw(ABSENT)
    assert stored.asked == 2


def test_the_bound_holds_and_what_is_used_stays() -> None:
    objects = [blob(b"%05d" % number * 200) for number in range(400)]
    stored = CountedObjects(objects)
    bound = 100_000
    cached = CachedObjects(stored, bound)
    used = objects[0].id
    for obj in objects:
        cached.get_raw(obj.id)
        cached.get_raw(used)
    assert stored.asked == len(objects)
    kept = 0
    for obj in reversed(objects):
        asked = stored.asked
        cached.get_raw(obj.id)
        kept += len(obj.raw) if stored.asked == asked else 0
    assert bound // 4 < kept <= bound


def test_big_objects_pass_through() -> None:
    big = blob(bytes(20_000))
    stored = CountedObjects([big])
    cached = CachedObjects(stored, bound=100_000)
    for _again in range(2):
        cached.get_raw(big.id)
    assert stored.asked == 2

"""What every storage must do with objects: the first half of ``conformance``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import ShaFile
from dulwich.pack import apply_delta, write_pack

from gitconfig_server.storage.base import JournalRecord, RefUpdate, Storage
from gitconfig_server.storage.object_store import object_id
from gitconfig_server.storage.objects import BLOB, COMMIT, TREE, PackEntry, RawObject, ReceivedPack

PATIENCE = 10.0
"""Seconds that a writer waits for others where a check does not say."""


class Make(Protocol):
    """Makes storages, each empty."""

    def __call__(self, patience: float = PATIENCE) -> Storage:
        """A new one, whose writers wait ``patience`` seconds for others."""

    def again(self, storage: Storage, patience: float = PATIENCE) -> Storage:
        """A second, independent way to what ``storage`` holds: as another process would open it."""


_Refusal = TypeVar("_Refusal", bound=Exception)

MAIN = b"refs/heads/main"
ABSENT = b"0" * 40


def blob(content: bytes) -> RawObject:
    """A blob."""
    return RawObject(object_id(BLOB, content), BLOB, content)


def commit(number: int, parent: bytes | None = None) -> tuple[bytes, list[RawObject]]:
    """A commit with one file, ``number`` in it: its id and its objects."""
    file = blob(b"number: %d\n" % number)
    tree = b"100644 application.yml\0" + bytes.fromhex(file.id.decode())
    tree_id = object_id(TREE, tree)
    person = b"Ann Other <ann@example.org> %d +0000" % (1_700_000_000 + number)
    parents = b"parent %s\n" % parent if parent else b""
    text = b"tree %s\n%sauthor %s\ncommitter %s\n\nnumber %d\n" % (tree_id, parents, person, person, number)
    made = RawObject(object_id(COMMIT, text), COMMIT, text)
    return made.id, [file, RawObject(tree_id, TREE, tree), made]


def record(updates: Sequence[RefUpdate], reason: str = "save") -> JournalRecord:
    """A record of these updates."""
    return JournalRecord(tuple(updates), reason, actor="ann")


def write_pack_in(folder: Path, objects: Sequence[RawObject]) -> ReceivedPack:
    """A pack with deltas and its index."""
    contents = [ShaFile.from_raw_string(obj.type, obj.raw) for obj in objects]
    write_pack(str(folder / "incoming"), contents, DEFAULT_OBJECT_FORMAT, deltify=True)
    return ReceivedPack(folder / "incoming.pack", len(objects))


def refused(
    expected: type[_Refusal] | tuple[type[_Refusal], ...], action: Callable[..., object], *arguments: object
) -> _Refusal:
    """The error of the expected class that ``action`` raises."""
    try:
        action(*arguments)
    except expected as error:
        return error
    raise AssertionError(f"{expected} was not raised")


def check_objects_come_back(make: Make) -> None:
    """By hex and by raw id, type and content as they went in; KeyError for what did not."""
    objects = make().create("one").objects
    stored = commit(1)[1]
    objects.put(stored)
    for obj in stored:
        assert objects.get_raw(obj.id) == (obj.type, obj.raw)
        assert objects.get_raw(bytes.fromhex(obj.id.decode())) == (obj.type, obj.raw)
    refused(KeyError, objects.get_raw, ABSENT)
    refused(KeyError, objects.get_raw, b"z" * 40)


def check_objects_in_batches(make: Make) -> None:
    """All that was asked for, or KeyError; an object may be put twice."""
    objects = make().create("one").objects
    stored = [blob(b"%d" % number) for number in range(60)]
    objects.put(stored)
    objects.put(stored[:10])
    ids = [obj.id for obj in stored]
    expected = {(obj.id, obj.type, obj.raw) for obj in stored}
    assert set(objects.get_many_raw(ids)) == expected
    assert objects.contains_many([*ids[:5], ABSENT]) == set(ids[:5])
    refused(KeyError, list, objects.get_many_raw([ids[0], ABSENT]))


def check_big_objects(make: Make) -> None:
    """Of several megabytes, and empty."""
    objects = make().create("one").objects
    for obj in (blob(bytes(range(256)) * 20_000), blob(b"")):
        objects.put([obj])
        assert objects.get_raw(obj.id) == (BLOB, obj.raw)


def check_prefixes(make: Make) -> None:
    """Every object beneath a prefix once, loose and packed."""
    repository = make().create("one")
    stored = [blob(b"%d" % number) for number in range(60)]
    repository.objects.put(stored)
    updates = [RefUpdate(b"refs/tags/blob", None, stored[0].id)]
    with repository.scratch() as folder:
        repository.update_refs(updates, pack=write_pack_in(folder, stored), record=record(updates))
    for obj in stored:
        assert list(repository.objects.iter_prefix(obj.id[:9])) == [obj.id]
    assert list(repository.objects.iter_prefix(b"zzzz")) == []


def check_zlib_streams(make: Make) -> None:
    """``get_many_z`` gives streams of exactly the content, whether objects came loose or in a pack."""
    repository = make().create("one")
    name, stored = commit(1)
    packed = [blob(b"line\n" * 500 + b"%d" % number) for number in range(5)]
    updates = [RefUpdate(MAIN, None, name)]
    with repository.scratch() as folder:
        repository.update_refs(updates, objects=stored, pack=write_pack_in(folder, packed), record=record(updates))
    ids = [obj.id for obj in (*stored, *packed)]
    for found, type_num, length, stream in repository.objects.get_many_z(ids):
        content = zlib.decompress(stream)
        assert len(content) == length
        assert object_id(type_num, content) == found


def check_entries(make: Make) -> None:
    """``get_entries`` gives each object once, a delta only on one that was asked for and came before."""
    repository = make().create("one")
    name, stored = commit(1)
    packed = [blob(b"line\n" * 500 + b"%d" % number) for number in range(20)]
    updates = [RefUpdate(MAIN, None, name)]
    with repository.scratch() as folder:
        repository.update_refs(updates, objects=stored, pack=write_pack_in(folder, packed), record=record(updates))
    everything = (*stored, *packed)
    for asked in (everything, everything[:10], everything[::3], everything[-1:], ()):
        raw = {bytes.fromhex(one.id.decode()): one.raw for one in asked}
        assert _assembled(repository.objects.get_entries(list(raw))) == raw
    refused(KeyError, list, repository.objects.get_entries([bytes.fromhex(stored[0].id.decode()), bytes(20)]))


def _assembled(entries: Iterable[PackEntry]) -> dict[bytes, bytes]:
    """Id -> content of what entries stand for, each built on those before it."""
    made: dict[bytes, bytes] = {}
    for entry in entries:
        assert entry.id not in made
        content = zlib.decompress(entry.deflated)
        assert len(content) == entry.size
        made[entry.id] = b"".join(apply_delta(made[entry.base], content)) if entry.base else content
    return made


def check_kept_packs(make: Make) -> None:
    """A kept pack holds what it was given, until the storage drops it, and nothing else has changed."""
    repository = make().create("one")
    for number in range(4):
        name, stored = commit(number)
        with repository.scratch() as folder:
            repository.keep_pack(write_pack_in(folder, stored).path, [name], [bytes(20)])
        ids = {bytes.fromhex(one.id.decode()) for one in stored}
        for kept in repository.kept_packs()[:1]:
            assert kept.heads == {name}
            assert kept.tags == {bytes(20)}
            assert (set(kept.pack), kept.pack.count) == (ids, len(ids))
            assert {one for one, _at, _crc in kept.pack.index()} == ids
            assert all(one in kept.pack for one in ids)
            assert bytes(20) not in kept.pack
            assert b"".join(kept.pack.body())
    assert len(repository.kept_packs()) < 4
    assert not repository.objects.contains_many([name])
    assert repository.snapshot() == {}


def check_packs(make: Make) -> None:
    """What a pack holds can be read once refs have moved, deltas resolved, and nothing stays in the scratch folder."""
    repository = make().create("one")
    packed = [blob(b"line\n" * 500 + b"%d" % number) for number in range(5)]
    name, stored = commit(1)
    updates = [RefUpdate(MAIN, None, name)]
    for _again in range(2):
        with repository.scratch() as folder:
            assert not any(folder.iterdir())
            pack = write_pack_in(folder, [*packed, *stored])
            repository.update_refs(updates, pack=pack, record=record(updates))
        assert not folder.exists()
        assert {raw for _name, _type, raw in repository.objects.get_many_raw(obj.id for obj in packed)} == {
            obj.raw for obj in packed
        }
        updates = [RefUpdate(MAIN, name, name)]


OBJECT_CHECKS: tuple[Callable[[Make], None], ...] = (
    check_objects_come_back,
    check_objects_in_batches,
    check_big_objects,
    check_prefixes,
    check_zlib_streams,
    check_packs,
    check_entries,
    check_kept_packs,
)

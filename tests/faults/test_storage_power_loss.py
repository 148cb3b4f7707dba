"""The power goes at any moment of a series of writes: what was acknowledged is there, the rest is old or new."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.power_loss import ForgetfulDisk, Image, Operation, Recorder, Survives, write_out
from faults.storage_faults import (
    DEEP,
    EVERYTHING,
    GONE,
    MAIN,
    PENDING,
    STAGED,
    assert_fsck_clean,
    folded,
    folder_in_memory,
    save,
    seeded,
)

from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.conformance.objects import commit, record, write_pack_in
from gitconfig_server.storage.disk.repository import DiskRepository
from gitconfig_server.storage.disk.storage import DiskStorage

Refs = dict[bytes, bytes]

ACKNOWLEDGED = "acknowledged"
FSCK_EVERY = 1 if EVERYTHING else 25


@pytest.fixture
def shm() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


def transactions(repository: DiskRepository, refs: Refs) -> Iterator[None]:
    """Every kind of write there is, one after the other."""
    main = save(repository, MAIN, 10, refs[MAIN])
    yield
    created = [RefUpdate(ref, None, main) for ref in (DEEP, PENDING, STAGED)]
    moved, objects = commit(11, main)
    updates = [*created, RefUpdate(GONE, refs[GONE], None), RefUpdate(MAIN, main, moved)]
    repository.update_refs(updates, objects=objects, record=record(updates))
    yield
    name, objects = commit(12, moved)
    updates = [RefUpdate(MAIN, moved, name), RefUpdate(DEEP, main, None)]
    with repository.scratch() as folder:
        repository.update_refs(updates, pack=write_pack_in(folder, objects), record=record(updates))
        yield
    flat = b"refs/heads/new"
    new = save(repository, flat, 10, None)
    yield
    updates = [RefUpdate(flat, new, None), RefUpdate(DEEP, None, new)]
    repository.update_refs(updates, record=record(updates))
    yield


def recorded(folder: Path, *, journalled: bool = True) -> tuple[ForgetfulDisk, list[Operation], list[Refs]]:
    """The disk before, what was done, and the refs after each transaction."""
    states = [seeded(folder)]
    if not journalled:
        shutil.rmtree(folder / "one" / "gitconfig")
    disk = ForgetfulDisk(folder / "one")
    recorder = Recorder()
    storage = DiskStorage(folder, files=recorder)
    repository = storage.open("one")
    for _done in transactions(repository, states[0]):
        recorder.trace.append(Operation(ACKNOWLEDGED, ""))
        states.append(dict(repository.snapshot()))
    storage.close()
    return disk, recorder.trace, states


def crashes(disk: ForgetfulDisk, trace: list[Operation], survives: Survives) -> Iterator[tuple[int, Image]]:
    """How many transactions were acknowledged, and what is left, after each operation that makes a difference."""
    acknowledged, last = 0, disk.image(survives)
    for operation in trace:
        if operation.name == ACKNOWLEDGED:
            acknowledged += 1
        else:
            disk.apply(operation)
        image = disk.image(survives)
        if image != last or operation.name == ACKNOWLEDGED:
            yield acknowledged, image
            last = image


def assert_readable(repository: DiskRepository, refs: Refs) -> None:
    """Everything that is reachable can be read."""
    for name in refs.values():
        text = repository.objects.get_raw(name)[1]
        tree = repository.objects.get_raw(text[5:45])[1]
        repository.objects.get_raw(tree[-20:])


@pytest.mark.parametrize("journalled", [True, False], ids=["", "first sight"])
@pytest.mark.parametrize("survives", Survives)
def test_the_power_goes(survives: Survives, journalled: bool, tmp_path: Path, shm: Path) -> None:
    disk, trace, states = recorded(tmp_path, journalled=journalled)
    count = 0
    for count, (acknowledged, image) in enumerate(crashes(disk, trace, survives), 1):
        folder = shm / str(count) / "one"
        folder.mkdir(parents=True)
        write_out(image, folder)
        storage = DiskStorage(folder.parent)
        repository = storage.open("one")
        found = dict(repository.snapshot())
        assert found in states[acknowledged : acknowledged + 2]
        assert folded(repository) == found
        saved = sum(entry.reason == "save" for entry in repository.journal())
        assert saved - (3 if journalled else 0) >= acknowledged
        assert_readable(repository, found)
        save(repository, MAIN, 99, found[MAIN])
        if count % FSCK_EVERY == 0:
            assert_fsck_clean(folder)
        storage.close()
    assert count > len(states)


def test_everything_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    disk, trace, _states = recorded(tmp_path)
    for operation in trace:
        if operation.name == ACKNOWLEDGED:
            now, durable = disk.image(Survives.EVERYTHING), disk.image(Survives.NOTHING)
            shown = {path for path in now if not path.startswith(("gitconfig/locks/", "objects/tmp_"))}
            assert {path: durable.get(path) for path in shown} == {path: now[path] for path in shown}
        else:
            disk.apply(operation)


def test_a_new_repository_is_durable_when_it_is_acknowledged(tmp_path: Path) -> None:
    disk = ForgetfulDisk(tmp_path)
    recorder = Recorder()
    storage = DiskStorage(tmp_path, files=recorder)
    storage.create("one")
    storage.close()
    for operation in recorder.trace:
        disk.apply(operation)
        names = {path.partition("/")[0] for path in disk.image(Survives.NOTHING)}
        assert names <= {"one"}
    assert disk.image(Survives.NOTHING) == disk.image(Survives.EVERYTHING)

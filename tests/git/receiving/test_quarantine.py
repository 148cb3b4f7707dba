from io import BytesIO

import pytest
from support import packs
from support.repositories import memory_repository, move

from gitconfig_server.errors import MalformedRequest, StorageFull
from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.receiving import quarantine as module
from gitconfig_server.git.receiving.pack_scan import REF_DELTA, PackLimits
from gitconfig_server.git.receiving.quarantine import Quarantine
from gitconfig_server.model.principals import Mover, Principal
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.objects import BLOB

BLOBS = [make_blob(b"n: %d\n" % number) for number in range(150)]


@pytest.fixture
def stored(tmp_path):
    storage = DiskStorage(tmp_path)
    yield storage.create("config")
    storage.close()


def received(quarantine, entries):
    return list(quarantine.receive(BytesIO(packs.pack_of(entries))))


def entries(blobs):
    return [packs.entry(blob.type, blob.raw) for blob in blobs]


@pytest.mark.parametrize("count", [3, 150])
def test_what_came_can_be_read_until_the_context_ends(stored, count):
    with Quarantine(stored, stored.objects, PackLimits()) as quarantine:
        assert len(received(quarantine, entries(BLOBS[:count]))) == count
        assert quarantine.get_raw(BLOBS[2].id) == (BLOB, b"n: 2\n")
        assert quarantine.contains_many([BLOBS[0].id, b"1" * 40]) == {BLOBS[0].id}
        with pytest.raises(KeyError):
            quarantine.get_raw(b"1" * 40)
        assert bool(quarantine.pack) == (not quarantine.objects) == (count == 150)
        pack = quarantine.pack
    assert not pack or not pack.path.exists()


def test_a_thin_pack_is_completed(stored):
    base, text = make_blob(b"x" * 1000), b"x" * 1000 + b"y"
    stored.objects.put([base])
    content = packs.delta(1000, 1001, b"\xb0\xe8\x03", b"\x01y")
    thin = packs.entry(REF_DELTA, content, base=bytes.fromhex(base.id.decode()))
    with Quarantine(stored, stored.objects, PackLimits()) as quarantine:
        received(quarantine, [*entries(BLOBS), thin])
        assert quarantine.get_raw(make_blob(text).id) == (BLOB, text)
        assert quarantine.pack.path.with_suffix(".idx").exists()
        with pytest.raises(KeyError):
            quarantine.get_raw(base.id)


def test_objects_over_the_bound_for_memory_become_a_pack(stored, monkeypatch):
    monkeypatch.setattr(module, "LOOSE_BYTES", 10)
    with Quarantine(stored, stored.objects, PackLimits()) as quarantine:
        received(quarantine, entries(BLOBS[:5]))
        assert quarantine.pack
        assert not quarantine.objects


def test_an_object_that_comes_twice_is_refused(stored):
    with Quarantine(stored, stored.objects, PackLimits()) as quarantine, pytest.raises(MalformedRequest, match="twice"):
        received(quarantine, entries([BLOBS[0], BLOBS[0]]))


def test_a_full_disk_is_told_and_nothing_is_left(stored, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.PackScan, "copy", full)
    with Quarantine(stored, stored.objects, PackLimits()) as quarantine, pytest.raises(StorageFull):
        received(quarantine, entries(BLOBS))
    assert not list(tmp_path.rglob("*.pack"))


def test_a_pack_may_be_given_to_the_door(stored):
    git = memory_repository()
    tree = packs.tree(*((b"100644", b"f%03d" % number, blob.id) for number, blob in enumerate(BLOBS)))
    commit = packs.commit(tree.id)
    with Quarantine(git.stored, git.objects, PackLimits()) as quarantine:
        received(quarantine, entries([*BLOBS, tree, commit]))
        judged = git.judge([RefUpdate(b"refs/heads/main", None, commit.id)], quarantine)
        git.update_refs(
            judged, objects=quarantine.objects, pack=quarantine.pack, by=Mover(Principal("tess")), reason="push"
        )
    assert git.objects.contains_many([commit.id, BLOBS[-1].id]) == {commit.id, BLOBS[-1].id}
    assert move(git, b"refs/heads/dev", [], commit.id) == commit.id

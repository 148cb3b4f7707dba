from io import BytesIO

import pytest
from support.repositories import memory_repository

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.receiving.pack_scan import PackLimits, scan_pack
from gitconfig_server.git.receiving.unpack import Unpacker
from gitconfig_server.git.serving.pack_writer import PackWriter


def test_a_pack_holds_what_was_asked_for():
    git = memory_repository()
    blobs = [make_blob(b"x" * size) for size in (0, 1, 15, 16, 2047, 2048, 300_000)]
    git.objects.put(blobs)
    ids = [bytes.fromhex(blob.id.decode()) for blob in blobs]
    packed = BytesIO(b"".join(PackWriter(git.objects, ids).pieces()))
    found = Unpacker(scan_pack(packed, 0, PackLimits()), git.objects, PackLimits())
    assert {one.id: one.raw for one in found} == dict(zip(ids, (blob.raw for blob in blobs), strict=True))


def test_a_missing_object_is_told():
    with pytest.raises(CorruptRepository):
        list(PackWriter(memory_repository().objects, [bytes(20)]).pieces())

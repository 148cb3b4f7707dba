import os
import tracemalloc
import zlib
from io import BytesIO

import pytest
from support import packs

from gitconfig_server.errors import MalformedRequest, TooLarge
from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.receiving.pack_scan import (
    BASE_BY_ID,
    NOT_A_DELTA,
    OFS_DELTA,
    REF_DELTA,
    PackLimits,
    scan_pack,
)
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.objects import BLOB

LIMITS = PackLimits()


def scan(data, limits=LIMITS, start=0):
    return scan_pack(BytesIO(data), start, limits)


def test_entries_are_found_wherever_the_pack_begins():
    blobs = [make_blob(b""), make_blob(b"a"), make_blob(os.urandom(200_000)), make_blob(bytes(3_000_000))]
    found = scan(b"before" + packs.pack(blobs), start=6)
    assert [found.content(index) for index in range(found.count)] == [blob.raw for blob in blobs]
    assert found.total == 3_200_001


def test_deltas_name_their_bases():
    base = packs.entry(BLOB, b"hello")
    near = packs.entry(OFS_DELTA, packs.delta(5, 5, b"\x90\x05"), base=bytes([len(base)]))
    far = packs.entry(REF_DELTA, packs.delta(5, 70, b"\x90\x05"), base=b"\x11" * 20)
    found = scan(packs.pack_of([base, near, far]))
    assert list(found.bases) == [NOT_A_DELTA, 0, BASE_BY_ID]
    assert found.base_ids == {2: b"\x11" * 20}
    assert found.total == 80


def test_a_pack_may_be_empty():
    assert scan(packs.pack_of([])).count == 0


SOUND = packs.pack([make_blob(b"one"), make_blob(b"two")])


@pytest.mark.parametrize("length", [0, 3, 12, 31, len(SOUND) - 21, len(SOUND) - 1])
def test_a_pack_that_is_cut_short_is_refused(length):
    with pytest.raises(MalformedRequest):
        scan(SOUND[:length])


@pytest.mark.parametrize(
    "data",
    [
        SOUND + b"x",
        SOUND[:40] + b"\0" + SOUND[41:],
        packs.pack_of([b"garbage"]),
        packs.pack_of([packs.entry(BLOB, b"a")], count=2),
        packs.pack_of([packs.entry(BLOB, b"a"), packs.entry(BLOB, b"b")], count=1),
        packs.pack_of([packs.entry(BLOB, b"abc", size=2)]),
        packs.pack_of([packs.entry(BLOB, b"abc", size=4)]),
        packs.pack_of([packs.entry(0, b"a")]),
        packs.pack_of([packs.entry(5, b"a")]),
        packs.pack_of([packs.entry(OFS_DELTA, b"\x01\x01\x01a", base=b"\x01")]),
        packs.pack_of([packs.entry(OFS_DELTA, b"\x01\x01\x01a", base=b"\xff" * 12)]),
        packs.pack_of([packs.entry(REF_DELTA, b"", base=bytes(20))]),
        packs.pack_of([packs.entry(REF_DELTA, b"\xff" * 30, base=bytes(20))]),
        packs.pack_of([b"\xbf" + b"\xff" * 30]),
        b"PACK" + (4).to_bytes(4, "big") + SOUND[8:],
    ],
)
def test_a_pack_with_a_sound_checksum_and_nonsense_in_it_is_refused(data):
    with pytest.raises(MalformedRequest):
        scan(data)


def test_useless_padding_is_refused():
    deflater = zlib.compressobj()
    padded = deflater.compress(b"a") + b"".join(deflater.flush(zlib.Z_FULL_FLUSH) for _ in range(3))
    stream = padded + b"\x00\x00\x00\xff\xff" * 60_000 + deflater.flush()
    with pytest.raises(MalformedRequest, match="padding"):
        scan(packs.pack_of([bytes([BLOB << 4 | 1]) + stream]))


@pytest.mark.parametrize("limit", ["pack_bytes", "objects", "object_bytes", "total_bytes"])
def test_each_limit_is_kept(limit):
    with pytest.raises(TooLarge):
        scan(SOUND, replace(LIMITS, **{limit: 1}))


def test_a_bomb_is_refused_without_going_off():
    bomb = packs.entry(BLOB, bytes(200 << 20), size=1000)
    claim = packs.entry(REF_DELTA, packs.delta(5, 300 << 20, b"\x90\x05"), base=b"\x11" * 20)
    packed = [packs.pack_of([bomb]), packs.pack_of([claim])]
    tracemalloc.start()
    for data, error in zip(packed, (MalformedRequest, TooLarge), strict=True):
        with pytest.raises(error):
            scan(data)
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()

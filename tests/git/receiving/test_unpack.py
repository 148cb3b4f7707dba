from io import BytesIO

import pytest
from support import packs

from gitconfig_server.errors import MalformedRequest, TooLarge
from gitconfig_server.git.objects.reader import ObjectMap, make_blob
from gitconfig_server.git.receiving.pack_scan import OFS_DELTA, REF_DELTA, PackLimits, scan_pack
from gitconfig_server.git.receiving.unpack import Unpacker
from gitconfig_server.model.replace import replace
from gitconfig_server.storage.objects import BLOB

LIMITS = PackLimits()
BASE = make_blob(b"hello")
RAW_BASE = bytes.fromhex(BASE.id.decode())


def unpacker(entries, stored=(), limits=LIMITS):
    return Unpacker(scan_pack(BytesIO(packs.pack_of(entries)), 0, limits), ObjectMap(stored), limits)


def append(base, text):
    """A delta that puts ``text`` behind ``base``."""
    copied = packs.delta(len(base), len(base) + len(text), b"\x90" + bytes([len(base)]), bytes([len(text)]) + text)
    return packs.entry(REF_DELTA, copied, base=bytes.fromhex(make_blob(base).id.decode()))


def test_deltas_are_resolved_wherever_their_bases_stand():
    plain = packs.entry(BLOB, b"hello")
    near = packs.entry(OFS_DELTA, packs.delta(5, 4, b"\x90\x04"), base=bytes([len(plain)]))
    entries = [plain, near, append(b"hello!", b"?"), append(b"hello", b"!")]
    found = {one.entry: one.raw for one in unpacker(entries)}
    assert found == {0: b"hello", 1: b"hell", 2: b"hello!?", 3: b"hello!"}


def test_ids_are_computed_from_content():
    (one,) = unpacker([packs.entry(BLOB, b"hello")])
    assert (one.id.hex().encode(), one.type) == (BASE.id, BLOB)


def test_bases_that_the_repository_has_are_used_and_listed():
    thin = unpacker([append(b"hello!", b"?"), append(b"hello", b"!")], [BASE])
    assert [one.raw for one in thin] == [b"hello!", b"hello!?"]
    assert list(thin.thin_bases) == [RAW_BASE]


def test_a_long_chain_is_resolved_without_recursion():
    text, entries = b"x", [packs.entry(BLOB, b"x")]
    for number in range(200):
        entries.append(append(text, b"y") if number < 100 else packs.entry(BLOB, b"%d" % number))
        text += b"y" if number < 100 else b""
    assert max(len(one.raw) for one in unpacker(entries)) == 101
    with pytest.raises(TooLarge):
        list(unpacker(entries, limits=replace(LIMITS, delta_depth=99)))


def test_bases_are_nowhere():
    with pytest.raises(MalformedRequest, match="nowhere"):
        list(unpacker([append(b"hello", b"!")]))


@pytest.mark.parametrize(
    "content",
    [
        packs.delta(4, 5, b"\x90\x05"),
        packs.delta(5, 6, b"\x90\x05"),
        packs.delta(5, 4, b"\x90\x05"),
        packs.delta(5, 5, b"\x90\x06"),
        packs.delta(5, 5, b"\x05ab"),
        packs.delta(5, 5, b"\x00"),
        packs.delta(5, 5, b"\x9f"),
        packs.delta(5, 5, b"\x80" * 1000),
    ],
)
def test_deltas_that_do_not_fit_are_refused(content):
    with pytest.raises(MalformedRequest):
        list(unpacker([packs.entry(BLOB, b"hello"), packs.entry(REF_DELTA, content, base=RAW_BASE)]))


def test_content_that_deltas_wait_for_is_bounded():
    wide = [packs.entry(BLOB, b"hello"), append(b"hello", b"!"), append(b"hello", b"?"), append(b"hello!", b"1")]
    wide += [append(b"hello!", b"2"), append(b"hello!1", b"3")]
    assert len(list(unpacker(wide))) == 6
    with pytest.raises(TooLarge):
        list(unpacker(wide, limits=replace(LIMITS, held_bytes=8)))

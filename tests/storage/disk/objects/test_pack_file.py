import os
import zlib

import pytest
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.pack import Pack

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.conformance.objects import blob, write_pack_in
from gitconfig_server.storage.disk.objects.pack_file import DAMAGE, PackFile

BLOBS = [blob(b"line\n" * 300 + b"%d" % number) for number in range(40)]


def raw(one):
    return bytes.fromhex(one.id.decode())


@pytest.fixture
def pack(tmp_path):
    return write_pack_in(tmp_path, BLOBS).path


def test_everything_is_found_and_read(pack):
    opened = PackFile(pack)
    assert opened.count == len(BLOBS)
    assert list(opened) == sorted(map(raw, BLOBS))
    assert all(opened.read(raw(one)) == (one.type, one.raw) for one in BLOBS)
    assert opened.read(bytes(20)) is None
    assert b"".join(opened.body()) == pack.read_bytes()[12:-20]


def test_the_index_is_that_of_dulwich(pack):
    with Pack(str(pack.with_suffix("")), object_format=DEFAULT_OBJECT_FORMAT) as other:
        assert sorted(PackFile(pack).index()) == sorted(other.index.iterentries())


def test_a_delta_comes_behind_its_base_or_not_at_all(pack):
    opened = PackFile(pack)
    found = list(opened.entries(list(map(raw, BLOBS))))
    deltas = [entry for entry in found if entry.base]
    assert deltas
    assert len(found) == len(BLOBS)
    seen = set()
    for entry in found:
        assert entry.base is None or entry.base in seen
        seen.add(entry.id)
    (whole,) = opened.entries([deltas[-1].id])
    assert (whole.base, len(zlib.decompress(whole.deflated))) == (None, whole.size)


def test_what_is_no_pack_is_told(pack, tmp_path):
    for path in (pack, pack.with_suffix(".idx")):
        whole = path.read_bytes()
        for content in (b"", whole[:30], b"x" * len(whole)):
            path.write_bytes(content)
            with pytest.raises(DAMAGE):
                PackFile(pack).read(raw(BLOBS[0]))
        path.write_bytes(whole)
    with pytest.raises(FileNotFoundError):
        PackFile(tmp_path / "none.pack")


def test_a_torn_pack_raises_nothing_else(pack):
    whole = pack.read_bytes()
    for cut in range(12, len(whole), 7):
        pack.write_bytes(whole[:cut])
        opened = PackFile(pack)
        for one in BLOBS[::10]:
            try:
                assert opened.read(raw(one)) == (one.type, one.raw)
            except DAMAGE:
                continue


@pytest.mark.parametrize("suffix", [".pack", ".idx"])
def test_a_file_that_is_emptied_while_it_is_mapped_does_not_end_the_process(pack, suffix):
    opened, names = PackFile(pack), {raw(one) for one in BLOBS}
    pack.with_suffix(suffix).chmod(0o644)
    os.truncate(pack.with_suffix(suffix), 0)
    reads = [lambda: opened.read(min(names)), lambda: list(opened.entries(names))]
    reads += {
        ".pack": [lambda: list(opened.body())],
        ".idx": [lambda: opened.among(names), lambda: list(opened.between(b"a", b"b")), lambda: list(opened.index())],
    }[suffix]
    for read in reads:
        with pytest.raises(CorruptRepository, match="cut short: put it back"):
            read()


def test_a_delta_on_itself_ends(pack):
    opened = PackFile(pack)
    opened._head = lambda at: opened.__class__._head(opened, at)._replace(base=at)
    with pytest.raises(CorruptRepository):
        opened.read(raw(BLOBS[0]))

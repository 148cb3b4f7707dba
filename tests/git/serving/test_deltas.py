import zlib

from dulwich.pack import apply_delta
from hypothesis import given
from hypothesis import strategies as st

from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.serving.deltas import compacted, make_delta
from gitconfig_server.storage.objects import BLOB, COMMIT, PackEntry

TEXT = b"".join(b"key%d: value\n" % number for number in range(200))


def entry(content, kind=BLOB):
    name = bytes.fromhex(make_blob(content).id.decode())
    return PackEntry(name, kind, len(content), None, zlib.compress(content))


def contents(entries):
    made = {}
    for one in entries:
        content = zlib.decompress(one.deflated)
        assert len(content) == one.size
        made[one.id] = b"".join(apply_delta(made[one.base], content)) if one.base else content
    return made


@given(st.binary(max_size=600), st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=600))
def test_a_delta_makes_the_target(start, old, new, end):
    base, target = start + old + end, start + new + end
    assert b"".join(apply_delta(base, make_delta(base, target))) == target


def test_long_stretches_are_copied_in_pieces():
    base = bytes(range(256)) * 1000
    target = base[:100_000] + b"changed" + base[100_001:]
    delta = make_delta(base, target)
    assert b"".join(apply_delta(base, delta)) == target
    assert len(delta) < 100


def test_versions_of_a_file_become_short():
    versions = [TEXT.replace(b"key77: value", b"key77: %d" % number) for number in range(200)]
    whole = [entry(version) for version in versions]
    found = list(compacted(whole))
    assert contents(found) == {one.id: version for one, version in zip(whole, versions, strict=True)}
    assert sum(len(one.deflated) for one in found) < sum(len(one.deflated) for one in whole) / 5
    assert sum(one.base is None for one in found) == 4  # chains end


def test_what_is_unlike_small_or_no_file_stays_as_it_is():
    entries = [entry(b"a: 1"), entry(b"a: 2"), entry(TEXT), entry(TEXT[::-1]), entry(TEXT + b"x", COMMIT)]
    assert list(compacted(entries)) == entries

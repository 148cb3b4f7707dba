from io import BytesIO

import pytest

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.git.pkt_line import PacketReader, encode
from gitconfig_server.git.serving.filters import ObjectFilter
from gitconfig_server.git.serving.request import MAX_HAVES, read_fetch_v0, read_fetch_v2

ONE, TWO, THREE = b"1" * 40, b"2" * 40, b"3" * 40


def v0(*lines):
    data = b"".join(line if line == b"0000" else encode(line + b"\n") for line in lines)
    return read_fetch_v0(PacketReader(BytesIO(data), 1 << 25))


def test_v0_names_wants_with_capabilities_then_haves():
    request = v0(b"want " + ONE + b" ofs-delta side-band-64k", b"want " + TWO, b"0000", b"have " + THREE, b"done")
    assert (request.wants, request.haves, request.done, request.more) == ([ONE, TWO], [THREE], True, True)
    assert request.flags == {b"ofs-delta", b"side-band-64k"}


def test_v0_with_a_depth_ends_after_its_wants_at_first():
    request = v0(b"want " + ONE, b"shallow " + TWO, b"deepen 3", b"0000")
    assert (request.depth, request.shallow, request.more) == (3, {TWO}, False)


def test_v2_arguments():
    request = read_fetch_v2([b"thin-pack", b"ofs-delta", b"want " + ONE, b"have " + TWO, b"done"])
    assert (request.wants, request.haves, request.done) == ([ONE], [TWO], True)
    assert request.flags == {b"thin-pack", b"ofs-delta"}


def test_where_history_ends_and_what_is_left_out():
    lines = [b"deepen-since 1767225600", b"deepen-not v1", b"deepen-not v2", b"filter tree:2", b"want-ref refs/heads/x"]
    request = read_fetch_v2([*lines, b"wait-for-done", b"deepen-relative"])
    assert (request.since, request.without, request.want_refs) == (1767225600, [b"v1", b"v2"], [b"refs/heads/x"])
    assert request.filter == ObjectFilter(tree_depth=2)
    assert request.deepens
    assert request.relative
    assert v0(b"want " + ONE + b" filter", b"filter blob:none", b"deepen-not v1", b"0000").filter.blobs is False
    with pytest.raises(MalformedRequest, match="together"):
        read_fetch_v2([b"deepen 1", b"deepen-not v1"])


MALFORMED = [
    *(b"want 12", b"want " + b"A" * 40, b"hello", b""),
    *(b"deepen 0", b"deepen -1", b"deepen 99999999999", b"deepen " + b"9" * 5000),
]
NOT_SERVED = [
    b"filter sparse:oid=main",
    b"filter",
    b"packfile-uris https",
    b"deepen-since x",
    b"deepen-not",
    b"want-ref",
]


@pytest.mark.parametrize("line", [*MALFORMED, *NOT_SERVED])
def test_what_is_not_served_is_refused(line):
    with pytest.raises(MalformedRequest):
        read_fetch_v2([line])


@pytest.mark.parametrize("lines", [(b"have " + ONE,), (b"want " + ONE, b"0000", b"want " + TWO), (b"want",)])
def test_v0_lines_have_their_place(lines):
    with pytest.raises(MalformedRequest):
        v0(*lines)


def test_what_a_client_says_it_has_is_bounded():
    request = read_fetch_v2([b"want " + ONE] + [b"have " + TWO] * (MAX_HAVES + 9))
    assert len(request.haves) == MAX_HAVES


def test_a_clone_may_want_every_ref_of_a_large_repository():
    assert len(read_fetch_v2([b"want " + ONE] * 100_000).wants) == 100_000

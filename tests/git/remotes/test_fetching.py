import hashlib
import io

import pytest
from support.repositories import Clock, commit, memory_repository

from gitconfig_server.errors import RemoteFailed
from gitconfig_server.git.pkt_line import Sideband, encode
from gitconfig_server.git.remotes.fetching import (
    RemoteRefs,
    fetch_request,
    read_advertisement,
    read_pack,
    recent_commits,
)
from gitconfig_server.git.remotes.pushing import read_report

A, B = b"a" * 40, b"b" * 40
CAPABILITIES = b"\0multi_ack side-band-64k ofs-delta symref=HEAD:refs/heads/main object-format=sha1"


def advertised(*lines):
    return b"".join(map(encode, lines)) + b"0000"


def refs_with(*capabilities):
    return RemoteRefs({}, None, frozenset(capabilities))


@pytest.mark.parametrize(
    "before",
    [b"", encode(b"# service=git-upload-pack\n") + b"0000", encode(b"version 1\n")],
    ids=["plain", "http", "version-1"],
)
def test_branches_tags_and_head_are_read(before):
    raw = before + advertised(
        A + b" HEAD" + CAPABILITIES,
        A + b" refs/heads/main",
        B + b" refs/tags/v1",
        A + b" refs/tags/v1^{}",
        B + b" refs/pull/1/head",
    )
    remote = read_advertisement(raw)
    assert remote.refs == {b"refs/heads/main": A, b"refs/tags/v1": B}
    assert (remote.head, b"ofs-delta" in remote.capabilities) == (b"refs/heads/main", True)


def test_empty_repository_has_capabilities_alone():
    remote = read_advertisement(advertised(b"0" * 40 + b" capabilities^{}\0side-band-64k"))
    assert (remote.refs, remote.head, remote.capabilities) == ({}, None, {b"side-band-64k"})
    assert read_advertisement(b"0000").refs == {}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (advertised(A + b" refs/heads/main\0", b"shallow " + A), "shallow"),
        (advertised(A + b" refs/heads/main\0object-format=sha256"), "SHA-256"),
        (advertised(b"a" * 64 + b" refs/heads/main\0object-format=sha256"), "SHA-256"),
        (advertised(b"ERR access denied\x1b[2J"), r"access denied\?"),
        (b"<html>", "does not speak Git"),
        (advertised(b"hello"), "does not speak Git"),
        (encode(A + b" refs/heads/main"), "broke off"),
        (b"", "broke off"),
        (b"0042" + A, "does not speak Git"),
    ],
)
def test_what_cannot_be_followed_is_told(raw, told):
    with pytest.raises(RemoteFailed, match=told):
        read_advertisement(raw)


def test_request_says_all_at_once():
    remote = refs_with(b"thin-pack", b"side-band-64k", b"multi_ack", b"shallow")
    request = fetch_request(remote, [A, B, A], [B])
    words = b"side-band-64k thin-pack agent=gitconfig-server"
    lines = [b"want %s %s\n" % (A, words), b"want %s\n" % B]
    assert request == advertised(*lines) + encode(b"have %s\n" % B) + encode(b"done\n")


@pytest.mark.parametrize("first", [b"NAK\n", b"ACK " + A + b"\n"])
@pytest.mark.parametrize("banded", [True, False])
def test_pack_is_copied_byte_by_byte(first, banded):
    content = bytes(range(256)) * 600 + b"\n"
    content += hashlib.sha1(content).digest()
    band = Sideband() if banded else Sideband(0)
    answer = encode(first) + band.progress("counting") + band.data(content) + band.close()
    out = io.BytesIO()
    read_pack(io.BytesIO(answer), refs_with(*([b"side-band-64k"] if banded else [])), out)
    assert out.getvalue() == content


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (encode(b"ERR upload-pack: not our ref"), "not our ref"),
        (b"", "broke off"),
        (b"0000", "broke off"),
        (encode(b"NAK\n") + Sideband().error("disk full"), "disk full"),
        (encode(b"NAK\n") + encode(b"\x01PACK"), "broke off"),
        (encode(b"NAK\n") + b"00ff\x01PACK", "broke off"),
        (encode(b"NAK\n") + b"0004", "broke off"),
        (encode(b"NAK\n") + b"zzzz", "broke off"),
        (encode(b"NAK\n") + b"ffff" + bytes(65531), "broke off"),
    ],
)
def test_answer_without_a_pack_says_why(answer, told):
    with pytest.raises(RemoteFailed, match=told):
        read_pack(io.BytesIO(answer), refs_with(b"side-band-64k"), io.BytesIO())


def test_newest_commits_of_all_labels_are_what_we_have():
    git, clock = memory_repository(), Clock()
    commits = [commit(git, {"a.yml": f"a: {number}\n"}, when=clock()) for number in range(10)]
    assert recent_commits(git.objects, [commits[-1], commits[4], b"f" * 40], 4)[0] == commits[-1]
    assert set(recent_commits(git.objects, [commits[-1], commits[4]])) == set(commits)
    assert recent_commits(git.objects, []) == []


def report(*lines, banded=True):
    raw = advertised(*lines)
    if not banded:
        return read_report(io.BytesIO(raw), refs_with())
    band = Sideband()
    return read_report(io.BytesIO(band.data(raw) + band.close()), refs_with(b"side-band-64k"))


@pytest.mark.parametrize("banded", [True, False])
def test_report_names_what_was_refused(banded):
    lines = (b"unpack ok\n", b"ok refs/heads/main\n", b"ng refs/heads/x protected\x07 branch\n", b"ng refs/heads/y\n")
    became = {b"refs/heads/main": "", b"refs/heads/x": "protected? branch", b"refs/heads/y": "refused"}
    assert report(*lines, banded=banded) == became


@pytest.mark.parametrize("lines", [(b"unpack disk full\n", b"ng refs/heads/main x"), (), (b"ok refs/heads/main",)])
def test_push_that_was_not_taken_is_told(lines):
    with pytest.raises(RemoteFailed, match="did not take the push"):
        report(*lines)


def test_endless_report_is_cut_off():
    with pytest.raises(RemoteFailed, match="does not end"):
        report(*[b"x" * 60_000] * 20)

from io import BytesIO

import pytest
from support.repositories import commit, memory_repository, move

from gitconfig_server.errors import CorruptRepository, MalformedRequest
from gitconfig_server.git.objects.reader import make_object
from gitconfig_server.git.pkt_line import PacketReader
from gitconfig_server.git.serving.advertise import RECEIVE, UPLOAD, advertise, list_refs, peel_tags, protocol_version
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.objects import TAG


def lines(data):
    reader = PacketReader(BytesIO(data), 1 << 20)
    return [packet for packet in iter(reader.read, None) if isinstance(packet, bytes)]


@pytest.fixture
def git():
    """``main``, an annotated tag on it, and a private ref."""
    git = memory_repository()
    tip = commit(git, {"a.yml": "1"})
    tag = make_object(TAG, b"object " + tip + b"\ntype commit\ntag v1\n\nx\n")
    move(git, b"refs/tags/v1", [tag])
    hidden = (RefUpdate(b"refs/gitconfig/x", None, tip),)
    git.stored.update_refs(hidden, record=JournalRecord(hidden, "save"))
    return git


@pytest.mark.parametrize(
    ("header", "version"),
    [("", 0), ("version=2", 2), ("version=1", 1), ("x:version=2:y", 2), ("version=1:version=2", 2), ("version=3", 0)],
)
def test_versions_are_read_from_the_header(header, version):
    assert protocol_version(header) == version


def test_v0_shows_head_refs_and_peeled_tags(git):
    tip, tag = git.snapshot()[b"refs/heads/main"], git.snapshot()[b"refs/tags/v1"]
    intro, head, *refs = lines(advertise(git, UPLOAD, 0))
    assert intro == b"# service=git-upload-pack"
    assert head.startswith(tip + b" HEAD\0")
    assert b" symref=HEAD:refs/heads/main" in head
    assert refs == [tip + b" refs/heads/main", tag + b" refs/tags/v1", tip + b" refs/tags/v1^{}"]
    assert lines(advertise(git, UPLOAD, 1))[1] == b"version 1"


def test_v2_tells_what_it_can_do_and_no_refs(git):
    told = lines(advertise(git, UPLOAD, 2))
    assert told[0] == b"version 2"
    assert {b"ls-refs=unborn", b"fetch=shallow wait-for-done filter ref-in-want", b"object-format=sha1"} < set(told)


def test_pushes_are_told_refs_alone_whatever_version_they_ask_for(git):
    _, first, second = lines(advertise(git, RECEIVE, 2))
    assert b"\0report-status" in first
    assert second.endswith(b" refs/tags/v1")


@pytest.mark.parametrize("service", [UPLOAD, RECEIVE])
def test_an_empty_repository_still_tells_what_it_can_do(service):
    _, only = lines(advertise(memory_repository(), service, 0))
    assert only.startswith(b"0" * 40 + b" capabilities^{}\0")


def test_ls_refs_tells_what_it_is_asked_for(git):
    tip, tag = git.snapshot()[b"refs/heads/main"], git.snapshot()[b"refs/tags/v1"]
    everything = lines(b"".join(list_refs(git, [b"peel", b"symrefs", b"unborn"])))
    assert everything == [
        tip + b" HEAD symref-target:refs/heads/main",
        tip + b" refs/heads/main",
        tag + b" refs/tags/v1 peeled:" + tip,
    ]
    assert lines(b"".join(list_refs(git, [b"ref-prefix refs/tags/"]))) == [tag + b" refs/tags/v1"]
    assert lines(b"".join(list_refs(git, [b"ref-prefix HEAD"]))) == [tip + b" HEAD"]
    assert len(lines(b"".join(list_refs(git, [b"ref-prefix %d" % n for n in range(2000)])))) == 3
    assert len(list(list_refs(git, []))) == 2  # pieces: HEAD, and all refs in one


def test_a_ref_whose_object_is_lost_is_left_out(git):
    lost = (RefUpdate(b"refs/heads/lost", None, b"1" * 40),)
    git.stored.update_refs(lost, record=JournalRecord(lost, "external"))
    for shown in (advertise(git, UPLOAD, 0), b"".join(list_refs(git, [b"peel"]))):
        assert b"refs/heads/main" in shown
        assert b"refs/heads/lost" not in shown


def test_ls_refs_of_an_empty_repository_tells_the_branch_to_come():
    told = b"".join(list_refs(memory_repository(), [b"symrefs", b"unborn"]))
    assert lines(told) == [b"unborn HEAD symref-target:refs/heads/main"]
    assert b"".join(list_refs(memory_repository(), [])) == b"0000"


def test_ls_refs_refuses_what_it_does_not_know(git):
    with pytest.raises(MalformedRequest):
        list(list_refs(git, [b"colour"]))


def test_tags_of_tags_are_peeled_to_the_end(git):
    inner = git.snapshot()[b"refs/tags/v1"]
    outer = make_object(TAG, b"object " + inner + b"\ntype tag\ntag v2\n\nx\n")
    lost = make_object(TAG, b"object " + b"1" * 40 + b"\ntype tag\ntag v2\n\nx\n")
    git.objects.put([outer, lost])
    tip = git.snapshot()[b"refs/heads/main"]
    assert peel_tags(git.objects, [outer.id, inner, tip]) == {outer.id: tip, inner: tip}
    with pytest.raises(CorruptRepository):
        peel_tags(git.objects, [lost.id])

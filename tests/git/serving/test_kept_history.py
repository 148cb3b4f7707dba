"""Whole clones that begin with the pack of the last one. On disk: there alone packs are kept."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from support.fetching import fetch, fetched
from support.repositories import EPOCH, TESTER, commit, move

from gitconfig_server.errors import StorageFull
from gitconfig_server.git.objects.commits import make_tag
from gitconfig_server.git.pkt_line import encode
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.serving import kept_history
from gitconfig_server.git.serving.pack_copy import write_pack
from gitconfig_server.git.serving.upload_pack import upload_pack
from gitconfig_server.model.principals import Intent, Mover
from gitconfig_server.storage.base import RefUpdate
from gitconfig_server.storage.disk.objects import store
from gitconfig_server.storage.disk.storage import DiskStorage


@pytest.fixture
def git(tmp_path, monkeypatch):
    """A repository on disk in which every clone is worth keeping."""
    monkeypatch.setattr(kept_history, "WORTH", 1)
    storage = DiskStorage(tmp_path)
    git = GitRepository(storage.create("config"))
    for hour in range(5):
        commit(git, {"a.yml": f"a: {hour}", f"app{hour}/x.yml": "x"}, when=EPOCH + timedelta(hours=hour))
    yield git
    storage.close()


def clone(git, *wants, flags=(b"ofs-delta",)):
    """What a client gets that has nothing."""
    return fetched(git, fetch(git, *(b"want " + want for want in wants), *flags, b"done"))


def tip_of(git, label="main"):
    return git.snapshot()[b"refs/heads/" + label.encode()]


def test_the_next_clone_begins_with_the_pack_of_the_last(git):
    first = clone(git, tip_of(git))
    (kept,) = git.stored.kept_packs()
    assert kept.heads == {tip_of(git)}
    assert {name.hex().encode() for name in kept.pack} == first.keys() == set(git.objects)
    assert clone(git, tip_of(git)) == first
    tip = commit(git, {"a.yml": "a: 0"}, when=EPOCH + timedelta(1))  # the file as it once was: its blob is in the pack
    assert clone(git, tip).keys() == set(git.objects)


def test_a_pack_that_holds_all_is_noted_and_not_copied(git, monkeypatch):
    monkeypatch.setattr(store, "_WORTH_SENDING", 1)
    first = clone(git, tip_of(git))
    with git.stored.scratch() as folder:
        packed = write_pack(folder, git.objects, [bytes.fromhex(name.decode()) for name in first])
        stored = git.stored.objects.put_pack(packed)
    (folder,) = (Path(kept.pack.path).parent for kept in git.stored.kept_packs())
    for kept in folder.glob("kept-*"):
        kept.unlink()
    assert clone(git, tip_of(git)) == first
    assert [kept.suffix for kept in folder.glob("kept-*")] == [".json"]
    (kept,) = git.stored.kept_packs()
    assert (kept.heads, kept.pack.path) == ({tip_of(git)}, stored)
    assert clone(git, tip_of(git)) == first
    for path in stored.parent.glob("*"):
        path.unlink()
    assert git.stored.kept_packs() == []


def test_more_is_kept_once_that_is_worth_it(git):
    clone(git, tip_of(git))
    for number in range(4):
        commit(git, {"b.yml": f"b: {number}"}, when=EPOCH + timedelta(days=number + 1))
    assert clone(git, tip_of(git)).keys() == set(git.objects)
    newest = git.stored.kept_packs()[0]
    assert newest.heads == {tip_of(git)}
    assert {name.hex().encode() for name in newest.pack} == set(git.objects)


def test_nothing_of_a_label_that_is_gone_leaves_with_the_pack(git):
    secret = commit(git, {"secret.yml": "s: 1"}, label="secret", when=EPOCH + timedelta(1))
    assert secret in clone(git, tip_of(git), secret)
    update = RefUpdate(b"refs/heads/secret", secret, None)
    by = Mover(intent=Intent.DELIBERATE)
    git.update_refs(git.judge([update], by=by), by, reason="push")
    found = clone(git, tip_of(git))
    assert secret not in found
    assert found


def test_tags_come_beside_the_pack(git):
    tag = make_tag(tip_of(git), "v1", TESTER, EPOCH, "one")
    move(git, b"refs/tags/v1", [tag])
    for _ in range(2):
        assert tag.id in clone(git, tip_of(git), tag.id)
        assert tag.id in clone(git, tip_of(git), flags=(b"ofs-delta", b"include-tag"))
    assert all(bytes.fromhex(tag.id.decode()) not in kept.pack for kept in git.stored.kept_packs())


def test_a_client_that_knows_no_offsets_gets_none(git):
    clone(git, tip_of(git))
    assert clone(git, tip_of(git), flags=()).keys() == set(git.objects)


def test_a_pack_that_cannot_be_kept_is_no_harm(git, monkeypatch):
    def full(*_):
        raise StorageFull("no room")

    monkeypatch.setattr(git.stored, "keep_pack", full)
    assert clone(git, tip_of(git)).keys() == set(git.objects)
    assert git.stored.kept_packs() == []
    monkeypatch.setattr(git.stored, "scratch", full)
    assert clone(git, tip_of(git)).keys() == set(git.objects)


def test_a_clone_that_is_broken_off_keeps_nothing(git):
    body = encode(b"command=fetch") + b"0001" + encode(b"want " + tip_of(git)) + encode(b"ofs-delta") + encode(b"done")
    answer = upload_pack(git, BytesIO(body + b"0000"), 2)
    next(answer)
    answer.close()
    assert git.stored.kept_packs() == []
    assert clone(git, tip_of(git))
    assert git.stored.kept_packs()

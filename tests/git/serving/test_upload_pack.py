from contextlib import closing
from datetime import timedelta
from io import BytesIO

import pytest
from support.fetching import ask, fetch, fetched, pack_in
from support.repositories import EPOCH, commit, memory_repository

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.pkt_line import encode
from gitconfig_server.git.receiving.pack_scan import PackLimits, scan_pack
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.serving import upload_pack as module
from gitconfig_server.storage.base import JournalRecord, RefUpdate
from gitconfig_server.storage.disk.storage import DiskStorage
from gitconfig_server.storage.objects import BLOB


@pytest.fixture
def git():
    git = memory_repository()
    for hour in range(4):
        commit(git, {"a.yml": str(hour), f"app{hour}/x.yml": "x"}, when=EPOCH + timedelta(hours=hour))
    return git


def count(answer):
    """How many objects the pack in an answer holds."""
    return scan_pack(BytesIO(pack_in(answer)), 0, PackLimits()).count


def test_a_whole_clone(git):
    tip = git.snapshot()[b"refs/heads/main"]
    answer = fetch(git, b"want " + tip, b"done")
    assert answer.startswith(encode(b"packfile\n"))
    assert count(answer) == 4 + 4 + 1 + 5  # commits, roots, one folder for all, blobs
    assert b"Enumerating objects: 14, done." in answer
    assert b"Enumerating" not in fetch(git, b"want " + tip, b"no-progress", b"done")


def test_v0_without_a_sideband_sends_the_pack_bare(git):
    tip = git.snapshot()[b"refs/heads/main"]
    answer = ask(git, b"want " + tip, b"0000", b"done", version=0)
    assert answer.startswith(b"0008NAK\nPACK")


def test_only_what_is_new_is_sent(git):
    old = git.snapshot()[b"refs/heads/main"]
    tip = commit(git, {"a.yml": "new"}, when=EPOCH + timedelta(1))
    answer = fetch(git, b"want " + tip, b"have " + old, b"have " + b"1" * 40)
    assert b"ready" in answer
    assert count(answer) == 3


def test_a_shallow_fetch_tells_its_edge(git):
    tip = git.snapshot()[b"refs/heads/main"]
    answer = fetch(git, b"want " + tip, b"deepen 1", b"done")
    assert answer.startswith(encode(b"shallow-info\n") + encode(b"shallow " + tip) + b"0001")
    v0 = ask(git, b"want " + tip, b"deepen 1", b"0000", version=0)
    assert v0 == encode(b"shallow " + tip) + b"0000"


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (b"command=fetch", b"0000"),
        (b"command=fetch", b"0001", b"done", b"0000"),
        (b"command=fetch", b"0001", b"want " + b"1" * 40, b"done", b"0000"),
        (b"command=object-info", b"0000"),
        (b"command=fetch", b"object-format=sha256", b"0001", b"0000"),
        (b"0000",),
        (b"command=fetch", b"0001", b"deepen-since 1", b"0000"),
        (b"command=fetch", b"0001", b"want-ref refs/heads/none", b"done", b"0000"),
    ],
)
def test_what_cannot_be_served_is_told_and_never_with_silence(git, lines):
    assert ask(git, *lines)[4:8] == b"ERR "
    assert ask(git, *lines, version=0)[4:8] == b"ERR "


def test_private_and_unreachable_commits_are_not_ours(git):
    old = git.snapshot()[b"refs/heads/main"]
    hidden = commit(git, {"secret.yml": "x"})
    updates = (RefUpdate(b"refs/heads/main", hidden, old), RefUpdate(b"refs/gitconfig/x", None, hidden))
    git.stored.update_refs(updates, record=JournalRecord(updates, "save"))
    assert b"not our ref" in fetch(git, b"want " + hidden, b"done")
    parent = git.objects.get_raw(old)[1][53:93]
    assert count(fetch(git, b"want " + parent, b"done")) > 0


def test_what_breaks_within_the_pack_is_told_in_the_band(git, monkeypatch):
    def broken(*_):
        raise CorruptRepository("object 12 is missing: run git fsck")
        yield b""

    monkeypatch.setattr(module.PackWriter, "pieces", broken)
    answer = fetch(git, b"want " + git.snapshot()[b"refs/heads/main"], b"done")
    assert answer.endswith(b"\x03object 12 is missing: run git fsck")


def test_a_ref_can_be_wanted_by_name(git):
    tip = git.snapshot()[b"refs/heads/main"]
    answer = fetch(git, b"want-ref refs/heads/main", b"done")
    assert answer.startswith(encode(b"wanted-refs\n") + encode(tip + b" refs/heads/main\n") + b"0001")
    assert count(answer) == 14


def test_the_history_of_what_a_client_only_claims_to_have_stays_here(git):
    hidden = commit(git, {"secret.yml": "x"}, label="hidden")
    child = commit(git, {"b.yml": "x"}, label="hidden")
    updates = (RefUpdate(b"refs/heads/hidden", child, None),)
    git.stored.update_refs(updates, record=JournalRecord(updates, "save"))
    tip = git.snapshot()[b"refs/heads/main"]
    for lines in ([b"deepen 2147483647"], [b"deepen 1", b"deepen-relative"]):
        answer = fetch(git, b"want " + tip, b"shallow " + child, *lines, b"done")
        assert hidden not in fetched(git, answer)


def test_files_and_folders_can_be_wanted_where_a_ref_leads_to_them(git):
    tip = git.snapshot()[b"refs/heads/main"]
    old = make_blob(b"0").id
    assert fetched(git, fetch(git, b"want " + old, b"want " + tree_of(git.objects, tip), b"done"))[old] == BLOB
    lost = make_blob(b"nobody has this")
    git.objects.put([lost])
    assert b"not our ref" in fetch(git, b"want " + lost.id, b"done")


def test_an_object_that_is_missing_is_told(tmp_path):
    with closing(DiskStorage(tmp_path)) as storage:
        tip = commit(GitRepository(storage.create("one")), {"a.yml": "1"}).decode()
    (tmp_path / "one" / "objects" / tip[:2] / tip[2:]).unlink()
    with closing(DiskStorage(tmp_path)) as storage:
        answer = fetch(GitRepository(storage.open("one")), b"want " + tip.encode(), b"done")
    assert f"ERR object {tip} is missing here: run git fsck".encode() in answer

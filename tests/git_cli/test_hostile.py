"""Requests no client of good will sends: refused, the repository sound, nothing left behind."""

import gzip
import socket
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest
from support import packs
from support.git import git
from support.packs import NO_ID, push_body
from support.repositories import build_commit, commit

from gitconfig_server.git.objects.reader import make_blob
from gitconfig_server.git.receiving.pack_scan import REF_DELTA, PackLimits
from gitconfig_server.storage.objects import BLOB

MAIN, EVIL = b"refs/heads/main", b"refs/heads/evil"
BLOB_X = make_blob(b"x: 1\n")
FILE, FOLDER = b"100644", b"40000"


def chained(*roots):
    """Objects, a commit on the last of them, and the tip's id."""
    tip = packs.commit(roots[-1].id)
    return [BLOB_X, *roots, tip], tip.id


TREES = {
    "symlink": [packs.tree((b"120000", b"link", BLOB_X.id))],
    "submodule": [packs.tree((b"160000", b"vendor", BLOB_X.id))],
    "git folder": [packs.tree((FILE, b"config", BLOB_X.id)), packs.tree((FOLDER, b".GiT", b"1" * 40))],
    "unsorted": [packs.tree((FILE, b"b", BLOB_X.id), (FILE, b"a", BLOB_X.id))],
    "duplicates": [packs.tree((FILE, b"a", BLOB_X.id), (FILE, b"a", BLOB_X.id))],
    "path in a name": [packs.tree((FILE, b"../../etc/passwd", BLOB_X.id))],
    "backslash": [packs.tree((FILE, b"..\\x", BLOB_X.id))],
    "escape": [packs.tree((FILE, b"a\x1b]0;x\x07", BLOB_X.id))],
    "missing": [packs.tree((FILE, b"a", b"1" * 40))],
}


def hostile_packs():
    """Name -> pack and the id it claims to bring."""
    found = {name: (packs.pack(objects), tip) for name, (objects, tip) in ((n, chained(*t)) for n, t in TREES.items())}
    sound, tip = chained(packs.tree((FILE, b"a.yml", BLOB_X.id)))
    whole = packs.pack(sound)
    found["truncated"] = (whole[:-30], tip)
    found["garbage"] = (b"PACK" + b"\xff" * 500, tip)
    found["trailing"] = (whole + b"more", tip)
    found["no pack"] = (b"", tip)
    found["another tip"] = (whole, b"2" * 40)
    bomb = packs.entry(REF_DELTA, packs.delta(5, 300 << 20, b"\x90\x05" * 50), base=bytes.fromhex(BLOB_X.id.decode()))
    found["delta bomb"] = (packs.pack_of([packs.entry(BLOB, BLOB_X.raw), bomb]), tip)
    found["size bomb"] = (packs.pack_of([packs.entry(BLOB, bytes(40 << 20))]), tip)
    return found


@pytest.fixture
def target(serve):
    """A served repository with a commit, and a way to push raw bytes to it."""
    served = serve(patience=0.3)
    commit(served.repository, {"application.yml": "a: 1"})

    def post(body, **headers):
        headers = {"content-type": "application/x-git-receive-pack-request", **headers}
        with httpx.Client(trust_env=False, timeout=30) as http:
            return http.post(f"{served.url}/git-receive-pack", content=body, headers=headers)

    return served, post


def untouched(served, before):
    assert served.sound()
    assert served.repository.snapshot() == before
    found = git(served.folder, "count-objects", "-v").splitlines()
    assert found[0] == "count: 3"
    assert "packs: 0" in found


@pytest.mark.parametrize("name", hostile_packs())
def test_a_hostile_pack_is_refused_and_leaves_nothing(target, name):
    served, post = target
    before = served.repository.snapshot()
    packed, tip = hostile_packs()[name]
    answer = post(push_body([(NO_ID, tip, EVIL)], packed))
    assert answer.status_code == 200
    assert b"ng refs/heads/evil unpacker error" in answer.content
    untouched(served, before)


@pytest.mark.parametrize(
    "commands",
    [
        [(NO_ID, b"5" * 40, EVIL)],
        [(b"5" * 40, NO_ID, EVIL)],
        [(b"5" * 40, b"6" * 40, MAIN)],
        [(NO_ID, b"5" * 40, b"refs/heads/../../../tmp/x")],
        [(NO_ID, b"5" * 40, b"refs/gitconfig/policy")],
    ],
)
def test_hostile_commands_are_refused(target, commands):
    served, post = target
    before = served.repository.snapshot()
    answer = post(push_body(commands, packs.pack([])))
    assert b"ng refs/" in answer.content
    untouched(served, before)


def test_one_ref_named_twice_is_refused(target):
    served, post = target
    before = served.repository.snapshot()
    assert post(push_body([(NO_ID, before[MAIN], EVIL)] * 2, packs.pack([]))).status_code == 400
    untouched(served, before)


def test_a_gzip_bomb_is_refused(serve):
    served = serve(limits=PackLimits(pack_bytes=1 << 20))
    bomb = gzip.compress(bytes(64 << 20))
    with httpx.Client(trust_env=False, timeout=30) as http:
        headers = {"content-type": "application/x-git-receive-pack-request", "content-encoding": "gzip"}
        assert http.post(f"{served.url}/git-receive-pack", content=bomb, headers=headers).status_code == 413
    assert served.sound()


@pytest.mark.parametrize("leaves", [True, False])
def test_an_upload_that_stops_midway_changes_nothing(target, leaves):
    served, _ = target
    before = served.repository.snapshot()
    objects = build_commit(served.repository, {"x.yml": "1"}, [before[MAIN]])
    body = push_body([(before[MAIN], objects[-1].id, MAIN)], packs.pack(objects))
    address = urlsplit(served.url)
    head = f"POST {address.path}/git-receive-pack HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/x-git-receive-pack-request\r\n\r\n"
    with closing(socket.create_connection((address.hostname, address.port), 10)) as wire:
        wire.sendall(head.encode() + body[:-10])
        said = b"" if leaves else wire.recv(1000)
    assert leaves or said.startswith(b"HTTP/1.1 408")
    untouched(served, before)


def test_a_fetch_is_never_answered_with_silence(target):
    served, _ = target
    headers = {"content-type": "application/x-git-upload-pack-request"}
    with httpx.Client(trust_env=False, timeout=10) as http:
        for body in (b"", b"0000", b"0009done", b"\xff" * 10, b"0032want " + b"1" * 40 + b"\n00000009done\n"):
            assert http.post(f"{served.url}/git-upload-pack", content=body, headers=headers).content

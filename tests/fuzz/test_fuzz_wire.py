"""Whatever bytes a client sends, it gets an answer or one of our errors, soon and without eating memory."""

import os
import random
import tracemalloc
from contextlib import suppress
from io import BytesIO

import pytest
from support import packs
from support.packs import IDENTITY, NO_ID, push_body
from support.repositories import build_commit, commit, memory_repository

from gitconfig_server.errors import GitConfigError
from gitconfig_server.git.objects.reader import ObjectMap, make_blob
from gitconfig_server.git.pkt_line import PacketReader, encode
from gitconfig_server.git.receiving.object_checks import TreeChecks, check_commit, check_tag
from gitconfig_server.git.receiving.pack_scan import OFS_DELTA, REF_DELTA, PackLimits, scan_pack
from gitconfig_server.git.receiving.receive_pack import receive_pack
from gitconfig_server.git.receiving.request import read_push_request
from gitconfig_server.git.receiving.unpack import Unpacker
from gitconfig_server.git.serving.upload_pack import upload_pack
from gitconfig_server.model.principals import Principal
from gitconfig_server.storage.objects import BLOB

SEED = 20260131
EXAMPLES = int(os.environ.get("GITCONFIG_FUZZ_EXAMPLES", "300"))
MEMORY = 8 << 20
LIMITS = PackLimits(object_bytes=1 << 20, total_bytes=4 << 20, held_bytes=4 << 20)
TOKENS = [b"\0", b"\n", b" ", b"\xff" * 4, b"0000", b"0001", b"fff0", b"ffff", b"0" * 40, b"1" * 40, b"want ", b"have "]
TOKENS += [b"PACK", b"\x80" * 9, b"deepen 2147483647", b"refs/heads/main", b"done", b"-1", b"\x78\x9c", bytes(20)]


def mutants(corpus):
    """Examples made by changing, cutting, repeating and crossing over the corpus; the same in every run."""
    rng = random.Random(SEED)
    for _ in range(EXAMPLES):
        data = bytearray(rng.choice(corpus))
        for _ in range(rng.choice((1, 1, 2, 4, 8))):
            at, length = rng.randrange(len(data) + 1), rng.choice((1, 1, 2, 4, 40))
            match rng.randrange(6):
                case 0:
                    data[at : at + 1] = bytes([rng.randrange(256)])
                case 1:
                    del data[at : at + length]
                case 2:
                    data[at:at] = rng.choice(TOKENS)
                case 3:
                    data[at:at] = data[at : at + length] * rng.choice((1, 3))
                case 4:
                    other = rng.choice(corpus)
                    data[at:] = other[rng.randrange(len(other) + 1) :]
                case 5:
                    data[at : at + 1] = bytes([data[at] ^ 1 << rng.randrange(8)]) if at < len(data) else b""
        yield bytes(data)


def survives(target, corpus):
    """Only our own errors may escape ``target``, and little memory may have been held."""
    tracemalloc.start()
    try:
        for data in mutants(corpus):
            with suppress(GitConfigError):
                target(data)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def repository():
    """Two files on ``main``; the same ids each time."""
    git = memory_repository()
    commit(git, {"application.yml": "a: 1", "app/x.yml": "b: 1"})
    return git


def test_packet_lines():
    def read(data):
        reader = PacketReader(BytesIO(data), 10_000)
        list(iter(reader.read, None))

    survives(read, [encode(b"hello") + b"0000" + encode(b"x" * 300) + b"00010002", b"0004" * 20])


def test_push_requests():
    one = push_body(
        [(NO_ID, b"1" * 40, b"refs/heads/a"), (b"1" * 40, NO_ID, b"refs/tags/b")], capabilities=b"push-options"
    )
    survives(lambda data: read_push_request(BytesIO(data)), [one + encode(b"x=1") + b"0000", b"0000"])


def pack_corpus():
    base = packs.entry(BLOB, b"hello" * 50)
    near = packs.entry(OFS_DELTA, packs.delta(250, 9, b"\x90\x05", b"\x04abcd"), base=bytes([len(base)]))
    far = packs.entry(
        REF_DELTA, packs.delta(250, 5, b"\x90\x05"), base=bytes.fromhex(make_blob(b"hello" * 50).id.decode())
    )
    return [
        packs.pack_of([base, near, far]),
        packs.pack([make_blob(b"%d" % n * 99) for n in range(9)]),
        packs.pack_of([]),
    ]


def test_packs():
    """The checksum is made good again: otherwise nothing behind it would be reached."""

    def unpack(data):
        sealed = data[:-20] + packs.hashlib.sha1(data[:-20]).digest()
        list(Unpacker(scan_pack(BytesIO(sealed), 0, LIMITS), ObjectMap([]), LIMITS))

    survives(unpack, pack_corpus())


def test_deltas():
    base = packs.entry(BLOB, b"hello")

    def unpack(data):
        thin = packs.entry(REF_DELTA, data, base=bytes.fromhex(make_blob(b"hello").id.decode()))
        list(Unpacker(scan_pack(BytesIO(packs.pack_of([base, thin])), 0, LIMITS), ObjectMap([]), LIMITS))

    survives(
        unpack, [packs.delta(5, 9, b"\x90\x05", b"\x04abcd"), packs.delta(5, 10, b"\xb0\x05\x00", b"\x91\x00\x05")]
    )


def test_commits_tags_and_trees():
    tag = b"object " + b"1" * 40 + b"\ntype commit\ntag v1\ntagger " + IDENTITY + b"\n\nx\n"
    root = packs.tree((b"100644", b"a.yml", b"1" * 40), (b"40000", b"b", b"2" * 40))
    survives(check_commit, [packs.commit(b"1" * 40, b"2" * 40).raw])
    survives(check_tag, [tag])
    survives(TreeChecks().check, [root.raw])


@pytest.mark.parametrize("version", [0, 2])
def test_fetches(version):
    git = repository()
    tip = git.snapshot()[b"refs/heads/main"]
    v2 = encode(b"command=fetch") + encode(b"agent=x") + b"0001" + encode(b"want " + tip) + encode(b"have " + b"1" * 40)
    v2 += encode(b"shallow " + tip) + encode(b"deepen 3") + encode(b"done") + b"0000"
    refs = encode(b"command=ls-refs") + b"0001" + encode(b"peel") + encode(b"ref-prefix refs/") + b"0000"
    v0 = encode(b"want " + tip + b" multi_ack_detailed side-band-64k") + encode(b"shallow " + tip) + encode(b"deepen 1")
    v0 += b"0000" + encode(b"have " + tip) + encode(b"done")

    def fetch(data):
        assert b"".join(upload_pack(git, BytesIO(data), version))

    survives(fetch, [v2, refs, v0])


def test_pushes():
    tip = repository().snapshot()[b"refs/heads/main"]
    objects = build_commit(repository(), {"app/x.yml": "b: 2"}, [tip])
    request = push_body([(tip, objects[-1].id, b"refs/heads/main")])

    def push(data):
        git, at = repository(), data.find(b"PACK")
        sealed = data[:-20] + packs.hashlib.sha1(data[at:-20]).digest() if at >= 0 else data
        list(receive_pack(git, BytesIO(sealed), LIMITS, Principal("fuzz")))
        assert all(git.objects.contains_many([tip]) for tip in git.snapshot().values())

    survives(push, [request + packs.pack(objects)])
